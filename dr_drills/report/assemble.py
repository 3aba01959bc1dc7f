"""The report of a run as one JSON document, purely from its events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dr_drills.clients.attempts import Attempt
from dr_drills.journal.event import Event
from dr_drills.journal.heads import head_of
from dr_drills.journal.verify import Finding
from dr_drills.report.lanes import lanes
from dr_drills.report.record import Record
from dr_drills.report.rules import Case, judged

FORMAT = 1
FACTS = (
    "run",
    "cloud",
    "scenario",
    "title",
    "level",
    "target",
    "operator",
    "host",
    "topology_sha256",
    "plan_sha256",
    "versions",
    "expect",
    "sites",
    "links",
)


def report_of(
    events: Sequence[Event],
    findings: Sequence[Finding] = (),
    attempts: Sequence[Attempt] = (),
    copies: Iterable[str] = (),
) -> dict[str, Any]:
    """Return the report; pure. `events` are the sound ones, `findings` what speaks against the journal they are from,
    `copies` names the places that keep the journal's head. Times (`t`, `*_t`) are seconds since the run began.

    A run without its end, with a fault that is not known to be healed, or whose journal is damaged, is never "pass".
    """
    record = Record(tuple(events))
    verdict, reasons = judged(Case(record, findings, attempts))
    measured = record.measured
    return {
        "format": FORMAT,
        **{name: record.facts.get(name) for name in FACTS},
        "verdict": str(verdict),
        "reasons": reasons,
        **_span(record),
        "fault_t": record.fault_t,
        "whole": measured.get("whole"),
        "outages": measured.get("outages") or [],
        "ledger": measured.get("ledger"),
        "rejoin_s": measured.get("rejoin_s"),
        "watcher": measured.get("watcher"),
        "phases": list(record.phases),
        "steps": list(record.steps),
        "faults": list(record.faults),
        "approvals": list(record.approvals),
        "decisions": list(record.decisions),
        "clients": lanes(attempts, measured.get("outages") or (), record.began_clock_s),
        "chain": _chain(record, findings, copies),
        "events": [_told(record, event) for event in record.events],
    }


def verdict_of(events: Sequence[Event], attempts: Sequence[Attempt]) -> tuple[str, list[dict[str, str]]]:
    """Return the verdict for the event that ends a run, and {rule, en, zh} of each rule that does not pass; pure."""
    verdict, rows = judged(Case(Record(tuple(events)), (), attempts), ended=False)
    left = [{name: row[name] for name in ("rule", "en", "zh")} for row in rows if row["verdict"] != "pass"]
    return str(verdict), left


def _span(record: Record) -> dict[str, Any]:
    first, last = (record.events[0], record.events[-1]) if record.events else (None, None)
    return {
        "began": first.at if first else None,
        "ended": record.ended.at if record.ended else None,
        "seconds": record.times[-1] if last else None,
    }


def _chain(record: Record, findings: Sequence[Finding], copies: Iterable[str]) -> dict[str, Any]:
    return {
        "events": len(record.events),
        "head": head_of(record.events).document() if record.events else None,
        "copies": sorted(copies),
        "findings": [finding.document() for finding in findings],
    }


def _told(record: Record, event: Event) -> Mapping[str, Any]:
    return {
        "seq": event.seq,
        "t": record.time(event),
        "at": event.at,
        "kind": event.kind,
        "row": event.row,
        "what": _what(event.data),
        "digest": event.digest,
    }


def _what(data: Mapping[str, Any]) -> str:
    """Return the names in an event's data on one line: what it is about, not all that it holds."""
    target = data.get("target")
    named = [data.get(name) for name in ("phase", "fault", "step", "rule", "who", "by", "answer", "verdict")]
    named += [target.get("name") or " ".join(map(str, target.values())) if isinstance(target, Mapping) else target]
    return " ".join(dict.fromkeys(str(one) for one in named if one not in {None, ""}))
