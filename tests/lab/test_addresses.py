"""Slots, links and indices of the labs."""

from __future__ import annotations

from ipaddress import IPv4Network

from hypothesis import given
from hypothesis import strategies as st

from lab.addresses import RANGE, SLOTS, choose_slot, number_sites, site_link, slot_network


def test_slots_cover_the_range_without_overlap() -> None:
    """Every slot is a /24 of its own inside the benchmarking range."""
    networks = [slot_network(slot) for slot in range(SLOTS)]

    assert len(set(networks)) == SLOTS
    assert all(network.subnet_of(RANGE) for network in networks)


def test_site_links_of_a_slot_never_overlap() -> None:
    """The lines of 64 sites fit side by side into the lab's /24."""
    links = [site_link(7, index) for index in range(64)]

    assert len({link.inside.network for link in links}) == 64
    assert all(link.outside.network == link.inside.network for link in links)
    assert all(link.inside.ip in slot_network(7) for link in links)


def test_choose_slot_wanted_free_is_kept() -> None:
    """A lab keeps the slot it had."""
    assert choose_slot("city", [], wanted=3) == 3


def test_choose_slot_wanted_taken_moves() -> None:
    """A wide route over the wanted slot sends the lab elsewhere."""
    chosen = choose_slot("city", [IPv4Network("198.18.0.0/16")], wanted=3)

    assert chosen is not None
    assert not slot_network(chosen).overlaps(IPv4Network("198.18.0.0/16"))


def test_choose_slot_everything_taken_is_none() -> None:
    """No slot is invented outside the range."""
    assert choose_slot("city", [IPv4Network("198.18.0.0/15")]) is None


def test_choose_slot_same_name_same_slot() -> None:
    """The first choice depends on the name alone."""
    assert choose_slot("quanzhou", []) == choose_slot("quanzhou", [])


@given(st.lists(st.sampled_from("abcdefgh"), unique=True), st.lists(st.sampled_from("abcdefgh"), unique=True))
def test_number_sites_keeps_known_and_stays_unique(before: list[str], after: list[str]) -> None:
    """Whatever sites come and go, the staying ones keep their index and no two share one."""
    first = number_sites(before, {})
    second = number_sites(after, first)

    assert len(set(second.values())) == len(after)
    assert all(second[name] == first[name] for name in after if name in first)
