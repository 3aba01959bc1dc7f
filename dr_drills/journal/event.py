"""One event of a run's journal: a line of canonical JSON that names the digest of the line before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

JSON = Any
"""What json.loads returns: None, bool, int, float, str, list or dict of these."""
FIRST = "0" * 64
"""The digest that the first event continues."""


class EventKind(StrEnum):
    RUN_BEGAN = "run-began"
    GATE = "gate"
    PHASE_BEGAN = "phase-began"
    PHASE_ENDED = "phase-ended"
    FAULT_INTENT = "fault-intent"
    FAULT_INJECTED = "fault-injected"
    STEP_INTENT = "step-intent"
    STEP_DONE = "step-done"
    STEP_DOUBT = "step-doubt"
    APPROVAL = "approval"
    HEAL_INTENT = "heal-intent"
    HEALED = "healed"
    MEASURED = "measured"
    RUN_ENDED = "run-ended"
    TORN_TAIL = "torn-tail"
    RESUMED = "resumed"
    # What an auditor must know of who could have written where: the sites' shared store was lost or caught up, or two
    # persons had a run go on without it.
    STORE_LOST = "store-lost"
    STORE_BACK = "store-back"
    BREAK_GLASS = "break-glass"


@dataclass(frozen=True)
class Event:
    """`at` is UTC, ISO 8601 with ms, for people; `clock_s` is the controller's monotonic clock, for durations.

    `seq` counts from 0, `row` is the id of the table row that made the event, `previous` the digest of the event
    before, `digest` the SHA-256 over the canonical JSON of all other fields.
    """

    seq: int
    at: str
    clock_s: float
    kind: str
    row: str
    data: Mapping[str, JSON]
    previous: str
    digest: str

    def line(self) -> bytes:
        """Return the event as it stands in the journal, with the end of its line."""
        return canonical({name: getattr(self, name) for name in NAMES}) + b"\n"

    @property
    def true_digest(self) -> str:
        """Return the digest that the fields deserve."""
        return digest_of({name: getattr(self, name) for name in NAMES if name != "digest"})


def struck(events: Iterable[Event]) -> Event | None:
    """Return the event that outages count from: the first fault that was meant, else the first step that may interrupt.

    None when there is neither: a step says in its event whether clients are served on.
    """
    first: Event | None = None
    for event in events:
        if event.kind == EventKind.FAULT_INTENT:
            return event
        if first is None and event.kind == EventKind.STEP_INTENT and not event.data.get("serves"):
            first = event
    return first


NAMES = tuple(field.name for field in fields(Event))
_TYPES = {**dict.fromkeys(NAMES, str), "seq": int, "clock_s": float, "data": dict}


def lines_of(events: Iterable[Event]) -> bytes:
    """Return events as they stand in a journal."""
    return b"".join(event.line() for event in events)


def canonical(value: JSON) -> bytes:
    """Return the only bytes that stand for `value`: sorted keys, no spaces, UTF-8; ValueError for NaN and infinity."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    # Half a surrogate pair has no bytes of its own; its escape is JSON and reads as the same text again.
    return text.encode("utf-8", "backslashreplace")


def digest_of(rest: Mapping[str, JSON]) -> str:
    return hashlib.sha256(canonical(rest)).hexdigest()


def next_event(last: Event | None, at: str, clock_s: float, kind: EventKind, row: str, data: JSON) -> Event:
    """Return the event that follows `last`; ValueError or TypeError when `data` is not JSON."""
    rest: dict[str, JSON] = {
        "seq": last.seq + 1 if last else 0,
        "at": at,
        "clock_s": float(clock_s),
        "kind": str(kind),
        "row": row,
        "data": json.loads(canonical(data)),
        "previous": last.digest if last else FIRST,
    }
    return Event(**rest, digest=digest_of(rest))


def parse(line: bytes) -> Event:
    """Return the event of a line without its end; ValueError when it is none, whoever wrote it."""
    try:
        found = json.loads(line.decode("utf-8"))
        canonical(found)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(found, dict) or set(found) != set(NAMES):
        raise ValueError("not the fields of an event")
    if any(type(found[name]) is not kind for name, kind in _TYPES.items()):
        raise ValueError("a field of the wrong type")
    return Event(**found)
