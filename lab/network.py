"""Raises the network of a lab: control planes, edges, seats, the lines between the sites, and who looks after them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from failures import OutsideFailed
from lab import daemons
from lab.addresses import MachineRoute
from lab.commands import run
from lab.edge.agent import Spec
from lab.edge.border import raise_border
from lab.namespaces import ensure
from lab.passwords import passwords_file, write_private
from lab.place import Place
from lab.processes import holder, kill
from lab.site import INSIDE, LabSite
from lab.wan.settle import settle
from lab.wan.wiring import Line, Node, Wiring, wiring_file
from topology.links import link_names
from topology.model import Cloud


def machine_routes(mark: str) -> list[MachineRoute]:
    """Return every route of the operator's seat, but those of the lab with this mark."""
    own = set(_links(mark))
    rows: list[dict[str, Any]] = json.loads(run("ip", "-j", "-4", "route", "show", "table", "all") or "[]")
    wide = [r for r in rows if r.get("dev") not in own and r["dst"] != "default" and r.get("type") != "broadcast"]
    return [
        MachineRoute(IPv4Network(row["dst"], strict=False), row.get("dev", ""), near="gateway" not in row)
        for row in wide
    ]


def disconnect(mark: str) -> None:
    """Remove the lab's interfaces at the operator's seat, and their routes with them.

    They would go with their namespaces too, but at a moment of the kernel's choosing.
    """
    for name in _links(mark):
        with suppress(OutsideFailed):  # gone since it was listed
            run("ip", "link", "delete", name)


def _links(mark: str) -> list[str]:
    links: list[dict[str, Any]] = json.loads(run("ip", "-j", "link", "show", "type", "veth") or "[]")
    return [link["ifname"] for link in links if link.get("ifalias", "").startswith(mark)]


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


def wire(cloud: Cloud, place: Place, sites: Sequence[LabSite]) -> Wiring:
    """Return what is to be wired for the cloud on this machine."""
    nodes = {
        site.name: Node(
            name=site.name,
            control=site.namespace,
            edge=site.edge,
            operator_link=site.operator_link,
            gateway=str(site.operator_line.inside.ip),
            source=str(site.operator_line.outside.ip),
            seat=str(site.seat_line.outside.network),
            api=site.address,
        )
        for site in sites
    }
    lines = {
        name: Line(name, link.between, link.latency_ms, link.bandwidth_mbps, link.carrier, link.transit)
        for name, link in link_names(cloud).items()
    }
    return Wiring(place.run, nodes, lines)


def raise_network(cloud: Cloud, place: Place, sites: Sequence[LabSite]) -> bool:
    """Bring edges, seats, lines and agents to where they serve; return whether a process had to be started.

    Faults that were injected stay in force. The agents wait for the sites' APIs, which may come later.
    """
    with ThreadPoolExecutor(len(sites)) as pool:
        list(pool.map(raise_border, sites))
        wiring = wire(cloud, place, sites)
        write_private(wiring_file(place.run), wiring.text())
        _end_strange_lines(wiring)
        started = [settle(wiring, start=True), *pool.map(lambda site: _start_agent(place, site), sites)]
    return any(started)


def _end_strange_lines(wiring: Wiring) -> None:
    """End the processes of lines that the topology no longer has; their interfaces and routes go with them."""
    locks = {lock for lock in (wiring.run / "links").glob("*.lock") if lock.stem not in wiring.lines}
    kill({pid for lock in locks if (pid := holder(lock))})


def _start_agent(place: Place, site: LabSite) -> bool:
    told = Spec(
        site=site.name,
        control=site.namespace,
        edge=site.edge,
        mark=f"{site.namespace}.",
        address=site.address,
        passwords=str(passwords_file(place.root)),
        run=str(place.run),
    )
    path, text, lock = site.run / "net.json", json.dumps(asdict(told)), site.run / "net.lock"
    if path.exists() and path.read_text() != text:
        kill({pid for pid in (holder(lock),) if pid})
    write_private(path, text)
    return daemons.start("lab.edge.agent", path, lock, site.log / "net.log")
