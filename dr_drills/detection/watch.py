"""Observers at several places that look at sites all the time, each in a thread of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Self

from dr_drills.detection.witnesses import Heard, Look, heard
from failures import GovcloudError

PAUSE_S = 0.1
LEAVE_S = 1.0
KEPT = 50

Eye = Callable[[], Mapping[str, bool | None]]
"""Tells of each site whether it is seen, None for not known; must end by a limit of its own."""


@dataclass(frozen=True)
class Observer:
    """One who looks, from somewhere."""

    witness: str
    where: str
    look: Eye
    looks: dict[str, list[Look]] = field(default_factory=dict)


class Sighting:
    """Looks within a with block; `observers` are at different places."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers, self._over = tuple(observers), Event()

    def __enter__(self) -> Self:
        self._threads = [Thread(target=self._watch, args=(one,), daemon=True) for one in self._observers]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def heard(self, site: str) -> tuple[Heard, ...]:
        """Return what each observer says of a site now."""
        now_s = time.monotonic()
        return tuple(heard(o.witness, o.where, tuple(o.looks.get(site, ())), now_s) for o in self._observers)

    def _watch(self, observer: Observer) -> None:
        while not self._over.is_set():
            began_s = time.monotonic()
            try:
                told = observer.look()
            except GovcloudError:
                told = {}
            ended_s = time.monotonic()
            for site in told.keys() | observer.looks.keys():
                look = Look(began_s, ended_s, told.get(site))
                observer.looks[site] = [*observer.looks.get(site, ())[-KEPT:], look]
            self._over.wait(PAUSE_S)
