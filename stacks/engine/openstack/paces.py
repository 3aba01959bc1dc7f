"""How long what is waited for took lately at each site, so that nobody asks long before it can be there."""

from __future__ import annotations

import threading

SHARE = 0.7
"""Of the last time: what is done sooner than usual is not kept waiting much."""
LONGEST = 6.0
"""Seconds: one slow time must not slow down those after it."""


class Paces:
    """Durations of the last wait of each kind at each site, in seconds. Thread-safe."""

    def __init__(self) -> None:
        self._lock, self._last = threading.Lock(), dict[tuple[str, str], float]()

    def first_pause(self, site: str, kind: str) -> float:
        """Return how many seconds to let pass before the first look; 0 when none of its kind was waited for yet."""
        with self._lock:
            return min(LONGEST, SHARE * self._last.get((site, kind), 0.0))

    def note(self, site: str, kind: str, seconds: float) -> None:
        with self._lock:
            self._last[site, kind] = seconds
