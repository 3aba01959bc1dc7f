"""Dials the entrances of the database side by side: a dark one costs no time, and the own one goes first."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeVar

import psycopg

from certificates.settings import Entrance

HEAD_START_S = 0.3
"""Of each entrance before the next one: longer than a healthy one needs, shorter than a citizen waits."""
PAUSE_S = 0.3
"""Between two dials of the own entrance; the others are asked less often."""
AWAY, AWAY_S = "the database system is ", 1.0
"""What a primary says that stops or starts, at any entrance: for so long none but the own is asked. All services dial
then, and each dial takes some of what the primary needs to get done."""


class Closable(Protocol):
    async def close(self) -> None: ...


Line = TypeVar("Line", bound=Closable)
Way = Callable[[], Awaitable[Line]]


async def first_of(ways: Sequence[Way[Line]], seconds: float) -> Line:
    """Return the first line that stands; each way is tried again until one does. Raises psycopg.OperationalError."""
    failures: dict[int, psycopg.OperationalError] = {}
    away_until = 0.0

    async def persist(place: int, way: Way[Line]) -> Line:
        nonlocal away_until
        await asyncio.sleep(place * HEAD_START_S)
        while True:
            if place == 0 or time.monotonic() >= away_until:
                try:
                    return await way()
                except psycopg.OperationalError as failure:
                    failures[place] = failure
                    away_until = time.monotonic() + AWAY_S if AWAY in str(failure) else 0.0
            await asyncio.sleep((place + 1) * PAUSE_S)

    tasks = [asyncio.create_task(persist(place, way)) for place, way in enumerate(ways)]
    try:
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    lines = [end for end in ended if not isinstance(end, BaseException)]
    for late in lines[1:]:
        await late.close()
    if lines:
        return lines[0]
    odd = next((end for end in ended if isinstance(end, Exception)), None)
    raise odd or next(iter(failures.values()), psycopg.OperationalError(f"no entrance answers within {seconds:g} s"))


class Dialled(psycopg.AsyncConnection[Any]):
    """A connection through whichever entrance leads to a primary first."""

    @classmethod
    async def connect(  # type: ignore[override]  # the pool passes on what it was given
        cls, conninfo: str = "", *, entrances: Sequence[Entrance], seconds: float, **words: Any
    ) -> psycopg.AsyncConnection[Any]:
        """Return a connection; `seconds` limits it in all. Raises psycopg.OperationalError."""
        dial = super().connect

        def way(entrance: Entrance) -> Way[psycopg.AsyncConnection[Any]]:
            to = {"host": entrance.name, "hostaddr": entrance.address, "port": entrance.port}
            return lambda: dial(conninfo, **words, **to)

        return await first_of([way(entrance) for entrance in entrances], seconds)
