"""Addresses of the labs: for each a /24 of the benchmarking range and 64 of the management range, cut into lines."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import NamedTuple

from topology.model import Cloud

RANGE = IPv4Network("198.18.0.0/15")
SLOTS = 2 ** (24 - RANGE.prefixlen)
SITES_PER_LAB = 8
BLOCK = 64
"""Addresses that one lab takes of its cloud's management range."""
_SEATS = 8
_EDGES = 16


class SiteLink(NamedTuple):
    """The two ends of one line of a site: the one farther from its control plane, the nearer one."""

    outside: IPv4Interface
    inside: IPv4Interface


class MachineRoute(NamedTuple):
    """A network the machine knows a way to; `near` ones it is part of, the others are behind a gateway."""

    network: IPv4Network
    device: str
    near: bool


def slot_network(slot: int) -> IPv4Network:
    """Return the /24 of a slot."""
    return IPv4Network((int(RANGE.network_address) + slot * 256, 24))


def site_link(slot: int, index: int) -> SiteLink:
    """Return the operator's line to the control plane of the site with this index in the lab's slot."""
    return _line(slot_network(slot), index)


def edge_link(slot: int, index: int) -> SiteLink:
    """Return the line between a site's edge and its control plane."""
    return _line(slot_network(slot), index + _EDGES)


def management_block(management: IPv4Network, slot: int) -> IPv4Network:
    """Return what the lab in this slot takes of the management range; a narrow range goes round."""
    blocks = max(1, management.num_addresses // BLOCK)
    return IPv4Network((int(management.network_address) + slot % blocks * BLOCK, 26))


def operator_link(management: IPv4Network, slot: int, index: int) -> SiteLink:
    """Return the operator's line to a site's edge."""
    return _line(management_block(management, slot), index)


def seat_link(management: IPv4Network, slot: int, index: int) -> SiteLink:
    """Return the line between the seat inside a site and the site's edge."""
    return _line(management_block(management, slot), index + _SEATS)


def _line(block: IPv4Network, index: int) -> SiteLink:
    base = int(block.network_address) + 4 * index
    return SiteLink(*(IPv4Interface((IPv4Address(base + host), 30)) for host in (1, 2)))


def choose_slot(
    cloud: str, management: IPv4Network, taken: Collection[IPv4Network], wanted: int | None = None
) -> int | None:
    """Return `wanted` if free, else a free one, the same for a cloud while nothing else takes it; None if full.

    A route to the whole management range or more, as to an organisation's network, does not take a slot of it.
    """
    start = int.from_bytes(hashlib.sha256(cloud.encode()).digest()[:4])
    order = [] if wanted is None else [wanted]
    order += [(start + step) % SLOTS for step in range(SLOTS)]
    narrow = [net for net in taken if not management.subnet_of(net)]

    def free(slot: int) -> bool:
        block = management_block(management, slot)
        return not any(slot_network(slot).overlaps(net) for net in taken) and not any(map(block.overlaps, narrow))

    return next(filter(free, order), None)


def number_sites(names: Collection[str], known: dict[str, int]) -> dict[str, int]:
    """Return an index for every name; a site keeps the index it had, whatever comes or goes before it."""
    kept = {name: known[name] for name in names if name in known}
    free = (index for index in range(SITES_PER_LAB) if index not in kept.values())
    return {name: kept[name] if name in kept else next(free) for name in names}


def collisions(cloud: Cloud, routes: Collection[MachineRoute]) -> tuple[str, ...]:
    """Return, in words of no language, which of the machine's networks a lab of the cloud would hide or lose.

    Where the machine's own network touches a zone, or a route leads into one, the same address is in two places. A
    route to more than the zone, as to an organisation's whole network, is no trouble: the lab's are more specific.
    """
    zones = [(name, zone.cidr) for name, zone in cloud.zones.items()]
    found = [
        f"{route.network} ({route.device}) / {name} {cidr}"
        for route in routes
        for name, cidr in zones
        if route.network.subnet_of(cidr) or (route.near and route.network.overlaps(cidr))
    ]
    found += [
        f"{route.network} ({route.device}) / management {cloud.management}"
        for route in routes
        if route.near and cloud.management.subnet_of(route.network)
    ]
    return tuple(dict.fromkeys(found))
