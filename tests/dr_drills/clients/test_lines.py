"""The ways of a client to its database, when some of them lead nowhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread, Timer
from typing import Any, cast

import pytest

from dr_drills.clients.lines import POOL, Lines
from dr_drills.clients.session import Away, Session
from dr_drills.probes.budget import NoAnswer
from dr_drills.probes.database import Login
from dr_drills.probes.trust import Keys
from failures import Text
from tests.dr_drills.pretence import KEYS

CALL_S = 0.6
WAYS = tuple(Login(f"10.9.{number}.1", "records", "app") for number in range(3))


@dataclass
class Line:
    """A session that knows only where it leads."""

    login: Login
    closed: bool = False

    def close(self) -> None:
        self.closed = True

    def cancel(self, _seconds: float) -> None: ...


class Exchange:
    """Answers at the ways that are lit; a dark one is silent for as long as one waits, a held one until it is let go."""

    def __init__(self, dark: set[Login]) -> None:
        self.dark, self.held = dark, dict[Login, Event]()
        self.away: set[Login] = set()
        self.dialled: list[Login] = []

    def __call__(self, way: Login, _keys: Keys, seconds: float, *, writes: bool) -> Session:
        self.dialled.append(way)
        if way in self.dark:
            time.sleep(seconds)
            raise NoAnswer(Text(f"no answer in time {writes}", "无应答"))
        if way in self.away:
            raise Away(Text("the database system is shutting down", "数据库正在停止"))
        if way in self.held:
            self.held[way].wait(seconds)
        return cast("Session", Line(way))


def lines(exchange: Exchange) -> Lines:
    return Lines(WAYS, KEYS, writes=True, dial=cast("Callable[..., Session]", exchange))


def take(asked: Lines) -> Any:
    return asked.take(time.monotonic() + CALL_S)


@pytest.mark.slow
def test_attempt_that_a_database_sends_away_dials_no_other_way() -> None:
    """Every proxy leads to the same one, which has better to do than to send clients away twice."""
    exchange = Exchange(set())
    asked, slow = lines(exchange), Event()
    exchange.held[WAYS[0]], exchange.away = slow, {WAYS[1]}
    first = Thread(target=take, args=(asked,))
    first.start()
    while not exchange.dialled:
        time.sleep(0.01)
    with pytest.raises(Away):
        take(asked)
    slow.set()
    first.join()

    assert exchange.dialled == [WAYS[0], WAYS[1]]


@pytest.mark.slow
def test_attempt_beside_a_slow_one_that_tries_a_dark_way_ends_at_the_usual_one() -> None:
    """That another proxy is dark is no failure of a service that its own leads to."""
    exchange = Exchange({WAYS[1], WAYS[2]})
    asked, slow = lines(exchange), Event()
    exchange.held[WAYS[0]] = slow
    first = Thread(target=take, args=(asked,))
    first.start()
    while not exchange.dialled:
        time.sleep(0.01)
    Timer(0.1, slow.set).start()
    found = take(asked)
    first.join()

    assert exchange.dialled == [WAYS[0], WAYS[1], WAYS[0]]
    assert found.login == WAYS[0]


@pytest.mark.slow
def test_attempt_whose_ways_are_all_dark_fails_in_time() -> None:
    """There is no service: it is told within the time of one attempt."""
    asked, began_s = lines(Exchange(set(WAYS))), time.monotonic()

    with pytest.raises(NoAnswer):
        take(asked)
    assert time.monotonic() - began_s < CALL_S + 0.2


@pytest.mark.slow
def test_dark_way_is_left_for_the_next_and_takes_only_its_own_lines_along() -> None:
    """What is kept through another proxy did nothing wrong."""
    exchange = Exchange({WAYS[0]})
    asked = lines(exchange)
    with pytest.raises(NoAnswer):
        take(asked)
    kept, lost = take(asked), Line(WAYS[2])
    asked.give(kept)
    asked.drop(cast("Session", lost))

    assert kept.login == WAYS[1]
    assert lost.closed
    assert not kept.closed
    assert take(asked).login == WAYS[1]


def test_client_keeps_a_pool_from_its_first_success_on() -> None:
    """An attempt beside a slow one has a line at hand when the way goes dark for a moment."""
    exchange = Exchange(set())
    asked = lines(exchange)
    first = take(asked)
    asked.give(first)
    while len(exchange.dialled) < POOL:
        time.sleep(0.01)
    exchange.dark = set(WAYS)
    kept = [take(asked) for _ in range(POOL)]

    assert len(set(map(id, kept))) == POOL
