"""A drill while it goes on: every event as it comes, and how the clients do."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from threading import Event as Flag
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from commands.drill_lines import line_of
from commands.drill_states import WIDTH, doings, failing, lines
from failures import Text

if TYPE_CHECKING:
    from console import Voice
    from dr_drills.clients.attempts import Attempt, Client
    from dr_drills.journal.event import Event

LOOK_S = 0.2
PLAIN_S, LIVE_S = 10.0, 2.0
"""How often the clients are told of when nothing changes: without a terminal, and on one."""
_TIME = "{:7.1f} s  "
_ROOM = WIDTH - len(_TIME.format(0.0))


class Watched(Protocol):
    """The outside clients at work."""

    @property
    def clients(self) -> Sequence[Client]: ...
    def attempts(self, name: str = "") -> Sequence[Attempt]: ...


class Pace:
    """Says when to tell of the clients: at once when a kind begins or stops failing, else every so many seconds."""

    def __init__(self, every_s: float, now_s: float) -> None:
        self._every_s, self._told_s = every_s, now_s
        self._failing: frozenset[tuple[str, str]] = frozenset()

    def due(self, failing_now: frozenset[tuple[str, str]], now_s: float) -> bool:
        if failing_now == self._failing and now_s - self._told_s < self._every_s:
            return False
        self._failing, self._told_s = failing_now, now_s
        return True


class Timeline:
    """Prints a run on stderr; `watch` returns the clients, None while there are none."""

    def __init__(
        self, voice: Voice, watch: Callable[[], Watched | None], seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._voice, self._watch, self._seconds = voice, watch, seconds
        self._began = seconds()
        self._pace = Pace(LIVE_S if voice.err.isatty() else PLAIN_S, self._began)
        self._over = Flag()

    def __enter__(self) -> Self:
        self._ticker = Thread(target=self._tick, daemon=True)
        self._ticker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._ticker.join()

    def tell(self, event: Event) -> None:
        """Print an event."""
        self._note(line_of(event))

    def look(self) -> None:
        """Print how the clients do if that is due."""
        watch, now_s = self._watch(), self._seconds()
        if watch is None:
            return
        rows = doings(watch.clients, watch.attempts, now_s)
        if rows and self._pace.due(failing(rows), now_s):
            for line in lines(rows, _ROOM):
                self._note(line)

    def _tick(self) -> None:
        while not self._over.wait(LOOK_S):
            self.look()

    def _note(self, text: Text) -> None:
        at = _TIME.format(self._seconds() - self._began)
        self._voice.note(Text(at + clipped(text.en, _ROOM), at + clipped(text.zh, _ROOM)))


def clipped(text: str, cells: int) -> str:
    """Return a text on one line that takes at most so many columns of a terminal."""
    from rich.cells import cell_len, set_cell_size

    line = " ".join(text.splitlines())
    return line if cell_len(line) <= cells else f"{set_cell_size(line, cells - 2).rstrip()} …"
