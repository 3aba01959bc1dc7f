"""Canonical forms of values."""

from __future__ import annotations

from typing import Any

import pytest

from stacks.engine.openstack import canonical


@pytest.mark.parametrize("value", [None, "", 0, 0.0, False, [], {}, {"a": ""}, {"a": {"b": []}}, {"__defaults": ["a"]}])
def test_empty_values_are_none(value: Any) -> None:
    """The provider does not tell them from what was not given."""
    assert canonical.plain(value) is None


@pytest.mark.parametrize("value", ["a", 1, True, [1], {"a": 1}])
def test_other_values_stay(value: Any) -> None:
    """The negative control."""
    assert canonical.plain(value) == value


def test_set_has_one_order_and_no_repetitions() -> None:
    """Objects too."""
    assert canonical.as_set([{"b": 1, "a": 2}, "x", {"a": 2, "b": 1}]) == canonical.as_set(["x", {"a": 2, "b": 1}])


@pytest.mark.parametrize("value", ["04da6b54-80e4-46f7-96ec-b56ff0331ba9", "", None, 7])
def test_what_is_no_address_or_network_stays(value: Any) -> None:
    """An input that is not known yet is a text of its own."""
    assert canonical.address(value) == canonical.plain(value) or value == 7
    assert canonical.network(value) == canonical.plain(value) or value == 7


@pytest.mark.parametrize(
    ("wanted", "shown", "answer"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1}, {"a": 2, "b": 2}, False),
        ({"a": 1}, {"b": 2}, False),
        ({"a": ""}, {"b": 2}, True),
        ([{"a": 1}], [{"a": 1}, {"a": 1}], False),
        ([{"a": {"b": [1]}}], [{"a": {"b": [1], "c": 2}}], True),
        ({"a": 1}, None, False),
        ([1], "1", False),
    ],
)
def test_covers_compares_by_what_is_wanted(wanted: Any, shown: Any, *, answer: bool) -> None:
    """More is allowed in objects, not in lists."""
    assert canonical.covers(wanted, shown) is answer
