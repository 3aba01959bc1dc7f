"""One direction of a line: packets wait for their turn, then for the latency, and keep their order."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass

from lab.wan.faults import LineState

WAIT_S = 0.1
FLOOR_BYTES = 256 * 1024
"""A full queue holds what the line sends in 0.1 s, and never less than four of the largest packets."""


@dataclass
class Counts:
    packets: int = 0
    bytes: int = 0
    dropped: int = 0


class Lane:
    """Times are seconds of one monotonic clock, which the caller reads."""

    def __init__(self) -> None:
        self._queue: deque[tuple[float, bytes]] = deque()
        self._free_at = 0.0
        self.counts = Counts()

    def offer(self, packet: bytes, now: float, state: LineState) -> None:
        """Take a packet in, or drop it: the line is cut, loses it, or has more waiting than fits."""
        per_byte = 8e-6 / state.bandwidth_mbps
        start = max(now, self._free_at)
        full = (start - now) > max(WAIT_S, FLOOR_BYTES * per_byte)
        if state.cut or full or (state.loss and random.random() < state.loss):  # noqa: S311 - chance, not secrecy
            self.counts.dropped += 1
            return
        self._free_at = start + len(packet) * per_byte
        self._queue.append((self._free_at + state.latency_ms / 1e3, packet))

    def take(self, now: float) -> bytes | None:
        """Return the next packet that has arrived by now, None when there is none."""
        if not self._queue or self._queue[0][0] > now:
            return None
        packet = self._queue.popleft()[1]
        self.counts.packets += 1
        self.counts.bytes += len(packet)
        return packet

    @property
    def next_at(self) -> float | None:
        """When the next packet arrives, None when the lane is empty."""
        return self._queue[0][0] if self._queue else None

    def clear(self) -> None:
        """Lose what is under way, as a cable does that is cut."""
        self.counts.dropped += len(self._queue)
        self._queue.clear()
