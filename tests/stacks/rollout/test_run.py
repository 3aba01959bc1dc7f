"""Running jobs site by site."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from threading import Event, Lock

import pytest

from failures import GateRefused, GovcloudError, OutsideFailed, SiteUnreachable, Text
from stacks.engine.events import Failed, Op, Outcome
from stacks.rollout.plan import StackPlan, Standing
from stacks.rollout.run import Ended, Job, Stage, Verdict, run_jobs

Behave = Callable[[StackPlan], Outcome]


def job(site: str, name: str, stage: Stage = Stage.DEPARTMENTS) -> Job:
    return Job(StackPlan(f"c.{site}.{name}", site, "department", Standing.NEW), stage)


def verdicts(ended: list[Ended]) -> dict[str, Verdict]:
    return {end.plan.stack: end.verdict for end in ended}


def run(jobs: list[Job], behave: Behave, workers: int = 2, dead: tuple[str, ...] = ()) -> list[Ended]:
    def alive(site: str) -> GovcloudError | None:
        return SiteUnreachable(Text("dark", "暗"), where=site) if site in dead else None

    return run_jobs(jobs, lambda plan, _: behave(plan), workers, Event(), alive)


def failing(plan: StackPlan, *, unknown: bool = False) -> Outcome:
    return Outcome(failures=[Failed("a::b::x:y:Type::name", Op.CREATE, "no", unknown)])


def test_run_takes_stages_in_order() -> None:
    """Removed stacks, then the foundation, then departments."""
    order: list[str] = []

    def act(plan: StackPlan) -> Outcome:
        order.append(plan.stack)
        return Outcome()

    run([job("e", "dept"), job("e", "base", Stage.FOUNDATION), job("e", "old", Stage.REMOVED)], act)
    assert order == ["c.e.old", "c.e.base", "c.e.dept"]


def test_run_keeps_to_its_workers_per_site() -> None:
    """No more stacks of a site at once than there are workers; two sites do not wait for each other."""
    lock, now, most = Lock(), {"e": 0, "w": 0}, {"e": 0, "w": 0}

    def act(plan: StackPlan) -> Outcome:
        with lock:
            now[plan.site] += 1
            most[plan.site] = max(most[plan.site], now[plan.site])
        time.sleep(0.02)
        with lock:
            now[plan.site] -= 1
        return Outcome()

    run([job(site, str(number)) for site in ("e", "w") for number in range(6)], act)
    assert most == {"e": 2, "w": 2}


def test_run_of_a_slow_site_does_not_hold_the_other_up() -> None:
    """The far site is done while the near one still waits."""
    done = threading.Event()

    def act(plan: StackPlan) -> Outcome:
        if plan.site == "e":
            assert done.wait(10)
        else:
            done.set()
        return Outcome()

    assert set(verdicts(run([job("e", "a"), job("w", "b")], act)).values()) == {Verdict.DONE}


def test_run_after_a_site_died_tries_no_more_of_it() -> None:
    """After one failure and one question the rest is left out, with the same reason."""
    tried: list[str] = []

    def act(plan: StackPlan) -> Outcome:
        tried.append(plan.stack)
        return failing(plan)

    ended = run([job("e", str(number)) for number in range(5)], act, workers=1, dead=("e",))
    assert tried == ["c.e.0"]
    assert {type(end.error) for end in ended} == {SiteUnreachable}


def test_run_with_a_failure_at_a_living_site_goes_on() -> None:
    """A department that fails does not stop the others."""

    def act(plan: StackPlan) -> Outcome:
        return failing(plan) if plan.stack == "c.e.0" else Outcome()

    ended = run([job("e", str(number)) for number in range(3)], act, workers=1)
    assert list(verdicts(ended).values()) == [Verdict.FAILED, Verdict.DONE, Verdict.DONE]
    assert ended[0].error
    assert ended[0].error.what.en == "create Type name: no"


def test_run_with_a_lost_answer_is_unknown_also_at_a_dead_site() -> None:
    """A site that died with a request under way leaves that outcome unknown."""
    ended = run([job("e", "a")], lambda plan: failing(plan, unknown=True), dead=("e",))
    assert ended[0].verdict is Verdict.UNKNOWN
    assert ended[0].error
    assert ended[0].error.exit_code == 6


@pytest.mark.parametrize(
    ("error", "verdict", "code"),
    [
        (GateRefused(Text("no", "否")), Verdict.FAILED, 4),
        (OSError(28, "No space left", "/x"), Verdict.FAILED, 5),
        (ZeroDivisionError("odd"), Verdict.UNKNOWN, 6),
    ],
)
def test_run_contains_what_one_stack_raises(error: Exception, verdict: Verdict, code: int) -> None:
    """Nothing that one stack raises hides what happened to the others."""

    def act(plan: StackPlan) -> Outcome:
        if plan.stack == "c.e.0":
            raise error
        return Outcome()

    ended = run([job("e", "0"), job("e", "1")], act, workers=1)
    assert [end.verdict for end in ended] == [verdict, Verdict.DONE]
    assert ended[0].error
    assert ended[0].error.exit_code == code


def test_run_leaves_the_foundation_while_departments_stand_on_it() -> None:
    """When a department could not be destroyed, its foundation is not tried."""
    jobs = [job("e", "dept", Stage.REMOVED), job("e", "base", Stage.LAST)]

    def act(plan: StackPlan) -> Outcome:
        return failing(plan) if plan.stack == "c.e.dept" else Outcome()

    ended = run(jobs, act)
    assert verdicts(ended) == {"c.e.dept": Verdict.FAILED, "c.e.base": Verdict.SKIPPED}
    assert isinstance(ended[1].error, OutsideFailed)


def test_run_of_a_foundation_that_could_not_delete_goes_on_and_tries_again() -> None:
    """An old network may go only after the departments have left it."""
    order: list[str] = []
    base = Job(StackPlan("c.e.foundation", "e", "foundation", Standing.CHANGED), Stage.FOUNDATION)

    def act(plan: StackPlan) -> Outcome:
        order.append(plan.stack)
        if plan.kind == "foundation" and len(order) == 1:
            return Outcome(failures=[Failed("a::b::x:y:Network::old", Op.DELETE, "HTTP 409: in use")])
        return Outcome()

    ended = run([base, job("e", "dept")], act)
    assert order == ["c.e.foundation", "c.e.dept", "c.e.foundation"]
    assert set(verdicts(ended).values()) == {Verdict.DONE}
