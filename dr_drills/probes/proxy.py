"""Reads where a site's proxy leads: the servers that each of its ways has up."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass

from dr_drills.probes.budget import NoAnswer
from dr_drills.probes.web import Web
from failures import Text

PORT = 7000
SUMS = frozenset({"FRONTEND", "BACKEND"})


@dataclass(frozen=True)
class ProxyReading:
    """The servers that are up by way, such as `citizen-db-write`."""

    ways: Mapping[str, tuple[str, ...]]


def read_proxy(web: Web, address: str) -> ProxyReading:
    """Return where the proxy at an address leads. Raises NoAnswer."""
    page = web.get(f"http://{address}:{PORT}/;csv")
    if page.status != 200:
        raise NoAnswer(Text(f"refused ({page.status})", f"被拒绝({page.status})"))
    return parsed(page.body.decode(errors="replace"))


def parsed(text: str) -> ProxyReading:
    """Return the reading in a page of statistics. Raises NoAnswer when it is none."""
    rows = list(csv.DictReader(text.removeprefix("# ").splitlines()))
    if not rows or not {"pxname", "svname", "status"} <= set(rows[0]):
        raise NoAnswer(Text("the statistics cannot be read", "统计数据无法解读"))
    ways: dict[str, list[str]] = {row["pxname"]: [] for row in rows if row["svname"] == "BACKEND"}
    for row in rows:
        if row["pxname"] in ways and row["svname"] not in SUMS and row["status"].startswith("UP"):
            ways[row["pxname"]].append(row["svname"])
    return ProxyReading({name: tuple(servers) for name, servers in ways.items()})
