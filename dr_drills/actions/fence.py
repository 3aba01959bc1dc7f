"""Shuts a site out at the borders of all others, and lets it in again."""

from __future__ import annotations

import time
from collections.abc import Mapping

from dr_drills.actions.tools import Tools
from dr_drills.planning.steps import Case, Step
from dr_drills.planning.world import World
from failures import OutsideFailed, Text

IN_FLIGHT_SECONDS = 0.1
"""A packet that passed a border before the fence has arrived by then: the longest lines take tens of milliseconds."""


def fence(tools: Tools, world: World, case: Case, step: Step) -> None:
    """Fence the target; the rules read back are the proof, not that the borders were told. Raises OutsideFailed."""
    del world, case
    assert tools.borders is not None
    tools.borders.fence(step.target)
    _insist(step.target, tools.borders.fenced(step.target), wanted=True)
    time.sleep(IN_FLIGHT_SECONDS)


def unfence(tools: Tools, world: World, case: Case, step: Step) -> None:
    """Let the target in again. Raises OutsideFailed when a border still refuses it."""
    del world, case
    assert tools.borders is not None
    tools.borders.unfence(step.target)
    _insist(step.target, tools.borders.fenced(step.target), wanted=False)


def _insist(site: str, refusing: Mapping[str, bool], *, wanted: bool) -> None:
    others = [other for other, refuses in refusing.items() if refuses is not wanted]
    if others or not refusing:
        names = ", ".join(others) or "-"
        en = "lets it in" if wanted else "still refuses it"
        zh = "仍允许其进入" if wanted else "仍拒绝其进入"
        raise OutsideFailed(Text(f"a border {en}: {names}", f"边界{zh}：{names}"), where=site)
