"""Nothing of a run stays behind: no process that carries its mark, no file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from playbooks.leftovers import MARK, clear, clear_leftovers, marked

SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")


def sleeper(run: Path | None, *words: str) -> subprocess.Popen[bytes]:
    """Start a process with the mark of a run, or without."""
    mark = {MARK: str(run)} if run else {}
    return subprocess.Popen([*SLEEP, *words], env={"PATH": os.environ["PATH"], **mark})


def test_clear_ends_marked_processes_and_no_other(tmp_path: Path) -> None:
    """A process of another run, or of nobody's, is left alone."""
    mine, theirs = tmp_path / "run-1", tmp_path / "run-2"
    mine.mkdir()
    (mine / "secrets.json").write_text("x")
    started = [sleeper(mine), sleeper(None, f"{mine}/cp/socket"), sleeper(theirs), sleeper(None)]
    try:
        clear(mine)

        assert [process.wait(5) for process in started[:2]] == [-9, -9]
        assert [process.poll() for process in started[2:]] == [None, None]
        assert not mine.exists()
    finally:
        for process in started:
            process.kill()
            process.wait(5)


def test_clear_leftovers_takes_runs_and_leaves_keys(tmp_path: Path) -> None:
    """Only folders of runs go."""
    (tmp_path / "run-1").mkdir()
    (tmp_path / "east.data.key").write_text("key")

    clear_leftovers(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["east.data.key"]


def test_marked_never_names_this_process(tmp_path: Path) -> None:
    """Who clears up does not end itself."""
    assert os.getpid() not in marked(tmp_path)
