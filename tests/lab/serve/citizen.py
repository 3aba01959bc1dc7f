"""A citizen outside the sites: asks the entrance, applies, and writes down what was acknowledged and when."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import cycle, pairwise
from threading import Event, Thread
from typing import Self

from dr_drills.probes.application import apply, look_up
from dr_drills.probes.budget import NoAnswer
from dr_drills.probes.entrance import resolve
from dr_drills.probes.scene import Scene
from dr_drills.probes.trust import Keys
from dr_drills.probes.web import Web

EVERY_S = 0.1
CALL_S = 2.0


@dataclass
class Citizen:
    """`acknowledged` is (monotonic seconds, receipt number), `errors` is (monotonic seconds, reason)."""

    scene: Scene
    keys: Keys
    label: str
    acknowledged: list[tuple[float, str]] = field(default_factory=list)
    errors: list[tuple[float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._web = Web(self.keys, CALL_S)
        self._ended = Event()
        self._thread = Thread(target=self._work, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(4 * CALL_S)

    def _work(self) -> None:
        """Apply again and again; an application without a receipt is sent again, under its key, wherever DNS leads."""
        servers = cycle(place.address for place in self.scene.running("dns_names"))
        name = next(iter(self.scene.running("dns_names"))).own
        full = f"{name['dns_names'][0]['name']}.{name['dns_domain']}"
        number, turn = 0, 0
        while not self._ended.wait(EVERY_S):
            turn += 1
            try:
                answers = resolve(next(servers), full, CALL_S).addresses
                receipt = apply(self._web, answers[turn % len(answers)], f"{self.label}-{number:06d}", self.label)
            except (NoAnswer, ZeroDivisionError) as error:
                self.errors.append((time.monotonic(), str(error)))
                continue
            self.acknowledged.append((time.monotonic(), receipt.number))
            number += 1

    def longest_gap(self) -> float:
        """Return the longest time in seconds between two receipts."""
        return max((after - before for (before, _), (after, _) in pairwise(self.acknowledged)), default=float("inf"))

    def lost(self, address: str) -> list[str]:
        """Return the receipts that a copy of the application does not know."""
        return [number for _, number in self.acknowledged if look_up(self._web, address, number) is None]
