"""Hosts are entered before they are configured, with patience for those that boot."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from failures import GovcloudError
from inventories.ansible import Door
from playbooks import reach as module
from playbooks.reach import Answer, command, reach

DOOR = Door(Path("/run/key"), Path("/home/u/known_hosts"))


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once."""
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.01)


def answer(*, code: int = 0, free: int = 10**6, skew: float = 0.0, err: str = "", out: str | None = None) -> Answer:
    """Return what a host says whose clock is `skew` seconds ahead and whose fuller disk has `free` KiB."""
    now = time.time()
    said = f"{int(now + skew)}\n{10**7}\n{free}\n" if out is None else out
    return Answer(code, said, err, now, now + 0.1)


def failure(say: Callable[[], Answer], patience: float = 0.0) -> GovcloudError | None:
    """Return why a host that answers so cannot be worked on."""
    found = reach({"db-1": ("10.0.0.2", DOOR)}, {"db-1": patience}, threading.Event(), lambda _, __: say())
    return found.get("db-1")


def test_reach_of_a_sound_host_finds_nothing() -> None:
    """Room on its disks, clock right within a minute."""
    assert failure(answer) is None
    assert failure(lambda: answer(skew=50)) is None
    assert failure(lambda: answer(skew=-50)) is None


def test_reach_of_a_host_with_a_full_disk_says_how_full() -> None:
    """The fuller of its file systems counts."""
    found = failure(lambda: answer(free=50 * 1024))

    assert found is not None
    assert "50 MiB free" in found.what.en
    assert "make room" in found.fix.en


@pytest.mark.parametrize(("skew", "words"), [(3600, " s ahead"), (-7200, " s behind")])
def test_reach_of_a_host_with_a_wrong_clock_says_how_wrong(skew: float, words: str) -> None:
    """Certificates and leases depend on it."""
    found = failure(lambda: answer(skew=skew))

    assert found is not None
    assert words in found.what.en
    assert "set the host's clock" in found.fix.en


def test_reach_waits_for_a_host_that_boots() -> None:
    """Refused twice, then in."""
    answers = [answer(code=255, err="connect to host: Connection refused")] * 2
    assert failure(lambda: answers.pop() if answers else answer(), patience=5) is None
    assert answers == []


def test_reach_of_a_silent_host_ends_with_its_patience() -> None:
    """The reason is ssh's own, the next step is to look at the server."""
    found = failure(lambda: answer(code=255, err="warning: x\nconnect to host: No route to host"), patience=0.05)

    assert found is not None
    assert found.what.en == "cannot be entered: connect to host: No route to host"
    assert "is the server on?" in found.fix.en
    assert (found.where, found.exit_code) == ("db-1", 5)


def test_reach_of_a_host_with_another_key_does_not_wait() -> None:
    """Whoever answers there will not become somebody else."""
    tries: list[int] = []

    def say() -> Answer:
        tries.append(1)
        return answer(code=255, err="@@@@@@@\nHost key verification failed.")

    found = failure(say, patience=5)
    assert found is not None
    assert "another key" in found.fix.en
    assert len(tries) == 1


def test_reach_of_a_host_that_talks_nonsense_is_a_failure() -> None:
    """A login banner is no clock."""
    found = failure(lambda: answer(out="Welcome!\n"))

    assert found is not None
    assert "answers something else: Welcome!" in found.what.en


def test_command_to_enter_a_host_holds_no_value_of_the_topology_in_its_shell_line() -> None:
    """What the remote shell reads is the same for every host."""
    words = command("10.0.0.2", DOOR)

    assert words[-1] == module.LOOK
    assert words[-3:-1] == ("--", "10.0.0.2")
    assert "StrictHostKeyChecking=yes" in words
