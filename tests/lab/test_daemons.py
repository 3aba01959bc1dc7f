"""The lab's own processes: started once, ready when the call returns, told when they cannot be."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from failures import OutsideFailed
from lab import daemons
from lab.openstack.install import PYTHON
from lab.processes import command_line, holder

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="the lab's processes run on Debian's Python")

SERVES = """
import sys, time
from pathlib import Path
from lab.daemons import detach, hold, tell_ready
detach()
hold(Path(sys.argv[1]).with_suffix(".lock"))
tell_ready()
time.sleep(60)
"""
FAILS = "raise SystemExit('no such wire')\n"


def spec(folder: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> Path:
    """Write the program where the next process finds it as `trial`; return the file that it is told of."""
    (folder / "trial.py").write_text(program)
    (folder / "lab").symlink_to(daemons.TREE / "lab")
    (folder / "failures.py").symlink_to(daemons.TREE / "failures.py")
    monkeypatch.setattr(daemons, "TREE", folder)
    return folder / "trial.json"


def test_start_process_that_serves_is_ready_titled_and_nobodys_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds its lock when the call returns, carries the lab's title, and a second start starts none."""
    path = spec(tmp_path, monkeypatch, SERVES)
    lock = path.with_suffix(".lock")
    assert daemons.start("trial", path, lock, tmp_path / "log")
    pid = holder(lock)
    assert pid is not None
    try:
        assert command_line(pid).startswith("govlab ")
        assert os.getsid(pid) != os.getsid(0)
        assert not daemons.start("trial", path, lock, tmp_path / "log")
        assert holder(lock) == pid
    finally:
        os.kill(pid, signal.SIGKILL)


def test_start_process_that_fails_is_told_with_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the process said is in the log that the message names."""
    path = spec(tmp_path, monkeypatch, FAILS)
    with pytest.raises(OutsideFailed) as told:
        daemons.start("trial", path, path.with_suffix(".lock"), tmp_path / "log")

    assert str(tmp_path / "log") in told.value.fix.en
    assert "no such wire" in (tmp_path / "log").read_text()
