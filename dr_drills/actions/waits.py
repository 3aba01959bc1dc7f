"""Actions that only wait: what they wait for is seen, not done."""

from __future__ import annotations

from dr_drills.actions.tools import Tools
from dr_drills.planning.steps import Case, Step
from dr_drills.planning.world import World


def wait(tools: Tools, world: World, case: Case, step: Step) -> None:
    """Do nothing: Patroni takes the lease, or a copy joins, by itself."""
