"""Lets clients try all the time, at an even pace, and keeps what became of each attempt."""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Self

from dr_drills.clients.attempts import Attempt, Client
from dr_drills.clients.record import Record, read_record

__all__ = ["MOST_OPEN", "Rate", "Watch", "read_record"]

MOST_OPEN = 12
"""Attempts of one client at once: a few more than the turns that pass at 10 Hz while one hangs for its whole second, so
that the pace, and with it the resolution, is kept when nothing answers; and a bound for what a stalled site must bear.
"""
WINDOW_S = 3.0
LEAVE_S = 3.0
"""For attempts that are open at the end; a client limits its own."""


@dataclass(frozen=True)
class Rate:
    """How one client does: attempts ended per second lately, all counts, seconds that the last attempt took."""

    hz: float
    acknowledged: int
    failed: int
    latency_s: float | None


@dataclass
class _Lane:
    """One client's turns, its open attempts by marker (when each began), those that ended, how many well."""

    client: Client
    label: str
    turn: int = 0
    open: dict[str, float] = field(default_factory=dict)
    ended: list[Attempt] = field(default_factory=list)
    good: int = 0

    def rate(self, since_s: float, now_s: float) -> Rate:
        lately = sum(1 for _ in takewhile(lambda attempt: attempt.ended_s > since_s, reversed(self.ended)))
        latency_s = self.ended[-1].ended_s - self.ended[-1].began_s if self.ended else None
        return Rate(lately / (now_s - since_s), self.good, len(self.ended) - self.good, latency_s)


class Watch:
    """Clients at work within a with block: `hz` attempts per second each, by absolute deadlines, from several threads.

    An attempt that is slow delays only itself; a turn that comes while MOST_OPEN are open is left out. Each attempt is
    in the record as soon as it ends. Leaving the block raises GovcloudError when one could not be written.
    """

    def __init__(self, clients: Iterable[Client], hz: float, record: Path) -> None:
        # a marker is of this watch and client alone, so that one that resumes never gives the same again
        self._lanes = {client.name: _Lane(client, secrets.token_hex(5)) for client in clients}
        self._hz, self._path = hz, record
        self._lock, self._over = Lock(), Event()

    def __enter__(self) -> Self:
        self._record = Record(self._path)
        self._began_s = time.monotonic()
        self._threads = [
            Thread(target=self._work, args=(lane,), name=f"client {name}", daemon=True)
            for name, lane in self._lanes.items()
            for _ in range(MOST_OPEN)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        until = time.monotonic() + LEAVE_S
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        for lane in self._lanes.values():
            for marker, began_s in self._still_open(lane).items():
                self._end(lane, marker, self._doubt(lane, marker, began_s, "open when the watch ended"))
            lane.client.close()
        self._record.close()

    @property
    def clients(self) -> tuple[Client, ...]:
        return tuple(lane.client for lane in self._lanes.values())

    def rates(self) -> Mapping[str, Rate]:
        """Return how each client does now, by its name."""
        with self._lock:
            now_s = time.monotonic()
            since_s = max(self._began_s, now_s - WINDOW_S)
            return {name: lane.rate(since_s, now_s) for name, lane in self._lanes.items()}

    def attempts(self, name: str = "") -> tuple[Attempt, ...]:
        """Return the attempts of one client, or of all, that ended in this watch."""
        with self._lock:
            lanes = [self._lanes[name]] if name else self._lanes.values()
            return tuple(attempt for lane in lanes for attempt in lane.ended)

    def _work(self, lane: _Lane) -> None:
        while not self._over.is_set():
            turn = self._take_turn(lane)
            deadline = self._began_s + turn / self._hz
            if self._over.wait(max(0.0, deadline - time.monotonic())):
                return
            marker = f"{lane.label}-{turn:06d}"
            began_s = time.monotonic()
            with self._lock:
                lane.open[marker] = began_s
            self._end(lane, marker, self._try(lane, marker, began_s))

    def _take_turn(self, lane: _Lane) -> int:
        with self._lock:
            lane.turn = max(lane.turn + 1, math.ceil((time.monotonic() - self._began_s) * self._hz))
            return lane.turn

    def _try(self, lane: _Lane, marker: str, began_s: float) -> Attempt:
        try:
            return lane.client.attempt(marker)
        except Exception as error:  # noqa: BLE001 - one odd answer of the world must not end the watch
            return self._doubt(lane, marker, began_s, f"{type(error).__name__}: {error}")

    def _doubt(self, lane: _Lane, marker: str, began_s: float, detail: str) -> Attempt:
        kind = lane.client.kind
        shown = marker if kind.writes else ""
        return Attempt(lane.client.name, shown, began_s, time.monotonic(), kind.doubt, detail=detail)

    def _still_open(self, lane: _Lane) -> dict[str, float]:
        with self._lock:
            return dict(lane.open)

    def _end(self, lane: _Lane, marker: str, attempt: Attempt) -> None:
        """Keep an attempt once: one that was left open at the end of the watch is not heard of again."""
        with self._lock:
            if lane.open.pop(marker, None) is None:
                return
            lane.ended.append(attempt)
            lane.good += attempt.acknowledged
            self._record.append(attempt)
