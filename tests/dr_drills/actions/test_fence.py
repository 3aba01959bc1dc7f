"""Fences count when the borders' rules are read back."""

from __future__ import annotations

import pytest

from dr_drills.actions.fence import fence, unfence
from dr_drills.planning.rows_shared import FENCE, UNFENCE
from failures import OutsideFailed
from tests.dr_drills.actions.hostlike import Rules
from tests.dr_drills.actions.scripted import CASE, LOST, step, tools


def test_fence_is_there_when_every_border_says_so() -> None:
    """It can be asked for twice, and lifted."""
    made, rules = tools(), Rules()
    made.borders = rules
    for _ in range(2):
        fence(made, LOST, CASE, step(FENCE, "donghai"))
    assert rules.refused == {("anxi", "donghai"), ("changle", "donghai")}

    unfence(made, LOST, CASE, step(UNFENCE, "donghai"))
    assert not rules.refused


def test_fence_that_one_border_did_not_take_is_none() -> None:
    """A border that was told is no proof; it is named."""
    made = tools()
    made.borders = Rules(deaf=frozenset({"changle"}))

    with pytest.raises(OutsideFailed, match="lets it in: changle"):
        fence(made, LOST, CASE, step(FENCE, "donghai"))
