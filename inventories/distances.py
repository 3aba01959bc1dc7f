"""How far sites are from each other: declared round trips over the lines that may carry their traffic."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations, product

from failures import InputInvalid, Text
from topology.model import Cloud

Pair = frozenset[str]


def round_trips(cloud: Cloud) -> dict[Pair, float]:
    """Return milliseconds there and back for each pair of sites that reach each other.

    The best direct line counts, or a way through other sites over lines that all have `transit`, where it is shorter.
    """
    found = _direct(cloud, transit_only=False)
    through = _direct(cloud, transit_only=True)
    for middle, one, other in product(cloud.sites, cloud.sites, cloud.sites):
        first, second = through.get(frozenset({one, middle})), through.get(frozenset({middle, other}))
        if one != other and middle not in {one, other} and first is not None and second is not None:
            pair = frozenset({one, other})
            through[pair] = min(first + second, through.get(pair, first + second))
    for pair, milliseconds in through.items():
        found[pair] = min(milliseconds, found.get(pair, milliseconds))
    return found


def longest_round_trip(cloud: Cloud, sites: Iterable[str], where: str) -> float:
    """Return the milliseconds between the two of these sites that are farthest apart, 0 for one site.

    Raises InputInvalid when two of them cannot reach each other.
    """
    known = round_trips(cloud)
    longest = 0.0
    for one, other in combinations(dict.fromkeys(sites), 2):
        milliseconds = known.get(frozenset({one, other}))
        if milliseconds is None:
            raise _no_line(one, other, where)
        longest = max(longest, milliseconds)
    return longest


def _direct(cloud: Cloud, *, transit_only: bool) -> dict[Pair, float]:
    found: dict[Pair, float] = {}
    for link in cloud.links:
        if link.transit or not transit_only:
            pair = frozenset(link.between)
            found[pair] = min(2 * link.latency_ms, found.get(pair, float("inf")))
    return found


def _no_line(one: str, other: str, where: str) -> InputInvalid:
    return InputInvalid(
        Text(f"its members at {one} and {other} have no line between them", f"{one} 与 {other} 的成员之间没有线路"),
        where=where,
        fix=Text(
            f"declare a link between {one} and {other}, or lines with transit that join them",
            f"请声明 {one} 与 {other} 之间的线路，或带 transit 的中转线路",
        ),
    )
