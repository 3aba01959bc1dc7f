"""How far a run is, per site: counted from engine events, read by whoever shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Lock

from stacks.engine.events import Listener, Op, Progress
from stacks.rollout.plan import is_object

_QUIET = {Op.SAME, Op.READ}


@dataclass(frozen=True)
class Tally:
    """Operations at one site; `total` is 0 when unknown, `stacks` counts finished shards of `all_stacks`."""

    total: int = 0
    done: int = 0
    running: int = 0
    failed: int = 0
    stacks: int = 0
    all_stacks: int = 0

    def rate(self, seconds: float) -> float:
        """Return operations finished per second."""
        return (self.done + self.failed) / seconds if seconds > 0 else 0.0

    def time_left(self, seconds: float) -> float | None:
        """Return the seconds that the rest will take at the rate so far, None when nothing can be said."""
        rate = self.rate(seconds)
        left = self.total - self.done - self.failed
        return left / rate if rate > 0 and self.total > 0 and left >= 0 else None


class Board:
    """Tallies of all sites; may be written from several threads and read at any time."""

    def __init__(self, expected: Mapping[str, tuple[int, int]]) -> None:
        """`expected` gives operations and stacks per site."""
        self._tallies = {site: Tally(total=ops, all_stacks=stacks) for site, (ops, stacks) in expected.items()}
        self._lock = Lock()

    def listener(self, site: str) -> Listener:
        """Return a listener that counts for `site`; reads and unchanged resources do not count."""

        def listen(event: Progress) -> None:
            if event.change.op in _QUIET or not is_object(event.change.type):
                return
            with self._lock:
                self._tallies[site] = _after(self._tallies[site], event)

        return listen

    def stack_done(self, site: str) -> None:
        with self._lock:
            tally = self._tallies[site]
            self._tallies[site] = replace(tally, stacks=tally.stacks + 1)

    def snapshot(self) -> dict[str, Tally]:
        with self._lock:
            return dict(self._tallies)


def _after(tally: Tally, event: Progress) -> Tally:
    if event.phase == "start":
        return replace(tally, running=tally.running + 1)
    ended = replace(tally, running=max(0, tally.running - 1))
    if event.phase == "failed":
        return replace(ended, failed=ended.failed + 1)
    return replace(ended, done=ended.done + 1)
