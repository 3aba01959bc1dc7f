"""Runs a drill: gate, baseline, inject, recover, hold, heal, rejoin, count; whatever happens, it heals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dr_drills.approvals.approval import Agreement
from dr_drills.clients.record import ATTEMPTS
from dr_drills.faults.table import BY_ID, InForce
from dr_drills.journal.event import EventKind
from dr_drills.journal.file import Journal
from dr_drills.rehearsal import gate
from dr_drills.rehearsal.clients import Waiter
from dr_drills.rehearsal.courses import Courses
from dr_drills.rehearsal.deciding import Decider
from dr_drills.rehearsal.healing import adopt, heal_all, lift_fences
from dr_drills.rehearsal.log import Log
from dr_drills.rehearsal.means import Counted, Means, Sighting
from dr_drills.rehearsal.mending import way_back
from dr_drills.rehearsal.past import (
    begun_s,
    fault_s,
    goes_on_with_healing,
    has_begun,
    is_over,
    leads_elsewhere,
    open_faults,
    target,
    took_over,
)
from dr_drills.rehearsal.script import Move, PlannedFault, Script
from failures import GateRefused, GovcloudError, OutsideFailed, Text

BASELINE_S = 5.0
BASELINE_LIMIT_S = 30.0
HOLD_LIMIT_S = 180.0
REJOIN_LIMIT_S = 300.0
LOOK_S = 1.0


@dataclass(frozen=True)
class Consents:
    """Who runs the drill, and the checked signature of who else agreed that rows may be lost; None for nobody."""

    operator: str
    agreement: Agreement | None = None
    allow_data_loss: bool = False

    @property
    def second_person(self) -> bool:
        found = self.agreement
        return found is not None and self.operator not in {found.who, *found.names} and self.allow_data_loss


class Rehearsal:
    """One run; `facts` of what is missing in the script are in the journal already."""

    def __init__(self, script: Script, means: Means, journal: Journal, consents: Consents) -> None:
        self._script, self._means, self._folder = script, means, journal.folder
        self._log = Log(journal, means.tell, means.seconds)
        self._courses = Courses(self._log, means, approved=consents.second_person)
        self._consents = consents
        self._decider = Decider(script, self._log, means, consents.operator)
        self._before: frozenset[str] | None = None
        self._before_s = 0.0
        self._troubles: list[Mapping[str, str]] = []
        self._rejoin_s: float | None = None

    def run(self) -> str:
        """Run what is left of the drill and return its verdict; heals and ends the run also when it fails.

        Raises what stopped it, once the faults are healed: GateRefused, OutsideFailed, OutcomeUnknown,
        KeyboardInterrupt.
        """
        if is_over(self._log.events):
            return str(self._log.events[-1].data.get("verdict", "unknown"))
        try:
            adopt(self._log, self._means.injector, self._script.faults)
            if not has_begun(self._log.events):
                self._gate()
            self._note_approval()
            self._prepare()
            with self._means.watch(self._folder / ATTEMPTS) as watching:
                self._rehearse(Waiter(watching, self._means.seconds, self._means.sleep))
            self._count()
        except BaseException as error:
            self._give_up(error)
            raise
        return self._end()

    def _prepare(self) -> None:
        """Make room for markers; where a run goes on, or mends, nobody may be there who could."""
        try:
            self._means.prepare()
        except GovcloudError as error:
            if not has_begun(self._log.events) and not self._script.scenario.mends:
                raise
            self._means.note(Text(error.say("en"), error.say("zh")))

    def _rehearse(self, waiter: Waiter) -> None:
        events = self._log.events
        there = self._means.injector.in_force()
        all_struck = all(fault.hit in there for fault in self._script.faults)
        heals_next = goes_on_with_healing(events, all_struck=all_struck)
        if not has_begun(events):
            self._baseline(waiter)
        with self._means.sight(self._decider.sites) as sighting:
            if not has_begun(events):
                self._inject()
            decided = not heals_next and self._decide(waiter, sighting)
        if not heals_next:
            self._recover(waiter, decided=decided)
        self._heal()
        self._rejoin(waiter)

    def _gate(self) -> None:
        with self._log.phase("gate"):
            broken, unwell = gate.in_force(self._means), self._means.unwell()
            against = broken if self._script.scenario.mends else (*broken, *unwell)
            self._log.write(EventKind.GATE, "gate", passed=not against, remarks=[*broken, *unwell])
            gate.refuse(against)

    def _note_approval(self) -> None:
        """Write down who agreed, once."""
        found = self._consents.agreement
        told = {e.data.get("statement") for e in self._log.events if e.kind == EventKind.APPROVAL}
        if found and self._consents.second_person and found.approval.statement not in told:
            self._log.write(EventKind.APPROVAL, "second-person", **found.document(), allow_data_loss=True)

    def _baseline(self, waiter: Waiter) -> None:
        with self._log.phase("baseline"):
            mends = self._script.scenario.mends
            served = waiter.for_all_well(BASELINE_S, BASELINE_S if mends else BASELINE_LIMIT_S)
            if not served and not mends:
                raise GateRefused(
                    Text("outside clients are not served even before the drill", "演练前外部客户端就未获得服务"),
                    where=str(self._folder / ATTEMPTS),
                    fix=Text("look at it first: govcloud status", "请先查看：govcloud status"),
                )

    def _inject(self) -> None:
        if not self._script.faults:
            return
        with self._log.phase("inject"):
            began = self._means.seconds()
            for at, fault, injects in sorted(_acts(self._script.faults), key=lambda act: act[0]):
                self._means.sleep(max(0.0, began + at - self._means.seconds()))
                self._strike(fault) if injects else self._relieve(fault)

    def _strike(self, fault: PlannedFault) -> None:
        hit = fault.hit
        facts = {**target(hit), "meaning": BY_ID[fault.fault].meaning._asdict()}
        event = self._log.write(EventKind.FAULT_INTENT, fault.fault, **facts)
        self._means.injector.inject(*hit)
        seconds = round(self._means.seconds() - event.clock_s, 3)
        self._log.write(EventKind.FAULT_INJECTED, fault.fault, **facts, seconds=seconds)

    def _relieve(self, fault: PlannedFault) -> None:
        hit = fault.hit
        self._log.write(EventKind.HEAL_INTENT, fault.fault, **target(hit), meaning=BY_ID[fault.fault].healing._asdict())
        self._means.injector.heal(*hit)
        self._log.write(EventKind.HEALED, fault.fault, **target(hit), ok=True)

    def _decide(self, waiter: Waiter, sighting: Sighting) -> bool:
        """Return whether the plans may be carried out."""
        try:
            self._decider.decide(waiter, sighting)
        except GovcloudError as error:
            self._trouble(error)
            return False
        return True

    def _trouble(self, error: GovcloudError) -> None:
        self._troubles.append(_reason(error))
        self._means.note(Text(error.say("en"), error.say("zh")))

    def _recover(self, waiter: Waiter, *, decided: bool) -> None:
        stuck = decided and not self._try(self._script.courses)
        if self._script.scenario.mends:
            self._prepare()
        with self._log.phase("hold"):
            if stuck:
                self._means.note(Text("the plan was not carried out; healing", "计划未能执行；正在撤除故障"))
            elif self._script.scenario.expect.outage == "healed":
                self._means.sleep(self._script.hold_s)
            elif not waiter.for_all_well(self._script.hold_s, max(HOLD_LIMIT_S, self._script.rto_s)):
                self._means.note(Text("the service did not come back; healing", "服务没有恢复；正在撤除故障"))
            self._before_s, self._before = self._means.seconds(), self._present()

    def _try(self, moves: Sequence[Move], only_phase: str = "") -> bool:
        """Carry plans out; one that cannot be does not keep the drill from healing and counting, and is no pass."""
        try:
            self._courses.carry_out(moves, self._script.services, only_phase)
        except GovcloudError as error:
            self._trouble(error)
            if not only_phase:
                self._log.leave("unknown")
            return False
        if not only_phase:
            self._log.leave()
        return True

    def _heal(self) -> None:
        with self._log.phase("heal"):
            left = self._heal_all()
            if left:
                raise _not_healed(left)

    def _heal_all(self) -> tuple[InForce, ...]:
        means, lost = self._means, self._script.lost
        led = took_over(self._log.events, lambda: leads_elsewhere(means.observe().values(), lost))
        return heal_all(self._log, means.injector, means.out_of_band, lost if led else (), means.sleep)

    def _rejoin(self, waiter: Waiter) -> None:
        if self._script.leaves_sites_out:
            self._means.note(way_back(self._script, self._log.events))
            return
        began = self._means.seconds()
        with self._log.phase("rejoin"):
            self._try(self._script.afterwards, only_phase="rejoin")
            while self._means.unwell():
                if self._means.seconds() - began > REJOIN_LIMIT_S:
                    raise OutsideFailed(
                        Text(
                            f"not all is well {REJOIN_LIMIT_S:.0f} s after the faults were healed",
                            f"故障撤除 {REJOIN_LIMIT_S:.0f} 秒后仍未全部恢复正常",
                        ),
                        where="; ".join(self._means.unwell())[:300],
                        fix=way_back(self._script, self._log.events),
                    )
                self._means.sleep(LOOK_S)
            self._rejoin_s = round(self._means.seconds() - began, 3)
            waiter.for_all_well(self._script.hold_s, REJOIN_LIMIT_S)

    def _count(self) -> None:
        with self._log.phase("count"):
            self._log.write(EventKind.MEASURED, "count", **self._measured(self._present()))
            self._forget()

    def _forget(self) -> None:
        try:
            self._means.forget()
        except GovcloudError as error:
            self._means.note(Text(f"markers are left: {error.say('en')}", f"标记未能清除：{error.say('zh')}"))

    def _measured(self, after: frozenset[str] | None) -> Mapping[str, Any]:
        events = self._log.events
        counted = Counted(
            record=self._folder / ATTEMPTS,
            begun_s=begun_s(events),
            fault_s=fault_s(events),
            hold_s=self._script.hold_s,
            before=self._before,
            before_s=self._before_s,
            after=after,
            rejoin_s=self._rejoin_s,
        )
        return self._means.measure(counted)

    def _present(self) -> frozenset[str] | None:
        try:
            return self._means.present()
        except GovcloudError as error:
            self._means.note(Text(f"the markers cannot be read: {error.say('en')}", f"无法读取标记：{error.say('zh')}"))
            return None

    def _give_up(self, error: BaseException) -> None:
        """Heal, then end the run as unknown; a second interruption does not stop the healing."""
        self._log.leave("unknown")
        try:
            if open_faults(self._log.events):
                with self._log.phase("heal"):
                    self._heal_all()
            if has_begun(self._log.events):
                self._forget()
        finally:
            self._troubles.append(_reason(error))
            self._end()

    def _end(self) -> str:
        lift_fences(self._log, self._means.out_of_band)
        verdict, reasons = self._means.judge(self._log.events)
        if self._troubles and verdict == "pass":
            verdict = "unknown"
        self._log.write(EventKind.RUN_ENDED, "", verdict=verdict, reasons=[*self._troubles, *reasons])
        return verdict


def _acts(faults: tuple[PlannedFault, ...]) -> list[tuple[float, PlannedFault, bool]]:
    """Return when which fault is injected (True) or healed again (False), in seconds from the first."""
    strikes = [(fault.after_s, fault, True) for fault in faults]
    return strikes + [(f.after_s + f.lasts_s, f, False) for f in faults if f.lasts_s is not None]


def _reason(error: BaseException) -> Mapping[str, str]:
    if isinstance(error, GovcloudError):
        return {"rule": "D01", "en": error.say("en"), "zh": error.say("zh")}
    if isinstance(error, KeyboardInterrupt):
        return {"rule": "D02", "en": "interrupted by the operator", "zh": "被操作人员中断"}
    told = f"{type(error).__name__}: {error}"
    return {"rule": "D03", "en": f"defect: {told}", "zh": f"程序缺陷：{told}"}


def _not_healed(left: tuple[InForce, ...]) -> OutsideFailed:
    names = ", ".join(f"{fault.fault} {fault.kind} {fault.name}" for fault in left)
    return OutsideFailed(
        Text(f"not healed: {names}", f"尚未撤除：{names}"),
        fix=Text("try again: govcloud drill heal", "请重试：govcloud drill heal"),
    )
