"""Runs jobs site by site: sites independent, stages in order, a dead site tried once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from itertools import groupby
from threading import Event

from failures import GovcloudError, OutcomeUnknown, OutsideFailed, SiteUnreachable, Text, of_system
from stacks.engine.events import Op, Outcome
from stacks.rollout.plan import StackPlan, Standing


class Stage(IntEnum):
    """The order of work at one site."""

    REMOVED = 0
    """stacks of departments that left the topology; before the foundation they stand on"""
    FOUNDATION = 1
    DEPARTMENTS = 2
    LAST = 3
    """foundations being destroyed"""


class Verdict(StrEnum):
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    """not tried: the site is dead, its foundation failed, or the run was stopped"""


@dataclass(frozen=True)
class Job:
    plan: StackPlan
    stage: Stage


@dataclass(frozen=True)
class Ended:
    """How one job ended; `error` says why it did not."""

    plan: StackPlan
    verdict: Verdict
    outcome: Outcome | None = None
    error: GovcloudError | None = None


Act = Callable[[StackPlan, Event], Outcome]
Alive = Callable[[str], GovcloudError | None]
"""Returns why a site cannot be worked on, None when it can; asked after a failure."""


def _always(_: str) -> None:
    return None


def run_jobs(jobs: Sequence[Job], act: Act, workers: int, stop: Event, alive: Alive = _always) -> list[Ended]:
    """Run all jobs and return how each ended, in the order of the jobs.

    Each site has its own workers, so that a slow or dead site holds nobody up.
    """
    by_site: dict[str, list[Job]] = {}
    for job in jobs:
        by_site.setdefault(job.plan.site, []).append(job)
    if not by_site:
        return []
    with ThreadPoolExecutor(len(by_site), "site") as pool:
        runs = [pool.submit(_SiteRun(act, workers, stop, alive).run, mine) for mine in by_site.values()]
        ended = {e.plan.stack: e for run in runs for e in run.result()}
    return [ended[job.plan.stack] for job in jobs]


class _SiteRun:
    """The jobs of one site."""

    def __init__(self, act: Act, workers: int, stop: Event, alive: Alive) -> None:
        self._act, self._workers, self._stop, self._alive = act, workers, stop, alive
        self._blocked: GovcloudError | None = None

    def run(self, jobs: Sequence[Job]) -> list[Ended]:
        ended: list[Ended] = []
        for stage, group in groupby(sorted(jobs, key=lambda j: j.stage), key=lambda j: j.stage):
            if stage is Stage.LAST and any(end.verdict is not Verdict.DONE for end in ended):
                self._blocked = self._blocked or _still_used()
            with ThreadPoolExecutor(self._workers, "stack") as pool:
                done = list(pool.map(self._one, (job.plan for job in group)))
            ended += done
            if stage is Stage.FOUNDATION:
                self._judge_foundation(done)
        return [self._one(end.plan) if _only_kept(end) else end for end in ended]

    def _judge_foundation(self, done: Iterable[Ended]) -> None:
        for end in done:
            if end.verdict is not Verdict.DONE and self._blocked is None and not _only_kept(end):
                self._blocked = _no_foundation(end)

    def _one(self, plan: StackPlan) -> Ended:
        if self._stop.is_set() or self._blocked:
            return Ended(plan, Verdict.SKIPPED, error=self._blocked)
        return self._examined(self._tried(plan))

    def _tried(self, plan: StackPlan) -> Ended:
        try:
            return judged(plan, self._act(plan, self._stop))
        except GovcloudError as error:
            verdict = Verdict.UNKNOWN if isinstance(error, OutcomeUnknown) else Verdict.FAILED
            return Ended(plan, verdict, error=error)
        except OSError as error:
            return Ended(plan, Verdict.FAILED, error=of_system(error))
        except Exception as error:  # noqa: BLE001 - a fault in one stack must not hide what the others did
            return Ended(plan, Verdict.UNKNOWN, error=_defect(plan, error))

    def _examined(self, end: Ended) -> Ended:
        """Ask after a failure whether the site is still there: if not, its other stacks are not tried."""
        if end.verdict not in {Verdict.FAILED, Verdict.UNKNOWN} or self._blocked:
            return end
        dead = end.error if isinstance(end.error, SiteUnreachable) else self._alive(end.plan.site)
        if dead is None:
            return end
        self._blocked = dead
        return end if end.verdict is Verdict.UNKNOWN else replace(end, error=dead)


def _only_kept(end: Ended) -> bool:
    """Whether all that failed of a foundation is that something old could not be deleted.

    Departments may still use it: they go on to what the foundation is now, and the foundation is run once more.
    """
    failed = end.outcome.failures if end.outcome else []
    refused = all(f.op is Op.DELETE and not f.unknown for f in failed)
    return bool(failed) and refused and end.plan.kind == "foundation" and end.plan.standing is not Standing.GONE


def judged(plan: StackPlan, outcome: Outcome) -> Ended:
    """Return how a job ended whose engine came back."""
    if outcome.ok:
        return Ended(plan, Verdict.DONE, outcome)
    unknown = [failed for failed in outcome.failures if failed.unknown]
    if not outcome.failures:
        return Ended(plan, Verdict.SKIPPED, outcome)
    first, more = (unknown or outcome.failures)[0], len(outcome.failures) - 1
    tail = Text(f" (and {more} more)", f"(另有 {more} 项)") if more else Text("", "")
    what = Text(
        f"{first.op} {short(first.urn)}: {first.error}{tail.en}",
        f"{first.op} {short(first.urn)}：{first.error}{tail.zh}",
    )
    if unknown:
        return Ended(plan, Verdict.UNKNOWN, outcome, OutcomeUnknown(what, where=plan.stack))
    return Ended(plan, Verdict.FAILED, outcome, OutsideFailed(what, where=plan.stack))


def short(urn: str) -> str:
    """Return `Type name` of a URN."""
    parts = urn.split("::")
    return f"{parts[-2].rpartition(':')[2]} {parts[-1]}" if len(parts) >= 4 else urn


def _defect(plan: StackPlan, error: Exception) -> GovcloudError:
    detail = f"{type(error).__name__}: {error}"
    failure = OutcomeUnknown(
        Text(f"internal error, this is a defect: {detail}", f"内部错误，这是程序缺陷：{detail}"), where=plan.stack
    )
    failure.__cause__ = error
    return failure


def _no_foundation(end: Ended) -> GovcloudError:
    why = end.error.what if end.error else Text("it was not run", "未执行")
    what = Text(f"not tried, the site's foundation failed: {why.en}", f"未执行，该数据中心的基础栈失败：{why.zh}")
    return OutsideFailed(what, where=end.plan.site)


def _still_used() -> GovcloudError:
    return OutsideFailed(Text("not tried, departments still stand on it", "未执行，仍有部门依赖它"))
