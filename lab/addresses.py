"""Addresses of the labs: a /24 of the benchmarking range per lab, a /30 of it per site."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import NamedTuple

RANGE = IPv4Network("198.18.0.0/15")
SLOTS = 2 ** (24 - RANGE.prefixlen)
SITES_PER_LAB = 64


class SiteLink(NamedTuple):
    """The two ends of a site's line to the operator's seat."""

    outside: IPv4Interface
    inside: IPv4Interface


def slot_network(slot: int) -> IPv4Network:
    """Return the /24 of a slot."""
    return IPv4Network((int(RANGE.network_address) + slot * 256, 24))


def site_link(slot: int, index: int) -> SiteLink:
    """Return the addresses of the site with this index in the lab's slot."""
    base = int(slot_network(slot).network_address) + 4 * index
    return SiteLink(*(IPv4Interface((IPv4Address(base + host), 30)) for host in (1, 2)))


def choose_slot(cloud: str, taken: Collection[IPv4Network], wanted: int | None = None) -> int | None:
    """Return `wanted` if free, else a free one, the same for a cloud while nothing else takes it; None if full."""
    start = int.from_bytes(hashlib.sha256(cloud.encode()).digest()[:4])
    order = [] if wanted is None else [wanted]
    order += [(start + step) % SLOTS for step in range(SLOTS)]
    return next((slot for slot in order if not any(slot_network(slot).overlaps(net) for net in taken)), None)


def number_sites(names: Collection[str], known: dict[str, int]) -> dict[str, int]:
    """Return an index for every name; a site keeps the index it had, whatever comes or goes before it."""
    kept = {name: known[name] for name in names if name in known}
    free = (index for index in range(SITES_PER_LAB) if index not in kept.values())
    return {name: kept[name] if name in kept else next(free) for name in names}
