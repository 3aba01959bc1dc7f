"""Does one step of a plan: looks, acts, and looks again until it is done or its time is over."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from dr_drills.actions.refused import Refused
from dr_drills.actions.safety import Violation, violations
from dr_drills.actions.table import ROWS
from dr_drills.actions.tools import Tools
from dr_drills.planning.steps import Case, Step
from dr_drills.planning.world import Seen, World
from dr_drills.probes.budget import ask
from failures import GovcloudError, OutcomeUnknown, Text

PAUSE = 0.2
PATIENCE = 15.0
"""For a guard that does not hold yet: an election of the store takes up to 3 s, a primary that steps down some more."""
WELL_DONE = Text("done", "已完成")
DONE_BEFORE = Text("it was so already", "此前已完成")


@dataclass(frozen=True)
class StepResult:
    """`answer` is no when the step was refused or did harm, unknown when its time ended; `world` is the last one seen.

    `acted` tells whether the world was touched.
    """

    answer: Seen
    seconds: float
    detail: Text
    world: World
    acted: bool


Observe = Callable[[], World]


@dataclass
class _Run:
    step: Step
    case: Case
    tools: Tools
    observe: Observe
    began: float

    @property
    def left(self) -> float:
        return self.began + self.step.rule.timeout_s - time.monotonic()

    def result(self, answer: Seen, detail: Text, world: World, *, acted: bool) -> StepResult:
        return StepResult(answer, time.monotonic() - self.began, detail, world, acted)

    def done(self, world: World) -> bool:
        return self.step.rule.done(world, self.case, self.step.target) is Seen.YES

    def guard(self, world: World) -> Seen:
        return self.step.rule.guard(world, self.case, self.step.target)


def run_step(step: Step, case: Case, tools: Tools, observe: Observe, world: World | None = None) -> StepResult:
    """Do a step within its time; `world` is what was seen just now, if anything.

    A step that is done already is not done again. One whose guard does not hold within some seconds, or that would
    break an invariant, touches nothing.
    """
    run = _Run(step, case, tools, observe, time.monotonic())
    world = _admitted(run, world or observe())
    if run.done(world):
        return run.result(Seen.YES, DONE_BEFORE, world, acted=False)
    if run.guard(world) is not Seen.YES:
        what = Text(f"its guard does not hold: {run.guard(world)}", f"前提不成立：{run.guard(world)}")
        return run.result(Seen.NO, what, world, acted=False)
    if broken := violations(world, case, step, before=True):
        return run.result(Seen.NO, _told(broken), world, acted=False)
    return _act(run, world)


def _admitted(run: _Run, world: World) -> World:
    """Look until the step is done or may be done, for some seconds; return what was seen last."""
    patience = min(PATIENCE, run.step.rule.timeout_s / 2)
    while not run.done(world) and run.guard(world) is not Seen.YES:
        if time.monotonic() - run.began > patience:
            break
        time.sleep(PAUSE)
        world = run.observe()
    return world


def _act(run: _Run, world: World) -> StepResult:
    row = ROWS[run.step.rule.action]
    detail, tried = Text("", ""), False
    while run.left > 0:
        if row.again or not tried:
            tried = True
            told = _once(run, world)
            if isinstance(told, Refused):
                return run.result(Seen.NO, told.what, run.observe(), acted=row.again)
            detail = told.what if told else detail
        world = run.observe()
        if broken := violations(world, run.case, run.step, before=False):
            return run.result(Seen.NO, _told(broken), world, acted=True)
        if run.done(world):
            return run.result(Seen.YES, WELL_DONE, world, acted=True)
        time.sleep(PAUSE)
    over = Text(f"not seen done in time. {detail.en}".strip(), f"未能在时限内确认完成。{detail.zh}")
    return run.result(Seen.UNKNOWN, over, world, acted=True)


def _once(run: _Run, world: World) -> GovcloudError | None:
    """Act once, within what time is left; return what went wrong."""
    row = ROWS[run.step.rule.action]

    def act() -> GovcloudError | None:
        try:
            row.act(run.tools, world, run.case, run.step)
        except GovcloudError as error:
            return error
        return None

    told = ask({0: act}, max(run.left, 0.1))[0]
    if told is None or isinstance(told, GovcloudError):
        return told
    return OutcomeUnknown(told.reason)


def _told(broken: tuple[Violation, ...]) -> Text:
    rows = [(v.invariant.id, v.invariant.reason, v.answer) for v in broken]
    return Text(
        "; ".join(f"{id_} {reason.en} ({answer})" for id_, reason, answer in rows),
        "；".join(f"{id_} {reason.zh}({answer})" for id_, reason, answer in rows),
    )
