"""How far a run is, by play and by host: fed with events, read by whoever shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from playbooks.events import Event, HostTask, Outcome, PlayBegan, TaskBegan

_COUNTED = {Outcome.OK: "ok", Outcome.CHANGED: "changed", Outcome.IGNORED: "ok"}


@dataclass(frozen=True)
class PlayTally:
    """One play; `hosts` are those it concerns, `now` its running task; counts are of tasks on hosts."""

    name: str
    hosts: int
    state: str = "waiting"
    now: str = ""
    ok: int = 0
    changed: int = 0
    failed: tuple[str, ...] = ()


@dataclass(frozen=True)
class HostTally:
    """One host; `task` and `reason` are those of its failure."""

    host: str
    ok: int = 0
    changed: int = 0
    play: str = ""
    task: str = ""
    outcome: Outcome = Outcome.OK
    reason: str = ""

    @property
    def failed(self) -> bool:
        return self.outcome in {Outcome.FAILED, Outcome.UNREACHABLE}


class PlayBoard:
    """Tallies of all plays and hosts; may be written by one thread and read by others at any time."""

    def __init__(self, plays: Sequence[tuple[str, int]], hosts: Sequence[str]) -> None:
        """`plays` gives the name of each play and how many hosts it concerns."""
        self._plays = [PlayTally(name, count) for name, count in plays]
        self._hosts = {host: HostTally(host) for host in hosts}
        self._at = -1
        self._lock = Lock()

    def hear(self, event: Event) -> None:
        with self._lock:
            if isinstance(event, PlayBegan):
                self._next_play(event.name)
            elif isinstance(event, TaskBegan):
                self._change_play(now=event.task)
            elif isinstance(event, HostTask):
                self._count(event)

    def end(self) -> None:
        """Note that nothing runs any more."""
        with self._lock:
            self._change_play(state="done", now="")

    @property
    def position(self) -> int:
        """The number of the play that began last, counted from 0; -1 before the first."""
        return self._at

    def plays(self) -> tuple[PlayTally, ...]:
        with self._lock:
            return tuple(self._plays)

    def hosts(self) -> Mapping[str, HostTally]:
        with self._lock:
            return dict(self._hosts)

    def _next_play(self, name: str) -> None:
        """Go on to the next play of that name, if it concerns anybody here."""
        self._change_play(state="done", now="")
        later = range(self._at + 1, len(self._plays))
        found = next((index for index in later if self._plays[index].name == name), None)
        if found is not None:
            self._at = found
            self._change_play(state="running")

    def _change_play(self, **changes: Any) -> None:
        if self._at >= 0:
            self._plays[self._at] = replace(self._plays[self._at], **changes)

    def _count(self, event: HostTask) -> None:
        host, play = self._hosts.get(event.host, HostTally(event.host)), self._plays[max(self._at, 0)]
        counter = _COUNTED.get(event.outcome)
        if counter:
            host = replace(host, **{counter: getattr(host, counter) + 1})
            self._change_play(**{counter: getattr(play, counter) + 1})
        elif event.outcome is not Outcome.SKIPPED:
            host = replace(host, play=play.name, task=event.task, outcome=event.outcome, reason=event.reason)
            self._change_play(failed=tuple(dict.fromkeys((*play.failed, event.host))))
        self._hosts[event.host] = host
