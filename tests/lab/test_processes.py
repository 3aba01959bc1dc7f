"""Finding processes by what the kernel knows."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from failures import GateRefused
from lab.locks import locked
from lab.processes import alive, command_line, holder, kill, of_lab

HOLD = "import fcntl,sys,time; f=open(sys.argv[1],'a'); fcntl.lockf(f, fcntl.LOCK_EX); print('held', flush=True); time.sleep(60)"


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that keeps a lock on tmp_path/lock."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_holder_free_file_is_none(tmp_path: Path) -> None:
    """Neither a missing nor an unlocked file has a holder."""
    (tmp_path / "free").touch()

    assert holder(tmp_path / "free") is None
    assert holder(tmp_path / "missing") is None


def test_holder_locked_file_is_its_process(tmp_path: Path, keeper: subprocess.Popen[str]) -> None:
    """The kernel names the process that keeps the lock."""
    assert holder(tmp_path / "lock") == keeper.pid


def test_holder_after_kill_is_none(tmp_path: Path, keeper: subprocess.Popen[str]) -> None:
    """A killed process leaves no lock behind, and kill returns only then."""
    kill({keeper.pid})

    assert not alive(keeper.pid)
    assert holder(tmp_path / "lock") is None


def test_locked_by_another_is_refused_with_its_pid(tmp_path: Path, keeper: subprocess.Popen[str]) -> None:
    """The message names who is at work."""
    with pytest.raises(GateRefused, match=f"pid {keeper.pid}"), locked(tmp_path / "lock"):
        pass


def test_locked_file_its_holder_deleted_is_taken_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock on a file that no longer has a name keeps nobody else out."""
    path, lockf = tmp_path / "lock", fcntl.lockf
    asked: list[int] = []

    def deleted_meanwhile(file: IO[bytes], operation: int) -> None:
        asked.append(operation)
        if len(asked) == 1:
            path.unlink()
        lockf(file, operation)

    monkeypatch.setattr(fcntl, "lockf", deleted_meanwhile)
    with locked(path, seconds=5.0):
        assert path.exists()
    assert len(asked) == 2


def test_command_line_amid_exec_waits_for_the_words() -> None:
    """A parent goes on before the kernel shows its child's words: seen at once, about every third has none yet."""
    for _ in range(40):
        with subprocess.Popen(["govlab nova", "60"], executable="/bin/sleep") as process:
            words = command_line(process.pid)
            process.kill()
        assert words == "govlab nova 60 "


def test_command_line_of_the_dead_is_empty_at_once() -> None:
    """A process that ended and was not waited for has no words and costs no time."""
    with subprocess.Popen(["/bin/true"], stdout=subprocess.PIPE) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        began = time.monotonic()
        assert command_line(process.pid) == ""
    assert time.monotonic() - began < 0.5


def test_of_lab_leaves_strangers_alone(tmp_path: Path) -> None:
    """A shell or editor with a file of the lab open is not the lab's; a service of it is."""
    stranger = [sys.executable, "-c", "import time; time.sleep(60)", f"{tmp_path}/log"]
    service = ["govlab nova", *stranger[1:]]
    with subprocess.Popen(stranger) as one, subprocess.Popen(service, executable=sys.executable) as two:
        try:
            assert of_lab([tmp_path]) == {two.pid}
        finally:
            one.kill()
            two.kill()
    assert os.getpid() not in of_lab([tmp_path])


SIT = "import os,sys,time; os.chroot(sys.argv[1]); print('sitting', flush=True); time.sleep(60)"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change its root directory")
@pytest.mark.parametrize(("root", "ours"), [("/", True), ("/tmp", False)])
def test_of_lab_process_under_another_root_is_not_ours(tmp_path: Path, root: str, *, ours: bool) -> None:
    """The same path in a container is another lab, which `lab down` must leave alone."""
    words = [f"govlab nova {tmp_path}/", "-c", SIT, root]
    with subprocess.Popen(words, executable=sys.executable, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "sitting\n"
        found = of_lab([tmp_path])
        process.kill()

    assert (process.pid in found) is ours
