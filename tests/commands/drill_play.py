"""Plays a run that never was through the timeline, on a clock of its own."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from commands.drill_live import LOOK_S, Timeline
from console import Voice
from dr_drills.clients.attempts import Attempt, Kind
from dr_drills.journal.event import Event
from tests.dr_drills.report.runs import CLIENTS, CLOCK_S


@dataclass(frozen=True)
class Somebody:
    """A client by name only; what it did is told."""

    name: str
    service: str
    kind: Kind

    def attempt(self, marker: str) -> Attempt:
        raise AssertionError(f"nobody tries: {marker}")

    def close(self) -> None: ...


@dataclass
class Seen:
    """What a watch would know at a time of the controller's clock."""

    clients: Sequence[Somebody]
    told: Sequence[Attempt]
    now_s: float = CLOCK_S

    def attempts(self, name: str = "") -> Sequence[Attempt]:
        return [a for a in self.told if a.client == name and a.ended_s <= self.now_s]


class Terminal(io.StringIO):
    """Text that was written to a terminal."""

    def isatty(self) -> bool:
        return True


def people() -> tuple[Somebody, ...]:
    return tuple(Somebody(name, service, Kind(kind)) for name, service, kind, _ in CLIENTS)


def play(events: Iterable[Event], seen: Seen, lang: str, until_t: float, err: io.StringIO) -> list[str]:
    """Return the lines of a run's timeline, its clients being watched until `until_t` seconds after its begin."""
    left = list(events)
    timeline = Timeline(
        Voice(lang, err=err), lambda: seen if seen.now_s < CLOCK_S + until_t else None, lambda: seen.now_s
    )
    while left:
        seen.now_s += LOOK_S
        while left and left[0].clock_s <= seen.now_s:
            timeline.tell(left.pop(0))
        timeline.look()
    return err.getvalue().splitlines()
