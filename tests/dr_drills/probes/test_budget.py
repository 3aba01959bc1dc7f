"""Questions under one limit of time."""

from __future__ import annotations

import time
from threading import Event

import pytest

from dr_drills.probes.budget import NoAnswer, Unknown, ask
from failures import OutsideFailed, Text


@pytest.mark.slow
def test_ask_with_one_that_hangs_keeps_the_others() -> None:
    """The limit holds for all together; what is still open is unknown, and says for how long it was asked."""
    hold = Event()
    began = time.monotonic()
    answers = ask({"quick": lambda: 1, "slow": lambda: hold.wait(20)}, 0.3)
    took = time.monotonic() - began
    hold.set()

    assert answers["quick"] == 1
    assert answers["slow"] == Unknown(Text("no answer within 0.3 s", "0.3 秒内没有应答"))
    assert took < 3


def test_ask_of_a_failure_is_unknown_with_its_reason() -> None:
    """Neither a failure of the world nor an odd answer hides what the others told."""

    def refused() -> int:
        raise NoAnswer(Text("shut", "关闭"), shut=True)

    def failed() -> int:
        raise OutsideFailed(Text("gone", "不在"))

    def odd() -> int:
        raise KeyError("member")

    answers = ask({"refused": refused, "failed": failed, "odd": odd, "well": lambda: 7}, 5)

    assert answers["refused"] == Unknown(Text("shut", "关闭"), shut=True)
    assert answers["failed"] == Unknown(Text("gone", "不在"))
    assert isinstance(answers["odd"], Unknown)
    assert "KeyError: 'member'" in answers["odd"].reason.en
    assert answers["well"] == 7


def test_ask_nothing_answers_nothing() -> None:
    """No questions, no wait."""
    assert ask(dict[str, type[int]](), 5) == {}


@pytest.mark.slow
@pytest.mark.parametrize("count", [200])
def test_ask_many_takes_as_long_as_one(count: int) -> None:
    """Questions are asked side by side."""
    began = time.monotonic()
    answers = ask({n: lambda: time.sleep(0.2) for n in range(count)}, 20)

    assert not [told for told in answers.values() if isinstance(told, Unknown)]
    assert time.monotonic() - began < count * 0.2 / 4
