"""Tests of stacks.engine.steps."""

from __future__ import annotations

from typing import Any

import pytest

from stacks.engine.events import Op
from stacks.engine.provider import Diff
from stacks.engine.steps import ROWS, Question, decide, widen

_OLD = {"urn": "u", "id": "1"}
_WAITING = {**_OLD, "pendingReplacement": True}
_CHANGED, _FORCED = Diff(("a",)), Diff(("a", "b"), ("b",))


@pytest.mark.parametrize(
    ("rule", "op", "old", "import_id", "diff"),
    [
        ("import", Op.IMPORT, None, "9", Diff()),
        ("create", Op.CREATE, None, "", Diff()),
        ("recreate", Op.REPLACE, _WAITING, "", Diff()),
        ("import-other", Op.IMPORT, _OLD, "9", Diff()),
        ("same", Op.SAME, _OLD, "", Diff()),
        ("same", Op.SAME, _OLD, "1", Diff()),
        ("replace", Op.REPLACE, _OLD, "", _FORCED),
        ("update", Op.UPDATE, _OLD, "", _CHANGED),
    ],
)
def test_decide_each_row_has_its_case(
    rule: str, op: Op, old: dict[str, Any] | None, import_id: str, diff: Diff
) -> None:
    """Every rule of the table decides the case it is for."""
    step = decide(Question(old, import_id, diff, None))

    assert (step.rule, step.op) == (rule, op)


def test_rows_every_rule_is_tested() -> None:
    """The cases above cover the table: ids are unique, each with a reason."""
    ids = [row.id for row in ROWS]

    assert sorted(ids) == sorted({"import", "create", "recreate", "import-other", "same", "replace", "update"})
    assert all(row.reason for row in ROWS)


@pytest.mark.parametrize(
    ("chosen", "provider", "first"),
    [(None, True, True), (None, False, False), (False, True, False), (True, False, True)],
)
def test_decide_delete_before_replace_the_program_has_the_last_word(
    *, chosen: bool | None, provider: bool, first: bool
) -> None:
    """The provider proposes the order of a replacement, the program decides it."""
    step = decide(Question(_OLD, "", Diff(("b",), ("b",), provider), chosen))

    assert step.delete_first is first


def test_widen_listed_key_forces_replacement() -> None:
    """A changed key that the program lists forces a new object; an unchanged one does not."""
    assert widen(_CHANGED, ("a",), {"a": 1}, {"a": 2}).replace == ("a",)
    assert widen(_CHANGED, ("c",), {"a": 1}, {"a": 2}).replace == ()
    assert widen(_CHANGED, ("*",), {"a": 1}, {"a": 2}).replace == ("a",)


def test_widen_path_inside_a_key_forces_only_when_it_differs() -> None:
    """A path is looked at, not the whole key."""
    old, new = {"a": {"x": 1, "y": 1}}, {"a": {"x": 1, "y": 2}}

    assert widen(_CHANGED, ("a.x",), old, new).replace == ()
    assert widen(_CHANGED, ("a.y",), old, new).replace == ("a",)


@pytest.mark.parametrize(
    ("new", "first"), [({"a": 2, "name": "n"}, True), ({"a": 2, "name": "n", "__defaults": ["name"]}, False)]
)
def test_widen_given_name_makes_room_first(*, new: dict[str, Any], first: bool) -> None:
    """An object of a given name goes before its replacement; one of a generated name after it."""
    assert widen(_CHANGED, ("a",), {"a": 1, "name": "n"}, new).delete_before_replace is first
