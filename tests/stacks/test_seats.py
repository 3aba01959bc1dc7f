"""Tests of numbers by the hash of a name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks.seats import FIRST_VLAN, LAST_VLAN, edge_vlans, seat

names = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)


@pytest.mark.slow
@given(cloud=names, zones=st.lists(names, unique=True, max_size=8))
def test_edge_vlans_of_a_cloud_are_apart_and_in_range(cloud: str, zones: list[str]) -> None:
    """Every edge zone has a segment of its own that the site's network offers."""
    vlans = edge_vlans(cloud, zones)

    assert list(vlans) == zones
    assert len(set(vlans.values())) == len(zones)
    assert all(FIRST_VLAN <= vlan <= LAST_VLAN for vlan in vlans.values())


def test_edge_vlans_of_two_clouds_differ() -> None:
    """The same zone name in two clouds is two segments; a known value holds through every release."""
    assert edge_vlans("quanzhou", ["edge"]) == {"edge": 1819}
    assert edge_vlans("xiamen", ["edge"]) != edge_vlans("quanzhou", ["edge"])


def test_edge_vlans_another_zone_later_in_the_file_moves_nobody() -> None:
    """A segment in use cannot be changed."""
    assert edge_vlans("quanzhou", ["edge", "second"])["edge"] == edge_vlans("quanzhou", ["edge"])["edge"]


def test_seat_that_is_taken_gives_the_next_and_wraps() -> None:
    """The last number is followed by the first."""
    start = seat("a", 10, ())

    assert seat("a", 10, {start}) == (start + 1) % 10
    assert seat("a", 10, set(range(10)) - {(start + 9) % 10}) == (start + 9) % 10
