"""Which of several entrances a line is taken from, over entrances that answer, refuse or say nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest

from certificates.dialling import HEAD_START_S, Dialled, first_of
from tests.playbooks.app.shelf import SETTINGS


class Line:
    def __init__(self, name: str) -> None:
        self.name, self.closed = name, False

    async def close(self) -> None:
        self.closed = True


class Entrance:
    """Refuses as often as told, then answers after `seconds`; `dropped` counts the dials that were given up."""

    def __init__(self, name: str, *, refuses: int = 0, seconds: float = 0.0, says: str = "refuses") -> None:
        self.name, self.refuses, self.seconds, self.says = name, refuses, seconds, says
        self.dials = self.dropped = 0
        self.lines: list[Line] = []

    async def dial(self) -> Line:
        self.dials += 1
        if self.dials <= self.refuses:
            raise psycopg.OperationalError(f"{self.name} {self.says}")
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            self.dropped += 1
            raise
        self.lines.append(Line(self.name))
        return self.lines[-1]


def dial(*entrances: Entrance, seconds: float = 5) -> Line:
    ways: list[Callable[[], Awaitable[Line]]] = [entrance.dial for entrance in entrances]
    return asyncio.run(first_of(ways, seconds))


def test_own_entrance_that_answers_is_the_only_one_dialled() -> None:
    """Nobody crosses the city while the own proxy leads to the primary."""
    own, other = Entrance("own"), Entrance("other")

    assert dial(own, other).name == "own"
    assert other.dials == 0


@pytest.mark.slow
def test_dark_entrance_costs_its_head_start_only() -> None:
    """Whoever hears nothing is left behind, not waited for."""
    dark, other, began = Entrance("dark", seconds=60), Entrance("other"), time.monotonic()

    assert dial(dark, other).name == "other"
    assert time.monotonic() - began < HEAD_START_S + 0.5
    assert dark.dropped == 1


@pytest.mark.slow
def test_entrance_without_a_primary_is_asked_again_soon() -> None:
    """A proxy that has nowhere to lead refuses at once; it leads again within moments of a promotion."""
    own, dark, began = Entrance("own", refuses=3), Entrance("dark", seconds=60), time.monotonic()

    assert dial(own, dark).name == "own"
    assert own.dials == 4
    assert time.monotonic() - began < 2


@pytest.mark.slow
def test_entrances_of_other_sites_are_asked_less_often() -> None:
    """A primary that comes up is not held up by those that wait for it."""
    ways = [Entrance(name, refuses=1000) for name in ("own", "other", "third")]
    with pytest.raises(psycopg.OperationalError):
        dial(*ways, seconds=3.0)

    own, other, third = (way.dials for way in ways)
    assert own > 1.5 * other > 1.5 * third > 1.5


@pytest.mark.slow
def test_primary_that_says_it_stops_is_asked_at_the_own_entrance_alone() -> None:
    """The others would hear the same; once it says nothing any more they are asked again."""
    own, other = (
        Entrance("own", refuses=5, seconds=60, says="FATAL:  the database system is shutting down"),
        Entrance("other"),
    )

    assert dial(own, other, seconds=10).name == "other"
    assert (own.dials, other.dials) == (6, 1)


@pytest.mark.slow
def test_entrances_that_all_refuse_are_told_of_in_time() -> None:
    """The reason is the own entrance's."""
    began = time.monotonic()
    with pytest.raises(psycopg.OperationalError, match="own refuses"):
        dial(Entrance("own", refuses=1000), Entrance("other", refuses=1000), seconds=0.5)

    assert time.monotonic() - began < 2


def test_entrances_that_say_nothing_are_told_of_in_time() -> None:
    """Silence is a failure like another."""
    with pytest.raises(psycopg.OperationalError, match="no entrance answers"):
        dial(Entrance("own", seconds=60), seconds=0.2)


@pytest.mark.slow
def test_line_that_comes_too_late_is_closed() -> None:
    """Two that answer in the same moment leave no session behind at the database."""
    own, other = Entrance("own", seconds=HEAD_START_S), Entrance("other")
    line = dial(own, other)
    lines = [*own.lines, *other.lines]

    assert all(late.closed for late in lines if late is not line)
    assert not line.closed


@pytest.mark.slow
def test_connection_is_dialled_at_each_entrance_the_own_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is named by itself, with the same words besides."""
    dialled: list[tuple[Any, ...]] = []

    async def refuse(conninfo: str = "", **words: Any) -> None:
        dialled.append((conninfo, *(words[key] for key in ("host", "hostaddr", "port", "dbname"))))
        raise psycopg.OperationalError("refused")

    monkeypatch.setattr(psycopg.AsyncConnection, "connect", refuse)
    with pytest.raises(psycopg.OperationalError, match="refused"):
        asyncio.run(Dialled.connect("", entrances=SETTINGS.entrances, seconds=0.4, dbname="d"))

    assert list(dict.fromkeys(dialled)) == [("", "near", "10.0.0.1", 5000, "d"), ("", "far", "10.1.0.1", 5001, "d")]
