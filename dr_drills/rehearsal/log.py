"""Writes a run's events: intent before the act, outcome after it; whoever listens hears them once they are on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from dr_drills.journal.event import Event, EventKind
from dr_drills.journal.file import Journal


class Log:
    """Knows which phase is open; `seconds` is the journal's clock."""

    def __init__(self, journal: Journal, tell: Callable[[Event], None], seconds: Callable[[], float]) -> None:
        self._journal, self._tell, self._seconds = journal, tell, seconds
        self._phase, self._began = "", 0.0

    @property
    def events(self) -> tuple[Event, ...]:
        return self._journal.events

    def write(self, kind: EventKind, row: str, **data: Any) -> Event:
        """Write one event and tell of it, and of what the journal had to say before it."""
        known = len(self._journal.events)
        event = self._journal.append(kind, row, **data)
        for fresh in self._journal.events[known:]:
            self._tell(fresh)
        return event

    def enter(self, phase: str) -> None:
        """Be in a phase: ends the one that was open, as passed."""
        if phase != self._phase:
            self.leave()
            self.write(EventKind.PHASE_BEGAN, phase, phase=phase)
            self._phase, self._began = phase, self._seconds()

    def leave(self, verdict: str = "pass", **more: Any) -> None:
        """End the open phase, if there is one."""
        if self._phase:
            phase, self._phase = self._phase, ""
            seconds = round(self._seconds() - self._began, 3)
            self.write(EventKind.PHASE_ENDED, phase, phase=phase, seconds=seconds, verdict=verdict, **more)

    @contextmanager
    def phase(self, phase: str) -> Iterator[None]:
        """Be in a phase for the length of the block; what fails in it leaves it unknown."""
        self.enter(phase)
        try:
            yield
        except BaseException:
            self.leave("unknown")
            raise
        self.leave()
