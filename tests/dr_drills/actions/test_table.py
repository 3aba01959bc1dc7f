"""What cannot be done is said before anything is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dr_drills.actions.table import ROWS, require
from dr_drills.actions.tools import Tools
from dr_drills.planning.rows_city import FORCE_STORE, SWITCH, SWITCHOVER
from dr_drills.planning.rows_shared import FENCE
from dr_drills.planning.steps import Action, Rule, Step
from failures import GateRefused
from tests.dr_drills.actions.scripted import tools
from tests.dr_drills.pretence import KEYS


def able() -> Tools:
    made = tools()
    made.keys = replace(KEYS, passwords={"restapi": "x"})
    return made


def test_require_of_a_plan_that_can_be_done_is_silent() -> None:
    """All of a switchover can be done with an operator's keys."""
    require([Step(rule, "anxi") for rule in SWITCHOVER], able())


def test_require_without_a_way_into_hosts_names_what_needs_one() -> None:
    """What could be done of the plan does not begin either."""
    with pytest.raises(GateRefused, match="force-store cannot be done: no way into the hosts"):
        require([Step(SWITCH, "anxi"), Step(FORCE_STORE, "anxi")], able())


def test_every_action_can_be_done() -> None:
    """A plan has no step that this program cannot do."""
    assert set(ROWS) == set(Action)


@pytest.mark.parametrize(("rule", "reason"), [(FENCE, "no way to the borders"), (SWITCH, "no password for Patroni")])
def test_require_without_the_means_names_what_lacks(rule: Rule, reason: str) -> None:
    """What an action cannot do without is looked for first."""
    with pytest.raises(GateRefused, match=reason):
        require([Step(rule, "donghai")], tools())
