"""Ends what an earlier run left behind: processes that carry its mark, and its folder."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from inventories.runtime import sweep

MARK = "RUN_FOLDER_OF_ANSIBLE"
"""The variable that every process of a run has in its environment: the run's folder."""
PREFIX = "run-"
SECONDS = 5.0
LOOKS = 2
"""How often in a row nothing is found before it counts: /proc shows nothing of a process amid execve."""


def clear_leftovers(folder: Path) -> None:
    """End the processes of every run below a cloud's runtime folder and remove what they used.

    The caller holds the cloud's lock, so that no run is anybody's any more.
    """
    for left in folder.glob(f"{PREFIX}*"):
        clear(left)


def clear(run: Path) -> None:
    """End the processes of one run and remove its folder."""
    until, empty = time.monotonic() + SECONDS, 0
    while empty < LOOKS and time.monotonic() < until:
        found = tuple(marked(run))
        for pid in found:
            _kill(pid)
        empty = 0 if found else empty + 1
        time.sleep(0.05)
    sweep(run)


def marked(run: Path) -> Iterator[int]:
    """Yield the processes of a run, this one never."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid() and _belongs(entry, run):
            yield int(entry.name)


def _belongs(process: Path, run: Path) -> bool:
    """Return whether a process has the mark, or is an ssh master: that one writes its title over its environment."""
    if f"{MARK}={run}".encode() in _read(process / "environ").split(b"\0"):
        return True
    return f"{run}/".encode() in _read(process / "cmdline")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
