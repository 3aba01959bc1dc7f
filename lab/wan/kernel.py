"""Routing tables of the kernel: reads what the lab put there and changes only what differs."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from failures import OutsideFailed
from lab.commands import run

WAN, SITE = 77, 78
"""Marks of routes: those that lines and operators' seats need, and those of a site's agent."""
MAIN, TRANSIT = 254, 177
TRANSIT_RULE = 1000


class Entry(NamedTuple):
    """One route; without device and gateway it drops packets silently."""

    table: int
    prefix: str
    device: str = ""
    gateway: str = ""
    source: str = ""

    def words(self) -> str:
        """Return it as `ip route` takes it."""
        if not (self.device or self.gateway):
            return f"blackhole {self.prefix} table {self.table}"
        parts = {"via": self.gateway, "dev": self.device, "src": self.source, "table": self.table}
        return " ".join([self.prefix, *(f"{key} {value}" for key, value in parts.items() if value)])


def entries(namespace: str, mark: int) -> set[Entry]:
    """Return the routes with the mark; an empty namespace is the one we are in."""
    text = run("ip", *_at(namespace), "-j", "-4", "route", "show", "table", "all", "proto", str(mark))
    return {_entry(row) for row in json.loads(text or "[]")}


def _entry(row: dict[str, Any]) -> Entry:
    table = int(row.get("table", MAIN))
    prefix = row["dst"] if "/" in row["dst"] or row["dst"] == "default" else f"{row['dst']}/32"
    if row.get("type") == "blackhole":
        return Entry(table, prefix)
    return Entry(table, prefix, row.get("dev", ""), row.get("gateway", ""), row.get("prefsrc", ""))


def program(namespace: str, mark: int, wanted: Collection[Entry], present: Iterable[Entry]) -> bool:
    """Make the routes with the mark exactly the wanted ones; return whether anything changed."""
    have, want = set(present), set(wanted)
    kept = {(entry.table, entry.prefix) for entry in want}
    lines = [f"route replace {entry.words()} proto {mark}" for entry in sorted(want - have)]
    lines += [
        f"route del {entry.words()} proto {mark}"
        for entry in sorted(have - want)
        if (entry.table, entry.prefix) not in kept
    ]
    if lines:
        # One route that cannot be set, to a line that has just died, must not keep the others from being set.
        with contextlib.suppress(OutsideFailed):
            run("ip", *_at(namespace), "-force", "-batch", "-", stdin="\n".join(lines) + "\n")
    return bool(lines)


def _at(namespace: str) -> tuple[str, ...]:
    return ("-n", namespace) if namespace else ()
