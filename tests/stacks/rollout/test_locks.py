"""The lock of a cloud."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from failures import GateRefused
from stacks.rollout.locks import hold, holder

HOLDER = """
import sys, time
from pathlib import Path
from stacks.rollout.locks import hold
with hold(Path(sys.argv[1]), "govcloud deploy"):
    print("held", flush=True)
    time.sleep(60)
"""


def start_holder(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=10)


def test_hold_while_another_process_holds_names_the_holder(tmp_path: Path) -> None:
    """The second one is refused and told who is at work."""
    process = start_holder(tmp_path / "lock")
    try:
        with pytest.raises(GateRefused, match=rf"govcloud deploy \(pid {process.pid}, "), hold(tmp_path / "lock", "me"):
            pass
    finally:
        end(process)


def test_hold_after_the_holder_was_killed_succeeds(tmp_path: Path) -> None:
    """A lock dies with its process: nothing is left to clean."""
    end(start_holder(tmp_path / "lock"))
    with hold(tmp_path / "lock", "me"):
        found = holder(tmp_path / "lock")
    assert found
    assert (found.pid, found.command) == (os.getpid(), "me")


def test_hold_ended_leaves_no_holder(tmp_path: Path) -> None:
    """After the work nobody is named."""
    with hold(tmp_path / "lock", "me"):
        pass
    assert holder(tmp_path / "lock") is None


def test_hold_after_a_failure_inside_can_be_taken_again(tmp_path: Path) -> None:
    """An error in the work frees the lock."""
    with pytest.raises(RuntimeError), hold(tmp_path / "lock", "me"):
        raise RuntimeError
    with hold(tmp_path / "lock", "me"):
        pass
