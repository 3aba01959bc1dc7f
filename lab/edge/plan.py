"""What a site's network must be: pure, from Neutron's picture to bridges, routers, routes and announcements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lab.edge.picture import SHORT, Picture, Port, Router, Subnet, bridge_name, tap_name
from lab.edge.reading import GATEWAY

ROUTER_SHORT = 13


@dataclass(frozen=True)
class Leg:
    """An interface of a router: `device` inside its namespace, `plug` at the edge's bridge; addresses with length."""

    device: str
    plug: str
    bridge: str
    mac: str
    mtu: int
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class RouterPlan:
    """One router's namespace; `routes` are words for `ip route`, `nat` a script for nft."""

    namespace: str
    legs: tuple[Leg, ...]
    routes: tuple[tuple[str, str], ...]
    nat: str


@dataclass(frozen=True)
class SitePlan:
    """Bridges with the addresses they have at the edge, which tap is on which, routers, routes and announcements."""

    bridges: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    taps: Mapping[str, str] = field(default_factory=dict)
    routers: tuple[RouterPlan, ...] = ()
    routes: Mapping[str, str] = field(default_factory=dict)
    announced: tuple[str, ...] = ()


def plan_site(picture: Picture, mark: str) -> SitePlan:
    """Return what must be there; `mark` begins the names of the routers' namespaces."""
    routers = tuple(_router(picture, router, mark) for router in sorted(picture.routers, key=lambda r: r.id))
    routes = dict(_routes(picture))
    external = [s.cidr for s in picture.subnets.values() if picture.networks[s.network].external]
    return SitePlan(
        bridges={bridge_name(id_): _edge_addresses(picture, id_) for id_ in sorted(picture.networks)},
        taps={tap_name(port.id): bridge_name(port.network) for port in picture.ports},
        routers=routers,
        routes=routes,
        announced=tuple(sorted({*external, *routes})),
    )


def _edge_addresses(picture: Picture, network: str) -> tuple[str, ...]:
    """Return the edge's own addresses in a network: it is the gateway of those outside the tenants."""
    if not picture.networks[network].external:
        return ()
    subnets = [subnet for subnet in picture.subnets.values() if subnet.network == network and subnet.gateway]
    return tuple(sorted(f"{subnet.gateway}/{subnet.length}" for subnet in subnets))


def _legs(picture: Picture, router: Router) -> list[Port]:
    return sorted((leg for leg in picture.legs if leg.device == router.id), key=lambda leg: leg.id)


def _router(picture: Picture, router: Router, mark: str) -> RouterPlan:
    gateway = next((leg for leg in _legs(picture, router) if leg.owner == GATEWAY), None)
    defaults = [("default", hop) for hop in _next_hops(picture, gateway)]
    return RouterPlan(
        namespace=f"{mark}r-{router.id[:ROUTER_SHORT]}",
        legs=tuple(_leg(picture, router, leg) for leg in _legs(picture, router)),
        routes=(*defaults[:1], *router.routes),
        nat=_nat(picture, router, gateway),
    )


def _subnet_of(picture: Picture, leg: Port) -> Iterator[tuple[str, Subnet]]:
    """Yield each address of a leg with its subnet, unless that is of another kind or gone."""
    for fixed in leg.fixed:
        if fixed.subnet in picture.subnets:
            yield fixed.address, picture.subnets[fixed.subnet]


def _next_hops(picture: Picture, gateway: Port | None) -> Iterator[str]:
    if gateway is not None:
        for _, subnet in _subnet_of(picture, gateway):
            if subnet.gateway:
                yield subnet.gateway


def _leg(picture: Picture, router: Router, leg: Port) -> Leg:
    outside = leg.owner == GATEWAY
    addresses = [f"{address}/{subnet.length}" for address, subnet in _subnet_of(picture, leg)]
    if outside:
        addresses += sorted(f"{row.address}/32" for row in picture.floating if row.router == router.id)
    return Leg(
        device=f"{'qg' if outside else 'qr'}-{leg.id[:SHORT]}",
        plug=f"rp-{leg.id[:SHORT]}",
        bridge=bridge_name(leg.network),
        mac=leg.mac,
        mtu=picture.networks[leg.network].mtu,
        addresses=tuple(addresses),
    )


def _nat(picture: Picture, router: Router, gateway: Port | None) -> str:
    """Return the router's translations; floating addresses first, then the gateway's own if it translates."""
    floating = sorted((row for row in picture.floating if row.router == router.id), key=lambda row: row.address)
    into = [f"    ip daddr {row.address} dnat to {row.fixed}" for row in floating]
    out = []
    if gateway is not None and gateway.fixed:
        device = f'oifname "qg-{gateway.id[:SHORT]}"'
        out = [f"    {device} ip saddr {row.fixed} snat to {row.address}" for row in floating]
        out += [f"    {device} snat to {gateway.fixed[0].address}"] if router.translates else []
    return "\n".join(
        [
            "add table ip nat",
            "delete table ip nat",
            "table ip nat {",
            "  chain into { type nat hook prerouting priority dstnat;",
            *into,
            "  }",
            "  chain out { type nat hook postrouting priority srcnat;",
            *out,
            "  }",
            "}\n",
        ]
    )


def _routes(picture: Picture) -> Iterator[tuple[str, str]]:
    """Yield the tenants' subnets with the router they are behind; of two alike the first router's counts."""
    taken = set()
    for router in sorted(picture.routers, key=lambda row: row.id):
        legs = _legs(picture, router)
        gateway = next((leg for leg in legs if leg.owner == GATEWAY and leg.fixed), None)
        if gateway is None or router.translates:
            continue
        for leg in legs:
            for _, subnet in () if leg.owner == GATEWAY else _subnet_of(picture, leg):
                if subnet.cidr not in taken:
                    taken.add(subnet.cidr)
                    yield subnet.cidr, gateway.fixed[0].address
