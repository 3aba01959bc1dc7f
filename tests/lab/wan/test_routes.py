"""Which line carries what: followed hop by hop, as packets would be."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.wan.routes import Route, Table, Way, route

SITES = "abcd"
DIRECT_ONE = Way("one", ("a", "b"), 1, transit=False)
DIRECT_TWO = Way("two", ("a", "b"), 2, transit=False)
TO_C = (Way("left", ("a", "c"), 5, transit=True), Way("right", ("c", "b"), 6, transit=True))
ANNOUNCED = {site: (f"10.0.{number}.0/24",) for number, site in enumerate(SITES)}


def line(routes: dict[str, tuple[Route, ...]], site: str, end: str, table: Table = "own") -> str | None:
    """Return the line by which a site sends to another."""
    [prefix] = ANNOUNCED[end]
    [found] = [row.line for row in routes[site] if (row.table, row.prefix) == (table, prefix)]
    return found


def walk(ways: Sequence[Way], start: str, end: str) -> list[str] | None:
    """Return the lines a packet takes, None when it is dropped; a circle is an error."""
    routes, by_name, at, taken = route(ways, ANNOUNCED), {way.line: way for way in ways}, start, list[str]()
    while at != end:
        step = line(routes, at, end, "transit" if taken else "own")
        if step is None:
            return None
        assert len(taken) <= len(SITES), f"{start} to {end} goes round: {taken}"
        taken.append(step)
        at = by_name[step].beyond(at)
    return taken


def test_route_two_direct_lines_takes_the_faster() -> None:
    """Parallel lines are alternatives; both directions choose alike."""
    assert walk([DIRECT_TWO, DIRECT_ONE], "a", "b") == ["one"]
    assert walk([DIRECT_TWO, DIRECT_ONE], "b", "a") == ["one"]


def test_route_faster_line_gone_takes_the_other() -> None:
    """What is left of two parallel lines carries everything."""
    assert walk([DIRECT_TWO], "a", "b") == ["two"]


def test_route_no_direct_line_goes_by_lines_that_declare_transit() -> None:
    """The third site carries it when both lines say so."""
    assert walk(TO_C, "a", "b") == ["left", "right"]


def test_route_one_line_without_transit_is_no_way_through() -> None:
    """A line that does not declare transit carries its own two sites only."""
    closed = [TO_C[0], TO_C[1]._replace(transit=False)]

    assert walk(closed, "a", "b") is None
    assert walk(closed, "b", "c") == ["right"]


def test_route_transit_packets_do_not_take_a_closed_faster_line() -> None:
    """The site in the middle keeps its fast line to itself, and sends strangers by the open one."""
    ways = [*TO_C, Way("fast", ("c", "b"), 1, transit=False)]

    assert walk(ways, "a", "b") == ["left", "right"]
    assert walk(ways, "c", "b") == ["fast"]


def test_route_slow_direct_line_loses_to_a_faster_way_round() -> None:
    """The latency decides, not the number of lines."""
    assert walk([DIRECT_ONE._replace(latency_ms=50), *TO_C], "a", "b") == ["left", "right"]


def test_route_unreachable_site_is_dropped_silently() -> None:
    """A prefix without a way has a route without a line, so that packets vanish as on a cut cable."""
    assert Route("own", "10.0.3.0/24", None) in route([DIRECT_ONE], ANNOUNCED)["a"]


def test_route_prefix_of_two_sites_leads_to_the_first_and_never_away_from_its_own() -> None:
    """Overlapping networks stay where they are; the others reach the first site's."""
    routes = route([DIRECT_ONE, *TO_C], {site: ("10.9.0.0/24",) if site in "ab" else () for site in SITES})

    assert [row for row in routes["a"] + routes["b"] if row.prefix == "10.9.0.0/24"] == []
    assert Route("own", "10.9.0.0/24", "left") in routes["c"]


ANY_WAYS = st.lists(
    st.builds(
        lambda ends, latency, transit: ((ends[0], ends[1]), float(latency), transit),
        st.permutations(SITES),
        st.integers(0, 5),
        st.booleans(),
    ),
    max_size=8,
).map(lambda rows: [Way(f"l{number}", *row) for number, row in enumerate(rows)])


def connected(ways: Sequence[Way], start: str) -> set[str]:
    """Return the sites that lines of transit reach, found without any latency."""
    found, before = {start}, set[str]()
    while found != before:
        before = set(found)
        found |= {end for way in ways if way.transit and set(way.ends) & found for end in way.ends}
    return found


@pytest.mark.slow
@given(ANY_WAYS)
def test_route_any_lines_reach_exactly_what_may_be_reached(ways: list[Way]) -> None:
    """Every packet arrives or is dropped, never circles, and takes transit lines only where it takes several."""
    by_name = {way.line: way for way in ways}
    for start in SITES:
        for end in set(SITES) - {start}:
            taken = walk(ways, start, end)
            direct = any(set(way.ends) == {start, end} for way in ways)

            assert (taken is not None) == (direct or end in connected(ways, start))
            assert taken is None or len(taken) == 1 or all(by_name[name].transit for name in taken)


@pytest.mark.slow
@given(ANY_WAYS)
def test_route_any_lines_take_no_longer_than_the_fastest_direct_one(ways: list[Way]) -> None:
    """A way round is taken only where it is not slower."""
    by_name = {way.line: way for way in ways}
    for way in ways:
        taken = walk(ways, *way.ends)

        assert taken is not None
        assert sum(by_name[name].latency_ms for name in taken) <= way.latency_ms
