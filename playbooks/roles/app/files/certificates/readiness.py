"""Whether this copy may be sent citizens: a verdict on what it last saw of the primary."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from certificates.store import Primary, Store, Unavailable

LOG = logging.getLogger(__name__)
State = Literal["ready", "standby", "unavailable", "draining"]


@dataclass
class Readiness:
    """`serves` False means a recovery site, which waits; a look at the primary counts for `fresh` seconds."""

    serves: bool
    fresh: float
    primary: Primary | None = None
    seen: float = float("-inf")
    draining: bool = False

    def saw(self, primary: Primary, now: float) -> None:
        self.primary, self.seen = primary, now

    def state(self, now: float) -> State:
        if self.draining:
            return "draining"
        if now - self.seen <= self.fresh:
            return "ready"
        return "unavailable" if self.serves else "standby"


async def watch(
    store: Store, readiness: Readiness, every: float, clock: Callable[[], float], looked: Callable[[], None]
) -> None:
    """Look at the primary every `every` seconds until cancelled; `looked` is told after each look, good or bad."""
    last = ""
    while True:
        try:
            readiness.saw(await store.look(), clock())
            report = f"primary at {readiness.primary.address}" if readiness.primary else ""
        except Unavailable as unavailable:
            report = f"no primary: {unavailable}"
        if report != last:
            LOG.warning("%s", report)
        last = report
        looked()
        await asyncio.sleep(every)
