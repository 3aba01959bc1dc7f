"""Reads from Neutron what the booted servers need, and no more: a city has hundreds of ports that nobody booted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from lab.edge.picture import TAP, Fixed, Floating, Network, Pair, Picture, Port, Router, Rule, Subnet

Row = Mapping[str, Any]
Ask = Callable[[str, Mapping[str, Sequence[str]], Sequence[str]], Sequence[Row]]
"""Resource, filters and fields to rows."""

AT_ONCE = 60
THREADS = 4
PORT_FIELDS = (
    *("id", "network_id", "mac_address", "fixed_ips", "device_id", "device_owner"),
    *("security_groups", "port_security_enabled", "allowed_address_pairs"),
)
GATEWAY, INTERFACE = "network:router_gateway", "network:router_interface"


class Reader:
    """Asks one site's Neutron; remembers which ports the names of interfaces stand for."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._known: set[str] = set()

    def read(self, taps: Collection[str]) -> Picture:
        """Return what is behind the interfaces; those of ports that are gone have nothing behind them."""
        if not taps:
            return Picture()
        ports = tuple(map(_port, self._find("ports", "id", self._ports_of(taps), PORT_FIELDS)))
        inner = {port.network for port in ports}
        groups = {group for port in ports if port.secured for group in port.groups}
        # What does not wait for an answer is asked at once; threads begin where this one is, inside the site.
        with ThreadPoolExecutor(THREADS) as pool:
            asked_rules = pool.submit(self._rules, groups)
            inner_legs = self._legs("network_id", inner, INTERFACE)
            devices = {leg.device for leg in inner_legs}
            asked_gateways = pool.submit(self._legs, "device_id", devices, GATEWAY)
            asked_routers = pool.submit(self._routers, devices)
            asked_floating = pool.submit(self._floating, devices)
            rules = asked_rules.result()
            asked_members = pool.submit(self._members, {rule.remote for rule in rules if rule.remote})
            legs = (*inner_legs, *asked_gateways.result())
            beyond = inner | {leg.network for leg in legs}
            asked_networks = pool.submit(self._networks, beyond)
            return Picture(
                ports=ports,
                legs=legs,
                subnets=self._subnets(beyond),
                networks=asked_networks.result(),
                routers=asked_routers.result(),
                floating=asked_floating.result(),
                rules=rules,
                members=asked_members.result(),
            )

    def _ports_of(self, taps: Collection[str]) -> list[str]:
        """Return the ids of the ports whose beginning is in the names; only an unknown name costs a long list."""
        begins = {tap.removeprefix(TAP) for tap in taps}
        if not all(any(port.startswith(begin) for port in self._known) for begin in begins):
            self._known = {row["id"] for row in self._ask("ports", {}, ("id",))}
        return sorted(port for port in self._known if port.startswith(tuple(begins)))

    def learn(self, ids: Iterable[str]) -> None:
        """Take ids that may be those of ports; a name that one of them begins with costs no list."""
        self._known.update(ids)

    def _find(
        self, resource: str, key: str, values: Collection[str], fields: Sequence[str], **also: Sequence[str]
    ) -> list[Row]:
        """Ask for many values in few questions; none asks nothing."""
        wanted = sorted(values)
        parts = (wanted[at : at + AT_ONCE] for at in range(0, len(wanted), AT_ONCE))
        return [row for part in parts for row in self._ask(resource, {key: part, **also}, fields)]

    def _legs(self, key: str, values: Collection[str], owner: str) -> tuple[Port, ...]:
        """Return the legs of routers of one kind."""
        return tuple(map(_port, self._find("ports", key, values, PORT_FIELDS, device_owner=(owner,))))

    def _networks(self, ids: Collection[str]) -> dict[str, Network]:
        rows = self._find("networks", "id", ids, ("id", "mtu", "router:external"))
        return {row["id"]: Network(row["id"], row["mtu"] or 1500, row["router:external"]) for row in rows}

    def _subnets(self, networks: Collection[str]) -> dict[str, Subnet]:
        fields = ("id", "network_id", "cidr", "gateway_ip", "ip_version")
        rows = self._find("subnets", "network_id", networks, fields)
        found = [Subnet(r["id"], r["network_id"], r["cidr"], r["gateway_ip"]) for r in rows if r["ip_version"] == 4]
        return {subnet.id: subnet for subnet in found}

    def _routers(self, ids: Collection[str]) -> tuple[Router, ...]:
        fields = ("id", "external_gateway_info", "routes", "admin_state_up")
        rows = self._find("routers", "id", ids, fields)
        return tuple(_router(row) for row in rows if row["admin_state_up"])

    def _floating(self, routers: Collection[str]) -> tuple[Floating, ...]:
        fields = ("floating_ip_address", "fixed_ip_address", "router_id")
        rows = self._find("floatingips", "router_id", routers, fields)
        bound = [row for row in rows if row["fixed_ip_address"]]
        return tuple(Floating(r["floating_ip_address"], r["fixed_ip_address"], r["router_id"]) for r in bound)

    def _rules(self, groups: Collection[str]) -> tuple[Rule, ...]:
        fields = (
            *("security_group_id", "direction", "ethertype", "protocol"),
            *("port_range_min", "port_range_max", "remote_ip_prefix", "remote_group_id"),
        )
        rows = self._find("security-group-rules", "security_group_id", groups, fields)
        return tuple(_rule(row) for row in rows if row["ethertype"] == "IPv4")

    def _members(self, groups: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Return the addresses of the members of each group."""
        found: dict[str, set[str]] = {group: set() for group in groups}
        for row in self._find("ports", "security_groups", groups, ("fixed_ips", "security_groups")):
            for group in found.keys() & set(row["security_groups"]):
                found[group] |= {fixed["ip_address"] for fixed in row["fixed_ips"] if ":" not in fixed["ip_address"]}
        return {group: tuple(sorted(addresses)) for group, addresses in found.items()}


def _port(row: Row) -> Port:
    return Port(
        id=row["id"],
        network=row["network_id"],
        mac=row["mac_address"],
        fixed=tuple(Fixed(f["subnet_id"], f["ip_address"]) for f in row["fixed_ips"] if ":" not in f["ip_address"]),
        device=row["device_id"],
        owner=row["device_owner"],
        groups=tuple(sorted(row["security_groups"])),
        secured=row["port_security_enabled"],
        pairs=tuple(Pair(p["ip_address"], p["mac_address"]) for p in row["allowed_address_pairs"]),
    )


def _router(row: Row) -> Router:
    gateway = row["external_gateway_info"] or {}
    routes = tuple((route["destination"], route["nexthop"]) for route in row["routes"])
    return Router(row["id"], gateway.get("network_id"), gateway.get("enable_snat", True), routes)


def _rule(row: Row) -> Rule:
    return Rule(
        group=row["security_group_id"],
        ingress=row["direction"] == "ingress",
        protocol=row["protocol"],
        first=row["port_range_min"],
        last=row["port_range_max"],
        prefix=row["remote_ip_prefix"],
        remote=row["remote_group_id"],
    )
