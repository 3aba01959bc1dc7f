"""Round trips come from the declared lines, through other sites only where every line allows it."""

from __future__ import annotations

from typing import Any

import pytest

from failures import InputInvalid
from inventories.distances import longest_round_trip, round_trips
from tests.inventories import clouds
from tests.stacks import small

link = clouds.link


def trips(*links: dict[str, Any]) -> dict[str, float]:
    """Return milliseconds by the pair's names."""
    data = clouds.topology()
    data["links"] = list(links)
    return {"-".join(sorted(pair)): ms for pair, ms in round_trips(small.cloud(data)).items()}


def test_round_trips_over_parallel_lines_take_the_best() -> None:
    """Two lines between the same sites: the shorter one counts, there and back."""
    assert trips(link("east", "west", 2), link("east", "west", 1)) == {"east-west": 2}


def test_round_trips_through_a_third_site_need_transit_on_both_lines() -> None:
    """A line without transit carries nobody else's traffic."""
    closed = trips(link("east", "far", 5, transit=True), link("far", "west", 6))
    opened = trips(link("east", "far", 5, transit=True), link("far", "west", 6, transit=True))

    assert "east-west" not in closed
    assert opened["east-west"] == 22


def test_round_trips_with_a_shorter_way_round_take_it() -> None:
    """Routes follow latency."""
    lines = [link("east", "west", 40), link("east", "far", 5, transit=True), link("far", "west", 6, transit=True)]

    assert trips(*lines)["east-west"] == 22


def test_longest_round_trip_without_a_line_is_refused() -> None:
    """Members that cannot hear each other are no cluster."""
    data = clouds.topology()
    data["links"] = []

    with pytest.raises(InputInvalid, match="east and far have no line between them"):
        longest_round_trip(small.cloud(data), ["east", "far"], "services.quorum")


def test_longest_round_trip_at_one_site_is_nothing() -> None:
    """Members side by side need no line."""
    assert longest_round_trip(small.cloud(), ["east", "east"], "services.quorum") == 0
