"""Carries plans out against the world as it is seen: plan, do the first step, look again, until nothing is left."""

from __future__ import annotations

from collections.abc import Sequence

from dr_drills.journal.event import EventKind
from dr_drills.planning.plan import plan
from dr_drills.planning.steps import Consent, Refusal, Step
from dr_drills.planning.world import Seen
from dr_drills.rehearsal.log import Log
from dr_drills.rehearsal.means import Means
from dr_drills.rehearsal.mending import LOOK
from dr_drills.rehearsal.phases import PHASE_OF
from dr_drills.rehearsal.script import Move
from failures import GateRefused, OutcomeUnknown, Text

REFUSED_S = 60.0
"""How long a guard may say no or unknown: just after a fault nobody knows much."""
LOOK_S = 0.5
TURNS = 3
"""How often one step may be tried before the plan is given up."""


class Courses:
    """`approved` is whether a second person agreed; `only_phase` keeps all steps in one phase."""

    def __init__(self, log: Log, means: Means, *, approved: bool) -> None:
        self._log, self._means, self._approved = log, means, approved

    def carry_out(self, moves: Sequence[Move], services: Sequence[str], only_phase: str = "") -> None:
        """Do what is left of each move for each service; repeating it does nothing twice.

        Raises GateRefused when a guard stays shut, OutcomeUnknown when a step does not show in the world.
        """
        for move in moves:
            for service in services:
                self._carry_out(move, service, only_phase)

    def _carry_out(self, move: Move, service: str, only_phase: str) -> None:
        shut_since: float | None = None
        turns: dict[str, int] = {}
        while True:
            found = plan(move.kind, self._means.observe()[service], move.case)
            if isinstance(found, Refusal) or not found.steps:
                if not isinstance(found, Refusal):
                    return
                shut_since = self._means.seconds() if shut_since is None else shut_since
                if self._means.seconds() - shut_since > REFUSED_S:
                    raise _shut(service, found)
                self._means.sleep(LOOK_S)
                continue
            shut_since, step = None, found.steps[0]
            turns[step.id] = turns.get(step.id, 0) + 1
            if turns[step.id] > TURNS:
                raise _stuck(service, step)
            self._log.enter(only_phase or PHASE_OF[step.rule.action])
            self._do(service, step, move)

    def _do(self, service: str, step: Step, move: Move) -> None:
        rule = step.rule
        if rule.consent is Consent.SECOND_PERSON and not self._approved:
            raise _unapproved(service, step)
        facts = {"step": f"{service}/{step.id}", "rule": rule.id, "target": step.target, "service": service}
        costs = {"predicted_s": rule.predicted_s, "budget_s": rule.timeout_s, "consent": str(rule.consent)}
        why = {"reason": rule.reason._asdict(), "serves": rule.serves}
        self._log.write(EventKind.STEP_INTENT, rule.id, **facts, **costs, **why)
        result = self._means.act(service, step, move.case)
        done = result.answer is Seen.YES
        self._log.write(
            EventKind.STEP_DONE if done else EventKind.STEP_DOUBT,
            rule.id,
            **facts,
            **costs,
            seconds=round(result.seconds, 3),
            answer=str(result.answer),
            detail=result.detail._asdict(),
        )


def _shut(service: str, refusal: Refusal) -> GateRefused:
    step, answer = refusal.step, str(refusal.answer)
    return GateRefused(
        Text(
            f"step {step.id} must not be done: its condition is {answer} for {REFUSED_S:.0f} s",
            f"步骤 {step.id} 不得执行：其条件 {REFUSED_S:.0f} 秒内一直为 {answer}",
        ),
        where=service,
        fix=step.rule.reason,
    )


def _stuck(service: str, step: Step) -> OutcomeUnknown:
    return OutcomeUnknown(
        Text(f"step {step.id} was done {TURNS} times and does not show", f"步骤 {step.id} 已执行 {TURNS} 次但未见生效"),
        where=service,
        fix=LOOK,
    )


def _unapproved(service: str, step: Step) -> GateRefused:
    return GateRefused(
        Text(f"step {step.id} may lose rows: a second person must agree", f"步骤 {step.id} 可能丢失数据：需第二人批准"),
        where=service,
        fix=Text("add --approval FILE --allow-data-loss", "请加上 --approval 文件 --allow-data-loss"),
    )
