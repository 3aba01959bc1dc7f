"""Lines between the operator's seat and the sites' control planes, and what else the machine has routes to."""

from __future__ import annotations

import json
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from lab.commands import run
from lab.namespaces import ensure
from lab.site import INSIDE, LabSite


def taken_networks(mark: str) -> list[IPv4Network]:
    """Return every network the operator's seat has a route to, but those that lead to the lab with this mark."""
    own = {link["ifname"] for link in _links() if link.get("ifalias", "").startswith(mark)}
    routes: list[dict[str, Any]] = json.loads(run("ip", "-j", "-4", "route", "show", "table", "all") or "[]")
    wide = [r for r in routes if r.get("dev") not in own and r["dst"] != "default" and r.get("type") != "broadcast"]
    return [IPv4Network(route["dst"], strict=False) for route in wide]


def _links() -> list[dict[str, Any]]:
    links: list[dict[str, Any]] = json.loads(run("ip", "-j", "link", "show", "type", "veth") or "[]")
    return links


def connect(site: LabSite) -> None:
    """Make what is missing of the site's namespace and its line; repeating it changes nothing."""
    ensure(site.namespace)
    if not Path("/sys/class/net", site.link).exists():
        run("ip", "link", "add", site.link, "type", "veth", "peer", "name", INSIDE, "netns", site.namespace)
    seat = (
        f"link set {site.link} alias {site.namespace}\n"
        f"address replace {site.outside} dev {site.link}\n"
        f"link set {site.link} up\n"
    )
    run("ip", "-batch", "-", stdin=seat)
    within = f"link set lo up\naddress replace {site.inside} dev {INSIDE}\nlink set {INSIDE} up\n"
    run("ip", "-n", site.namespace, "-batch", "-", stdin=within)
