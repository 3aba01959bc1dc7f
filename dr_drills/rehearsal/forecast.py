"""What a drill is expected to do, step by step, before anything is touched; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dr_drills.planning.plan import plan
from dr_drills.planning.steps import Consent, Refusal, Step
from dr_drills.planning.world import NodeView, Role, Seen, World
from dr_drills.rehearsal.phases import PHASE_OF
from dr_drills.rehearsal.script import Move, PlannedFault, Script

DETECT_PREDICTED_S = 1.0


@dataclass(frozen=True)
class Foreseen:
    """One step as it is expected; `refused` when its guard would not hold in the world expected then."""

    service: str
    phase: str
    step: Step
    predicted_s: float
    refused: Seen | None = None

    @property
    def needs_second_person(self) -> bool:
        return self.step.rule.consent is Consent.SECOND_PERSON

    def document(self) -> dict[str, Any]:
        """Return it as JSON values, as `run-began` has it."""
        rule = self.step.rule
        return {
            "id": f"{self.service}/{self.step.id}",
            "service": self.service,
            "phase": self.phase,
            "rule": rule.id,
            "target": self.step.target,
            "predicted_s": self.predicted_s,
            "timeout_s": rule.timeout_s,
            "consent": str(rule.consent),
            "reason": rule.reason._asdict(),
            "refused": str(self.refused) if self.refused else None,
        }


def foresee(
    script: Script, worlds: Mapping[str, World], learned: Mapping[str, float] | None = None
) -> tuple[Foreseen, ...]:
    """Return the steps for each service; `learned` are seconds by rule from past runs, which go before the table's."""
    found: list[Foreseen] = []
    for service in script.services:
        struck_world = struck(worlds[service], script.faults)
        during, world = _walk(service, script.courses, struck_world, "", learned or {})
        after, _ = _walk(service, script.afterwards, mended(world), "rejoin", learned or {})
        found += [*during, *after]
    return tuple(found)


def struck(world: World, faults: Iterable[PlannedFault]) -> World:
    """Return the world in which the faults at sites are in force and have been noticed."""
    for fault in faults:
        if fault.kind == "site" and fault.lasts_s is None and fault.fault in {"cut", "power"}:
            world = replace(world.with_site(fault.name, reached=Seen.NO), writes=Seen.UNKNOWN)
            dark = NodeView(Role.UNKNOWN, Seen.UNKNOWN, Seen.UNKNOWN)
            world = replace(world, nodes={**world.nodes, fault.name: dark})
    gone = {name for name, site in world.sites.items() if site.reached is Seen.NO}
    if len(gone & {*world.city, world.dr}) > 1:
        world = replace(world, quorum=Seen.NO)
    return world


def mended(world: World) -> World:
    """Return the world in which every site is reached again."""
    for name in world.sites:
        world = world.with_site(name, reached=Seen.YES)
    return replace(world, quorum=Seen.YES)


def _walk(
    service: str, moves: Iterable[Move], world: World, phase: str, learned: Mapping[str, float]
) -> tuple[list[Foreseen], World]:
    found: list[Foreseen] = []
    for move in moves:
        planned = plan(move.kind, world, move.case)
        if isinstance(planned, Refusal):
            return [*found, _foreseen(service, planned.step, phase, learned, planned.answer)], world
        for step in planned.steps:
            found.append(_foreseen(service, step, phase, learned, None))
            world = step.rule.expect(world, move.case, step.target)
    return found, world


def _foreseen(service: str, step: Step, phase: str, learned: Mapping[str, float], refused: Seen | None) -> Foreseen:
    rule = step.rule
    return Foreseen(service, phase or PHASE_OF[rule.action], step, learned.get(rule.id, rule.predicted_s), refused)


def timeline(foreseen: Iterable[Foreseen], script: Script) -> Iterator[tuple[str, float, float, str]]:
    """Yield (phase, begins, seconds, what) of the expected run, in seconds from the first fault."""
    at = max((fault.after_s for fault in script.faults), default=0.0)
    for fault in sorted(script.faults, key=lambda fault: fault.after_s):
        yield "inject", fault.after_s, 0.0, fault.id
    if script.faults and script.courses:
        yield "detect", at, DETECT_PREDICTED_S, ""
        at += DETECT_PREDICTED_S
    held = False
    for one in foreseen:
        if one.phase == "rejoin" and not held:
            held = True
            yield "hold", at, script.hold_s, ""
            at += script.hold_s
            yield "heal", at, 0.0, ""
        yield one.phase, at, one.predicted_s, f"{one.service}/{one.step.id}"
        at += one.predicted_s
    if not held:
        yield "hold", at, script.hold_s, ""
        yield "heal", at + script.hold_s, 0.0, ""
