"""One step: guarded, done once, watched until it is done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dr_drills.actions import execute
from dr_drills.actions.execute import run_step
from dr_drills.actions.refused import Refused
from dr_drills.planning.rows_city import AWAIT_LEASE, RELEASE_LEASE, SWITCH
from dr_drills.planning.steps import Action, Case
from dr_drills.planning.world import WHO_KNOWS, NodeView, Role, Seen, World
from dr_drills.probes.budget import NoAnswer
from failures import Text
from tests.dr_drills.actions.scripted import CASE, LOST, NODES, TAKEN, WELL, acting, looks, step, tools

PLANNED = Case((), "anxi")
LED = replace(WELL, holder="anxi", nodes={**NODES, "donghai": NodeView(), "anxi": NodeView(Role.PRIMARY)})


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execute, "PAUSE", 0.005)
    monkeypatch.setattr(execute, "PATIENCE", 0.1)


def test_step_that_waits_ends_when_it_is_seen_done() -> None:
    """The lease runs out by itself; the step ends with the look that shows the new primary."""
    told = run_step(step(AWAIT_LEASE), CASE, tools(), looks(LOST, LOST, LOST, TAKEN))

    assert (told.answer, told.world) == (Seen.YES, TAKEN)


def test_step_that_is_done_already_is_not_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an interruption the same step is harmless."""
    with acting(monkeypatch, Action.SWITCH) as calls:
        told = run_step(step(SWITCH), PLANNED, tools(), looks(LED))

    assert (told.answer, told.acted, calls.count) == (Seen.YES, False, 0)


def test_step_whose_guard_does_not_hold_touches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other site is no copy: it may lack an acknowledged write."""
    with acting(monkeypatch, Action.SWITCH) as calls:
        told = run_step(step(SWITCH), PLANNED, tools(), looks(replace(WELL, copies=frozenset())))

    assert (told.answer, told.acted, calls.count) == (Seen.NO, False, 0)


@pytest.mark.parametrize("unknown", [replace(WELL, copies=None), replace(WELL, holder=WHO_KNOWS)])
def test_step_whose_guard_stays_unknown_touches_nothing(unknown: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not known is never a pass."""
    with acting(monkeypatch, Action.SWITCH) as calls:
        told = run_step(step(SWITCH), PLANNED, tools(), looks(unknown))

    assert (told.answer, told.acted, calls.count) == (Seen.NO, False, 0)


def test_step_waits_for_a_guard_that_is_open_for_a_moment() -> None:
    """While the store elects, nothing is known; a moment later it is."""
    electing = replace(LOST, quorum=Seen.UNKNOWN, holder=WHO_KNOWS, copies=None)

    assert run_step(step(AWAIT_LEASE), CASE, tools(), looks(electing, electing, LOST, TAKEN)).answer is Seen.YES


def test_step_acts_once_however_long_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A change that is under way is not asked for again."""
    with acting(monkeypatch, Action.SWITCH) as calls:
        told = run_step(step(SWITCH), PLANNED, tools(), looks(WELL, WELL, WELL, WELL, LED))

    assert (told.answer, calls.count) == (Seen.YES, 1)


def test_step_that_is_not_seen_done_in_time_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have happened; nobody may count on either."""
    with acting(monkeypatch, Action.SWITCH):
        told = run_step(step(SWITCH, timeout_s=0.05), PLANNED, tools(), looks(WELL))

    assert (told.answer, told.acted) == (Seen.UNKNOWN, True)


def test_step_that_was_refused_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What will not happen is not waited for."""
    with acting(monkeypatch, Action.SWITCH, Refused(Text("no candidate", "没有候选"))):
        told = run_step(step(SWITCH, timeout_s=30), PLANNED, tools(), looks(WELL))

    assert (told.answer, told.detail.en) == (Seen.NO, "no candidate")
    assert told.seconds < 5


def test_step_without_an_answer_is_judged_by_what_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer was lost, the deed was not."""
    with acting(monkeypatch, Action.SWITCH, NoAnswer(Text("timed out", "超时"))):
        told = run_step(step(SWITCH), PLANNED, tools(), looks(WELL, WELL, LED))

    assert told.answer is Seen.YES


def test_step_that_leaves_two_sides_writing_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both clusters have a primary: whatever else is done, that is not."""
    both = replace(LED, nodes={**LED.nodes, "changle": NodeView(Role.PRIMARY)})
    with acting(monkeypatch, Action.SWITCH):
        told = run_step(step(SWITCH), PLANNED, tools(), looks(WELL, both))

    assert (told.answer, told.acted) == (Seen.NO, True)
    assert "X01" in told.detail.en


@pytest.mark.parametrize(("fenced", "acts"), [(Seen.YES, 1), (Seen.NO, 0), (Seen.UNKNOWN, 0)])
def test_step_that_takes_the_lease_needs_the_lost_site_shut_out(
    fenced: Seen, acts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is promoted beside a primary that may still be heard."""
    lost, taken = LOST.with_site("donghai", fenced=fenced), TAKEN.with_site("donghai", fenced=fenced)
    with acting(monkeypatch, Action.RELEASE_LEASE) as calls:
        run_step(step(RELEASE_LEASE), CASE, tools(), looks(lost, taken) if acts else looks(lost))

    assert calls.count == acts
