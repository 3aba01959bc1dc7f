"""What a lab's host says when a command is run there, and what it means when none could be."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import cast

import pytest

from commands.drill_means import _LabHosts
from dr_drills.probes.budget import NoAnswer
from failures import OutsideFailed
from lab.commands import run
from lab.injector import LabInjector


class Host:
    """Enters this machine instead of a host; implements what is used of the lab's injector."""

    def __init__(self, *, off: bool = False) -> None:
        self._off = off

    def is_off(self, host: str) -> bool:
        return self._off

    def enter(self, host: str, words: Sequence[str], seconds: float) -> str:
        return run(*words, seconds=seconds)


def hosts(*, off: bool = False) -> _LabHosts:
    return _LabHosts(cast("LabInjector", Host(off=off)))


def test_command_that_ran_and_failed_is_a_failure() -> None:
    """The host was entered and says so: that is an answer."""
    with pytest.raises(OutsideFailed, match="exit code 3") as told:
        hosts().run("db-1", (sys.executable, "-c", "raise SystemExit(3)"), 10)
    assert not isinstance(told.value, NoAnswer)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("off", "words"),
    [(True, ("true",)), (False, ("/nowhere/command",)), (False, (sys.executable, "-c", "import time; time.sleep(9)"))],
)
def test_command_that_did_not_run_or_end_is_no_answer(off: bool, words: tuple[str, ...]) -> None:  # noqa: FBT001 - a parameter of the test
    """Nobody knows what the host would have said."""
    with pytest.raises(NoAnswer):
        hosts(off=off).run("db-1", words, 0.5)
