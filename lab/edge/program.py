"""Makes one site's edge and routers what the plan says: reads what is there and changes only what differs."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from failures import OutsideFailed
from lab.commands import run
from lab.edge.picture import TAP
from lab.edge.plan import Leg, RouterPlan, SitePlan
from lab.namespaces import ensure, inside, namespaces
from lab.wan import kernel
from lab.wan.kernel import Entry

SETTINGS = (
    "net.ipv4.ip_forward=1",
    "net.ipv4.conf.all.rp_filter=0",
    "net.ipv4.conf.default.rp_filter=0",
    "net.ipv4.conf.all.send_redirects=0",
    "net.ipv4.conf.default.send_redirects=0",
    "net.ipv6.conf.all.disable_ipv6=1",
    "net.netfilter.nf_conntrack_tcp_be_liberal=1",
)
IDLE_S = 30.0
Devices = Mapping[str, Mapping[str, Any]]


class Programmer:
    """Works on one site; remembers which rules it put into force, so that unchanged ones cost nothing."""

    def __init__(self, edge: str, mark: str) -> None:
        self._edge = edge
        self._mark = mark
        self._in_force: dict[tuple[str, str], str] = {}
        self._idle_since: dict[str, float] = {}

    def taps(self) -> set[str]:
        """Return the interfaces of booted servers."""
        return {name for name in self._devices(self._edge) if name.startswith(TAP)}

    def program(self, plan: SitePlan, rules: str) -> None:
        """Put the plan and the security groups into force; the groups first, so that nothing is open for a moment."""
        self._enforce(self._edge, "groups", rules)
        self._bridges(plan)
        for router in plan.routers:
            self._router(router)
        for namespace in set(namespaces(f"{self._mark}r-")) - {router.namespace for router in plan.routers}:
            run("ip", "netns", "delete", namespace)
            self._in_force.pop((namespace, "nat"), None)
        self._drop_bridges(plan)
        kernel.program(
            self._edge,
            kernel.SITE,
            [Entry(kernel.MAIN, prefix, gateway=gateway) for prefix, gateway in plan.routes.items()],
            {entry._replace(device="") for entry in kernel.entries(self._edge, kernel.SITE)},
        )

    def _devices(self, namespace: str) -> dict[str, dict[str, Any]]:
        rows = json.loads(run("ip", "-n", namespace, "-j", "-4", "address") or "[]")
        rows += json.loads(run("ip", "-n", namespace, "-j", "link") or "[]")
        found: dict[str, dict[str, Any]] = {}
        for row in rows:
            if row:
                found.setdefault(row["ifname"], {}).update(row)
        return found

    def _enforce(self, namespace: str, what: str, script: str) -> None:
        if self._in_force.get((namespace, what)) != script:
            inside(namespace, "nft", "-f", "-", stdin=script)
            self._in_force[namespace, what] = script

    def _bridges(self, plan: SitePlan) -> None:
        there = self._devices(self._edge)
        lines = []
        for bridge, addresses in plan.bridges.items():
            if bridge not in there:
                self._add_bridge(bridge)
            if not _is_up(there.get(bridge)):
                lines.append(f"link set {bridge} up")
            lines += _address_lines(bridge, addresses, there)
        for tap, bridge in plan.taps.items():
            if tap in there and (there[tap].get("master") != bridge or not _is_up(there[tap])):
                lines.append(f"link set {tap} master {bridge} up")
        _batch(self._edge, lines)

    def _add_bridge(self, bridge: str) -> None:
        try:
            _batch(self._edge, [f"link add {bridge} type bridge forward_delay 0"])
        except OutsideFailed:
            if bridge not in self._devices(self._edge):  # else a host of the network that boots was quicker
                raise

    def _drop_bridges(self, plan: SitePlan) -> None:
        """Remove bridges that have been idle for a while: one that is new may be about to get a host."""
        there, now = self._devices(self._edge), time.monotonic()
        held = {row.get("master") for row in there.values()}
        idle = {name for name in there if name.startswith("br-") and name not in plan.bridges and name not in held}
        self._idle_since = {name: self._idle_since.get(name, now) for name in idle}
        old = [name for name, since in self._idle_since.items() if now - since > IDLE_S]
        _batch(self._edge, [f"link delete {name}" for name in old])

    def _router(self, router: RouterPlan) -> None:
        if ensure(router.namespace):
            self._in_force.pop((router.namespace, "nat"), None)
        if (router.namespace, "nat") not in self._in_force:
            inside(router.namespace, "sysctl", "-qw", *SETTINGS)
        self._enforce(router.namespace, "nat", router.nat)
        self._plug(router)
        there = self._devices(router.namespace)
        lines = [line for leg in router.legs for line in _leg_lines(leg, there)]
        wanted = {leg.device for leg in router.legs}
        lines += [f"link delete {name}" for name in there if name[:3] in {"qg-", "qr-"} and name not in wanted]
        _batch(router.namespace, lines)
        kernel.program(
            router.namespace,
            kernel.SITE,
            [Entry(kernel.MAIN, prefix, gateway=hop) for prefix, hop in router.routes],
            {entry._replace(device="") for entry in kernel.entries(router.namespace, kernel.SITE)},
        )

    def _plug(self, router: RouterPlan) -> None:
        """Join the router's missing legs with their bridges."""
        edge, there = self._devices(self._edge), self._devices(router.namespace)
        for leg in router.legs:
            if leg.device not in there:
                pair = f"{leg.plug} mtu {leg.mtu} type veth peer name {leg.device} mtu {leg.mtu} address {leg.mac}"
                _batch(self._edge, [f"link add {pair} netns {router.namespace}"])
            if edge.get(leg.plug, {}).get("master") != leg.bridge or leg.device not in there:
                _batch(self._edge, [f"link set {leg.plug} master {leg.bridge} up"])


def _is_up(row: Mapping[str, Any] | None) -> bool:
    return row is not None and "UP" in row.get("flags", ())


def _leg_lines(leg: Leg, there: Devices) -> list[str]:
    up = [] if _is_up(there.get(leg.device)) else [f"link set {leg.device} up"]
    return [*up, *_address_lines(leg.device, leg.addresses, there)]


def _address_lines(device: str, wanted: Collection[str], there: Devices) -> list[str]:
    """Return what makes a device's addresses the wanted ones; new ones first, so that one is always there."""
    rows: Iterable[Mapping[str, Any]] = there.get(device, {}).get("addr_info", ())
    have = {f"{row['local']}/{row['prefixlen']}" for row in rows if row["family"] == "inet"}
    added = [f"address add {address} dev {device}" for address in wanted if address not in have]
    return added + [f"address delete {address} dev {device}" for address in sorted(have - set(wanted))]


def _batch(namespace: str, lines: Iterable[str]) -> None:
    text = "\n".join(lines)
    if text:
        run("ip", "-n", namespace, "-batch", "-", stdin=f"{text}\n")
