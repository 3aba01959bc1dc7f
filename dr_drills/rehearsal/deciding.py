"""Notices that a site is lost and decides, as the table of decisions says; how long that took is written down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dr_drills.journal.event import EventKind
from dr_drills.rehearsal.clients import Waiter
from dr_drills.rehearsal.decisions import (
    TWO_OBSERVERS,
    Decision,
    all_lost,
    decision_of,
    document,
    given_up,
    is_decided,
    not_agreed,
)
from dr_drills.rehearsal.log import Log
from dr_drills.rehearsal.means import Means, Sighting
from dr_drills.rehearsal.past import fault_s
from dr_drills.rehearsal.script import Script

DETECT_S = 30.0
LOOK_S = 0.05


class Decider:
    """`operator` is who decides where a person does."""

    def __init__(self, script: Script, log: Log, means: Means, operator: str) -> None:
        self._script, self._log, self._means, self._operator = script, log, means, operator
        self._decision = decision_of(script)

    @property
    def sites(self) -> tuple[str, ...]:
        """Return the sites that observers have to miss before anything is done; none when that was decided before."""
        observed = self._decision is not None and self._decision.observed and not is_decided(self._log.events)
        return given_up(self._script) if observed else ()

    def decide(self, waiter: Waiter, sighting: Sighting) -> None:
        """Return once the plans may be carried out. Raises GateRefused when the observers do not agree."""
        if sites := self.sites:
            self._agree(sites, sighting)
            return
        if self._script.faults and self._script.scenario.expect.outage != "none":
            with self._log.phase("detect"):
                waiter.for_trouble(DETECT_S)
        if self._decision is not None and not self._decision.observed:
            self._write(self._decision, passed=True, who=self._operator)

    def _agree(self, sites: Sequence[str], sighting: Sighting) -> None:
        began = self._means.seconds()
        with self._log.phase("detect"):
            while not (found := all_lost(said := {site: sighting.heard(site) for site in sites})):
                if self._means.seconds() - began > DETECT_S:
                    break
                self._means.sleep(LOOK_S)
        since_fault = self._means.seconds() - (fault_s(self._log.events) or began)
        facts = {"sites": list(sites), "seconds": round(since_fault, 3), "observers": document(said)}
        self._write(TWO_OBSERVERS, passed=found, **facts)
        if not found:
            raise not_agreed(said, DETECT_S)

    def _write(self, decision: Decision, *, passed: bool, **facts: Any) -> None:
        with self._log.phase("decide"):
            self._log.write(EventKind.GATE, decision.id, passed=passed, reason=decision.reason._asdict(), **facts)
