"""Slots, links and indices of the labs."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.addresses import (
    RANGE,
    SITES_PER_LAB,
    SLOTS,
    MachineRoute,
    choose_slot,
    collisions,
    edge_link,
    management_block,
    number_sites,
    operator_link,
    seat_link,
    site_link,
    slot_network,
)
from tests.lab.conftest import read_city

MANAGEMENT = IPv4Network("10.250.0.0/16")


def test_slots_cover_the_range_without_overlap() -> None:
    """Every slot is a /24 of its own inside the benchmarking range."""
    networks = [slot_network(slot) for slot in range(SLOTS)]

    assert len(set(networks)) == SLOTS
    assert all(network.subnet_of(RANGE) for network in networks)


def test_lines_of_a_slot_never_overlap() -> None:
    """All lines of the most sites a cloud has fit side by side into the lab's two blocks."""
    block, slot = management_block(MANAGEMENT, 7), slot_network(7)
    lines = [(make(7, index), slot) for make in (site_link, edge_link) for index in range(SITES_PER_LAB)]
    lines += [(make(MANAGEMENT, 7, n), block) for make in (operator_link, seat_link) for n in range(SITES_PER_LAB)]

    assert len({line.inside.network for line, _ in lines}) == 4 * SITES_PER_LAB
    assert all(line.outside.network == line.inside.network for line, _ in lines)
    assert all(line.inside.network.subnet_of(within) for line, within in lines)


def test_management_blocks_of_a_narrow_range_go_round() -> None:
    """A range with room for two labs gives the third the block of the first."""
    narrow = IPv4Network("10.9.9.0/25")

    assert management_block(narrow, 0) == management_block(narrow, 2) != management_block(narrow, 1)
    assert management_block(narrow, 511).subnet_of(narrow)


def test_choose_slot_management_block_taken_moves() -> None:
    """A line of another program inside the lab's management block sends the lab elsewhere; a route to all does not."""
    own, whole = management_block(MANAGEMENT, 3), IPv4Network("10.0.0.0/8")

    assert choose_slot("city", MANAGEMENT, [whole], wanted=3) == 3
    assert choose_slot("city", MANAGEMENT, [IPv4Network((own.network_address, 30))], wanted=3) != 3


def test_choose_slot_wanted_free_is_kept() -> None:
    """A lab keeps the slot it had."""
    assert choose_slot("city", MANAGEMENT, [], wanted=3) == 3


def test_choose_slot_wanted_taken_moves() -> None:
    """A wide route over the wanted slot sends the lab elsewhere."""
    chosen = choose_slot("city", MANAGEMENT, [IPv4Network("198.18.0.0/16")], wanted=3)

    assert chosen is not None
    assert not slot_network(chosen).overlaps(IPv4Network("198.18.0.0/16"))


def test_choose_slot_everything_taken_is_none() -> None:
    """No slot is invented outside the range."""
    assert choose_slot("city", MANAGEMENT, [IPv4Network("198.18.0.0/15")]) is None


def test_choose_slot_same_name_same_slot() -> None:
    """The first choice depends on the name alone."""
    assert choose_slot("quanzhou", MANAGEMENT, []) == choose_slot("quanzhou", MANAGEMENT, [])


@pytest.mark.parametrize(
    ("network", "near", "collides"),
    [
        ("10.80.3.0/24", True, True),
        ("10.80.3.0/24", False, True),
        ("10.0.0.0/8", True, True),
        ("10.0.0.0/8", False, False),
        ("10.250.0.0/16", True, True),
        ("10.250.9.0/30", True, False),
        ("192.168.1.0/24", True, False),
    ],
)
def test_collisions_of_a_machine_route_with_the_city(*, network: str, near: bool, collides: bool) -> None:
    """What is inside a zone collides, a wider route behind a gateway does not, a line inside management may stay."""
    route = MachineRoute(IPv4Network(network), "eth9", near)

    assert bool(collisions(read_city(), [route])) == collides


@given(st.lists(st.sampled_from("abcdefgh"), unique=True), st.lists(st.sampled_from("abcdefgh"), unique=True))
def test_number_sites_keeps_known_and_stays_unique(before: list[str], after: list[str]) -> None:
    """Whatever sites come and go, the staying ones keep their index and no two share one."""
    first = number_sites(before, {})
    second = number_sites(after, first)

    assert len(set(second.values())) == len(after)
    assert all(second[name] == first[name] for name in after if name in first)
