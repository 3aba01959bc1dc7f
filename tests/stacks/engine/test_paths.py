"""Tests of stacks.engine.paths."""

from __future__ import annotations

from typing import Any

import pytest

from stacks.engine.paths import differs, restore


@pytest.mark.parametrize(
    ("path", "old", "new", "kept"),
    [
        ("a", {"a": 1}, {"a": 2, "b": 3}, {"a": 1, "b": 3}),
        ("a", {}, {"a": 2}, {}),
        ("a", {"a": 1}, {}, {"a": 1}),
        ("m.x", {"m": {"x": 1, "y": 1}}, {"m": {"x": 2, "y": 2}}, {"m": {"x": 1, "y": 2}}),
        ('m["x"]', {"m": {"x": 1}}, {"m": {"x": 2}}, {"m": {"x": 1}}),
        ("l[1]", {"l": [1, 2]}, {"l": [3, 4]}, {"l": [3, 2]}),
        ("l[*].k", {"l": [{"k": 1}, {"k": 2}]}, {"l": [{"k": 8}, {"k": 9}]}, {"l": [{"k": 1}, {"k": 2}]}),
        ("*", {"a": 1}, {"a": 2, "b": 3}, {"a": 1}),
        ("m.x", {}, {"m": {"x": 2}}, {"m": {"x": 2}}),
    ],
)
def test_restore_path_takes_the_old_value_there_only(
    path: str, old: dict[str, Any], new: dict[str, Any], kept: dict[str, Any]
) -> None:
    """What is at the path is as it was, the rest is as it shall be, and neither argument is altered."""
    before = repr(new)

    assert restore(new, old, (path,)) == kept
    assert repr(new) == before


def test_differs_looks_at_the_path_alone() -> None:
    """A difference elsewhere is none at the path."""
    assert differs({"m": {"x": 1}}, {"m": {"x": 2}}, "m.x")
    assert not differs({"m": {"x": 1, "y": 1}}, {"m": {"x": 1, "y": 2}}, "m.x")
