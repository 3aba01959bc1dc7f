"""Numbers by the hash of a name: they stay when others come and go, and differ between clouds."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from hashlib import sha256

FIRST_VLAN, LAST_VLAN = 100, 3900
"""Of the ids that a site's physical network `public` must offer: the lowest are often its own."""


def seat(name: str, seats: int, taken: Container[int]) -> int:
    """Return the free number below `seats` at or after the hash of the name; there must be one."""
    start = int.from_bytes(sha256(name.encode()).digest()[:8]) % seats
    return next(number for number in ((start + step) % seats for step in range(seats)) if number not in taken)


def edge_vlans(cloud: str, zones: Iterable[str]) -> Mapping[str, int]:
    """Return the VLAN of each edge zone: two clouds on one OpenStack rarely meet, and are refused where they do."""
    taken: dict[int, str] = {}
    for zone in zones:
        taken[seat(f"{cloud}/{zone}", LAST_VLAN - FIRST_VLAN + 1, taken)] = zone
    return {zone: FIRST_VLAN + number for number, zone in taken.items()}
