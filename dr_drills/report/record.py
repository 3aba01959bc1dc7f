"""What the events of a run say, by subject: phases, faults and their healing, steps, approvals, measurements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from dr_drills.journal.event import JSON, Event, EventKind, struck

Row = dict[str, JSON]
DECISIONS = frozenset({"two-observers", "by-cluster", "by-person"})
"""Ids of the rows of gates that decide; the health gate is another."""
_FAULT_KINDS = frozenset({EventKind.FAULT_INTENT, EventKind.FAULT_INJECTED, EventKind.HEAL_INTENT, EventKind.HEALED})


@dataclass(frozen=True)
class Record:
    """The events of one run, in order; times (`*_t`) are seconds since it began, None for what did not happen."""

    events: tuple[Event, ...]

    @cached_property
    def facts(self) -> Mapping[str, JSON]:
        """Return what was written when the run began; empty when that is not there."""
        first = self.events[0] if self.events else None
        return first.data if first and first.kind == EventKind.RUN_BEGAN else {}

    @cached_property
    def ended(self) -> Event | None:
        return self.last(EventKind.RUN_ENDED)

    @cached_property
    def measured(self) -> Mapping[str, JSON]:
        event = self.last(EventKind.MEASURED)
        return event.data if event else {}

    @cached_property
    def times(self) -> tuple[float, ...]:
        return tuple(_times(self.events))

    @property
    def began_clock_s(self) -> float:
        return self.events[0].clock_s if self.events else 0.0

    def last(self, kind: EventKind) -> Event | None:
        return next((event for event in reversed(self.events) if event.kind == kind), None)

    def time(self, event: Event) -> float:
        return self.times[event.seq]

    def of(self, *kinds: EventKind) -> Iterator[Event]:
        return (event for event in self.events if event.kind in kinds)

    @cached_property
    def fault_t(self) -> float | None:
        """Return when that happened which outages count from."""
        found = struck(self.events)
        return self.time(found) if found else None

    @cached_property
    def phases(self) -> tuple[Row, ...]:
        """Return {phase, began_t, ended_t, seconds, verdict} for each phase, in the order in which they began."""
        rows: list[Row] = []
        for event in self.of(EventKind.PHASE_BEGAN, EventKind.PHASE_ENDED):
            name, now = event.data.get("phase", ""), self.time(event)
            if event.kind == EventKind.PHASE_BEGAN:
                rows.append({"phase": name, "began_t": now, "ended_t": None, "seconds": None, "verdict": None})
            elif row := next((r for r in reversed(rows) if r["phase"] == name and r["ended_t"] is None), None):
                taken = event.data.get("seconds")
                row.update(ended_t=now, verdict=event.data.get("verdict"))
                row["seconds"] = now - row["began_t"] if taken is None else taken
        return tuple(rows)

    @cached_property
    def faults(self) -> tuple[Row, ...]:
        """Return {fault, target, meaning, intent_t, injected_t, healed_t, healed} for each fault.

        `healed` is true, false when healing failed, None when nothing is written of it.
        """
        rows: dict[tuple[str, ...], Row] = {}
        for event in self.of(*_FAULT_KINDS):
            row = rows.setdefault(_fault_key(event.data), _fault_row(event.data))
            now = self.time(event)
            if event.kind == EventKind.FAULT_INTENT:
                row.update(intent_t=now, healed_t=None, healed=None)
            elif event.kind == EventKind.FAULT_INJECTED:
                row.update(injected_t=now)
            elif event.kind == EventKind.HEALED:
                row.update(healed_t=now, healed=event.data.get("ok") is True)
        return tuple(rows.values())

    @cached_property
    def steps(self) -> tuple[Row, ...]:
        """Return {step, rule, target, reason, predicted_s, budget_s, measured_s, answer, began_t, doubted} of each."""
        rows = {str(step.get("id", "")): _step_row(step) for step in self.facts.get("steps", ())}
        for event in self.of(EventKind.STEP_INTENT, EventKind.STEP_DONE, EventKind.STEP_DOUBT):
            row = rows.setdefault(str(event.data.get("step", "")), _step_row(event.data))
            row.update({name: event.data[name] for name in ("predicted_s", "budget_s") if name in event.data})
            if event.kind == EventKind.STEP_INTENT:
                row.update(began_t=self.time(event), answer=None, measured_s=None)
            else:
                row.update(measured_s=event.data.get("seconds"), answer=event.data.get("answer", "unknown"))
                row["doubted"] = row["doubted"] or event.kind == EventKind.STEP_DOUBT
        return tuple(rows.values())

    @cached_property
    def decisions(self) -> tuple[Row, ...]:
        """Return {rule, passed, t, seconds, who, sites, observers, reason} of each decision to carry plans out.

        `seconds` is from the fault until it was decided, None where nobody waited for observers.
        """
        return tuple(
            {
                "rule": event.row,
                "passed": event.data.get("passed") is True,
                "t": self.time(event),
                **{name: event.data.get(name) for name in ("seconds", "who", "reason")},
                **{name: event.data.get(name) or [] for name in ("sites", "observers")},
            }
            for event in self.of(EventKind.GATE)
            if event.row in DECISIONS
        )

    @cached_property
    def approvals(self) -> tuple[Row, ...]:
        """Return {who, at, t} and what else each approval says."""
        return tuple(
            {**e.data, "who": e.data.get("who") or e.data.get("by"), "at": e.at, "t": self.time(e)}
            for e in self.of(EventKind.APPROVAL)
        )


def _fault_key(data: Mapping[str, Any]) -> tuple[str, ...]:
    target = data.get("target") or {}
    return str(data.get("fault", "")), str(target.get("kind", "")), str(target.get("name", ""))


def _fault_row(data: Mapping[str, Any]) -> Row:
    fault, kind, name = _fault_key(data)
    times: Row = {"intent_t": None, "injected_t": None, "healed_t": None, "healed": None}
    return {"fault": fault, "target": {"kind": kind, "name": name}, "meaning": data.get("meaning"), **times}


def _step_row(data: Mapping[str, Any]) -> Row:
    return {
        "step": str(data.get("id", data.get("step", ""))),
        "rule": data.get("rule", ""),
        "target": data.get("target", ""),
        "reason": data.get("reason"),
        "consent": data.get("consent"),
        "predicted_s": data.get("predicted_s"),
        "budget_s": data.get("timeout_s", data.get("budget_s")),
        "measured_s": None,
        "answer": None,
        "began_t": None,
        "doubted": False,
    }


def _times(events: Sequence[Event]) -> Iterator[float]:
    """Yield the seconds since the first event; across a reboot, where the clock begins anew, by the wall clock."""
    boot, base, last, wall = None, 0.0, 0.0, ""
    for event in events:
        told = event.data.get("boot_id") if event.kind in {EventKind.RUN_BEGAN, EventKind.RESUMED} else None
        if not wall or (told and told != boot):
            last += _wall_seconds(wall, event.at) if wall else 0.0
            base, boot = event.clock_s - last, told
        last, wall = max(last, event.clock_s - base), event.at
        yield round(last, 4)


def _wall_seconds(earlier: str, later: str) -> float:
    return max(0.0, (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds())
