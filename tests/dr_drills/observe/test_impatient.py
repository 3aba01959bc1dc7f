"""Looks that wait only for those that answered before."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event

import pytest

from dr_drills.observe.impatient import FLOOR_S, Impatient
from dr_drills.probes.budget import NoAnswer, Unknown
from failures import Text

pytestmark = pytest.mark.slow

LIMIT = 1.5
"""Seconds of a look; what is quicker than half of it did not wait for it."""


def silent(until: Event) -> Callable[[], str]:
    def wait() -> str:
        if not until.wait(30):
            raise NoAnswer(Text("silence", "无应答"))
        return "late"

    return wait


def slowly(seconds: float = 0.1) -> str:
    time.sleep(seconds)
    return "slow"


def timed(asking: Impatient, questions: dict[str, Callable[[], str]]) -> tuple[dict[str, str | Unknown], float]:
    began = time.monotonic()
    return asking(questions, LIMIT), time.monotonic() - began


def test_first_look_waits_for_everyone_and_the_next_only_for_those_who_answered() -> None:
    """A dark site costs its time once."""
    asking, never = Impatient(), Event()
    questions = {"well": lambda: "here", "dark": silent(never)}
    first, long = timed(asking, questions)
    second, short = timed(asking, questions)
    never.set()

    assert first["well"] == second["well"] == "here"
    assert isinstance(first["dark"], Unknown)
    assert isinstance(second["dark"], Unknown)
    assert long >= LIMIT > LIMIT / 2 > short


def test_who_answers_late_is_waited_for_again() -> None:
    """A site that comes back is seen, though it is slower than the others."""
    asking, back = Impatient(), Event()
    questions = {"well": lambda: "here", "dark": silent(back)}
    timed(asking, questions)
    back.set()
    time.sleep(0.05)
    timed(asking, questions)

    assert timed(asking, {**questions, "dark": slowly})[0] == {"well": "here", "dark": "slow"}


def test_who_falls_silent_costs_one_look_in_the_measure_of_the_quick() -> None:
    """All were quick, so nobody is waited for as long as the first time."""
    asking, never = Impatient(), Event()
    timed(asking, {"a": lambda: "here", "b": lambda: "here"})
    fallen = {"a": lambda: "here", "b": silent(never)}
    _, long = timed(asking, fallen)
    told, short = timed(asking, fallen)
    never.set()

    assert isinstance(told["b"], Unknown)
    assert LIMIT > long >= FLOOR_S > FLOOR_S / 2 > short


def test_who_is_slow_is_waited_for_as_long_as_that_takes() -> None:
    """A slow line is no dark site: an answer of half a second is still heard when the others are at once."""
    asking = Impatient()
    questions = {"well": lambda: "here", "slow": lambda: slowly(FLOOR_S + 0.2)}

    assert [timed(asking, questions)[0]["slow"] for _ in range(3)] == ["slow"] * 3
