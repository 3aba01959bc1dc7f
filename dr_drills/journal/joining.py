"""Which events a run goes on from when two places keep some of it; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dr_drills.journal.event import Event, EventKind


@dataclass(frozen=True)
class Joined:
    """`aside` are events that are no part of the run any more, and stay evidence; both places have the first `same`."""

    events: tuple[Event, ...]
    aside: tuple[Event, ...]
    same: int

    @property
    def last(self) -> Event | None:
        return self.events[-1] if self.events else None


def join(here: Sequence[Event], there: Sequence[Event]) -> Joined:
    """Return the events to go on from: what is longer where one continues the other.

    Where both went on, what the sites share wins, for a controller that was cut off wrote the rest; unless two persons
    had the run go on here without them.
    """
    same = next((n for n, (a, b) in enumerate(zip(here, there, strict=False)) if a != b), min(len(here), len(there)))
    if same == len(there):
        return Joined(tuple(here), (), same)
    if same == len(here):
        return Joined(tuple(there), (), same)
    if any(event.kind == EventKind.BREAK_GLASS for event in here[same:]):
        return Joined(tuple(here), tuple(there[same:]), same)
    return Joined(tuple(there), tuple(here[same:]), same)


def carried_over(aside: Sequence[Event]) -> tuple[Event, ...]:
    """Return the faults that were meant in what is set aside: whoever goes on must heal them, too."""
    return tuple(event for event in aside if event.kind == EventKind.FAULT_INTENT)
