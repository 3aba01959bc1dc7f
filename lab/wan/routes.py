"""Which line carries what: pure, from the lines that are up to the routes of every edge."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

Table = Literal["own", "transit"]


class Way(NamedTuple):
    """A line that is up; `latency_ms` is what a packet waits on it now."""

    line: str
    ends: tuple[str, str]
    latency_ms: float
    transit: bool

    def beyond(self, site: str) -> str:
        """Return the site at the other end."""
        return self.ends[1] if self.ends[0] == site else self.ends[0]


class Route(NamedTuple):
    """`own` routes are for packets that begin in the site, `transit` routes for those that came in by a line.

    Without a line the packets are dropped silently, as on a cable that is cut.
    """

    table: Table
    prefix: str
    line: str | None


class Cost(NamedTuple):
    latency_ms: float
    hops: int


def route(ways: Sequence[Way], announced: Mapping[str, Collection[str]]) -> dict[str, tuple[Route, ...]]:
    """Return the routes of every site to what the other sites announce.

    A site's own packets take the fastest way: one line of any kind, or several that all declare transit. Packets that
    came in by a line go on only by lines that declare transit, whatever faster line the site keeps for itself; so
    each step is nearer to its end, and nothing goes round in circles. A prefix that two sites announce leads to the
    first of them, and a site never sends away what it announces itself.
    """
    costs = {site: _transit_costs(ways, site) for site in announced}
    owners: dict[str, str] = {}
    for site, prefixes in announced.items():
        for prefix in prefixes:
            owners.setdefault(prefix, site)
    return {site: tuple(_routes_of(site, ways, costs, owners, announced[site])) for site in announced}


def _routes_of(
    site: str,
    ways: Sequence[Way],
    costs: Mapping[str, Mapping[str, Cost]],
    owners: Mapping[str, str],
    mine: Collection[str],
) -> Iterator[Route]:
    at = [way for way in ways if site in way.ends]
    for prefix, owner in owners.items():
        if owner != site and prefix not in mine:
            yield Route("own", prefix, _best(site, owner, at, costs[owner], direct=True))
            yield Route("transit", prefix, _best(site, owner, at, costs[owner], direct=False))


def _best(site: str, end: str, at: Sequence[Way], costs: Mapping[str, Cost], *, direct: bool) -> str | None:
    """Return the line at `site` that begins the cheapest way to `end`, None when there is no way."""
    found = []
    for way in at:
        beyond = way.beyond(site)
        if way.transit and beyond in costs:
            found.append((_longer(costs[beyond], way), way.line))
        elif direct and beyond == end:
            found.append((Cost(way.latency_ms, 1), way.line))
    return min(found)[1] if found else None


def _transit_costs(ways: Sequence[Way], end: str) -> dict[str, Cost]:
    """Return what it costs from each site to reach `end` by lines that declare transit; without those that cannot."""
    costs, open_sites = {end: Cost(0.0, 0)}, {end}
    while open_sites:
        reached = {}
        for site in open_sites:
            for way in ways:
                if way.transit and site in way.ends:
                    beyond, cost = way.beyond(site), _longer(costs[site], way)
                    if beyond not in costs or cost < costs[beyond]:
                        costs[beyond] = reached[beyond] = cost
        open_sites = set(reached)
    return costs


def _longer(cost: Cost, way: Way) -> Cost:
    return Cost(cost.latency_ms + way.latency_ms, cost.hops + 1)
