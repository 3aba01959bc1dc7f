"""Carries a journal's events into the shared store from a thread of its own; its writer hardly ever waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from enum import StrEnum

from dr_drills.journal.event import Event, EventKind
from dr_drills.journal.shared import LockLost, SharedStore, head_is_of
from dr_drills.journal.store import Held, Superseded
from dr_drills.probes.budget import NoAnswer
from failures import GovcloudError, Text

RETRY_S = 1.0
JOIN_S = 1.0


class Reach(StrEnum):
    """How the shared store stands to the run."""

    KEEPS = "keeps"
    AWAY = "away"
    SUPERSEDED = "superseded"


class Relay:
    """`events` are what the journal has, the first `kept` of them are in the store already."""

    def __init__(self, store: SharedStore, events: Sequence[Event], kept: int, reach: Reach, reason: Text) -> None:
        self._store, self._events, self._kept = store, list(events), kept
        self._turn = threading.Condition()
        self._closing_s: float | None = None
        self._renewed_s = time.monotonic()
        self.reach, self.reason = reach, reason
        self.refusal: Superseded | None = None
        self._thread = threading.Thread(target=self._work, name="journal-relay", daemon=True)
        self._thread.start()

    @property
    def name(self) -> str:
        return self._store.name

    @property
    def missing(self) -> int:
        """Return how many events the store is not known to have."""
        return len(self._events) - self._kept

    def offer(self, event: Event, wait_s: float) -> None:
        """Hand over an event; wait that long for the store to have it, not at all while the store is away."""
        with self._turn:
            self._events.append(event)
            self._turn.notify_all()
            if wait_s and self.reach is Reach.KEEPS and not self._turn.wait_for(self._is_settled, wait_s):
                self._lose(Text(f"it took longer than {wait_s:g} s", f"超过 {wait_s:g} 秒未应答"))

    def settle(self, wait_s: float) -> bool:
        """Wait that long for the store to have everything; tell whether it has."""
        with self._turn:
            return (
                self._turn.wait_for(lambda: not self.missing or self.reach is Reach.SUPERSEDED, wait_s)
                and not self.missing
            )

    def close(self, wait_s: float) -> None:
        """Carry the rest, for that long at most, and give the lock back; a store that is away lets it run out."""
        self.settle(wait_s)
        with self._turn:
            self._closing_s = time.monotonic()
            self._turn.notify_all()
        self._thread.join(JOIN_S)
        if self.reach is Reach.KEEPS:
            self._store.close()

    def _is_settled(self) -> bool:
        return not self.missing or self.reach is not Reach.KEEPS

    def _work(self) -> None:
        while self._closing_s is None and self.reach is not Reach.SUPERSEDED:
            try:
                self._carry()
            except Superseded as error:
                self._end(error)
            except LockLost:
                continue
            except GovcloudError as error:
                with self._turn:
                    self._lose(error.what)
                    self._turn.wait_for(lambda: self._closing_s is not None, RETRY_S)
            else:
                with self._turn:
                    self._turn.wait_for(self._has_work, max(0.0, self._due_s() - time.monotonic()))

    def _carry(self) -> None:
        if not self._store.holds:
            self._regain()
        if time.monotonic() >= self._due_s():
            began = time.monotonic()
            self._store.keep()
            self._renewed_s = began
        with self._turn:
            kept, due = self._kept, tuple(self._events[self._kept :])
        if due:
            self._store.write(due)
        with self._turn:
            self._kept = kept + len(due)
            self.reach = Reach.AWAY if self.missing and self.reach is Reach.AWAY else Reach.KEEPS
            self._turn.notify_all()

    def _regain(self) -> None:
        """Take the lock again; what was written meanwhile must be the beginning of what is here."""
        began = time.monotonic()
        try:
            self._store.take()
        except Held as error:
            raise self._other(error.holder) from error
        self._renewed_s = began
        head = self._store.head()
        if not head_is_of(head, self._events):
            self._store.close()
            raise self._other(f"its last event is {head.seq}, {head.at}" if head else "?")
        with self._turn:
            self._kept = head.seq + 1 if head else 0

    def _other(self, who: object) -> GovcloudError:
        """Return what another controller means here; where two persons broke the glass, it does not outrank them."""
        if any(event.kind == EventKind.BREAK_GLASS for event in self._events):
            return NoAnswer(Text(f"another controller has the store: {who}", f"另一个控制端占用仲裁服务：{who}"))
        return Superseded(who, self._store.name)

    def _has_work(self) -> bool:
        return bool(self.missing) or self._closing_s is not None

    def _due_s(self) -> float:
        return self._renewed_s + self._store.ttl_s / 3

    def _lose(self, reason: Text) -> None:
        if self.reach is Reach.KEEPS:
            self.reach, self.reason = Reach.AWAY, reason
        self._turn.notify_all()

    def _end(self, error: Superseded) -> None:
        with self._turn:
            self.refusal, self.reach = error, Reach.SUPERSEDED
            self._turn.notify_all()
