"""The nearest known word."""

from __future__ import annotations

from topology.nearest import choose, nearest


def test_nearest_of_misspelt_word_is_the_known_one() -> None:
    """Letters swapped, lost or doubled."""
    assert nearest("opnstack", ["openstack", "role"]) == "openstack"
    assert nearest("xyz", ["openstack", "role"]) is None


def test_choose_without_near_word_lists_at_most_twelve() -> None:
    """A long list is cut; an empty one is said to be empty."""
    assert choose("zzz", [f"a{i}" for i in range(20)]).en.endswith("a11, ...")
    assert choose("zzz", []).zh == "尚未定义任何一个"
