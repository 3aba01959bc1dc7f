"""Control groups of the hosts: what runs in one, what it takes, and its end."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

TREE = Path("/sys/fs/cgroup")
PURE = (TREE / "cgroup.controllers").exists()
UNIFIED = TREE if PURE else TREE / "unified"
# In a hybrid tree the old hierarchies account and limit; without them a host would count as part of its starter.
TREES = (TREE,) if PURE else tuple(TREE / name for name in ("unified", "systemd", "memory", "pids", "cpuacct"))
MEMORY = TREE if PURE else TREE / "memory"
USAGE, LIMIT = ("memory.current", "memory.max") if PURE else ("memory.usage_in_bytes", "memory.limit_in_bytes")


def folders(name: str) -> list[Path]:
    """Return the group's folder in every hierarchy."""
    return [tree / name for tree in TREES if tree.is_dir()]


def make(name: str, memory_mb: int) -> None:
    """Make the group and limit its memory, where the kernel has a controller for it."""
    for folder in folders(name):
        folder.mkdir(parents=True, exist_ok=True)
        if PURE:
            for above in (folder.parent.parent, folder.parent):
                with contextlib.suppress(OSError):  # a container may not be given the controller
                    (above / "cgroup.subtree_control").write_text("+memory +pids")
    with contextlib.suppress(OSError):
        (MEMORY / name / LIMIT).write_text(str(memory_mb << 20))


def events(name: str) -> Path:
    """Return the file that the kernel reports changes of the group through."""
    return UNIFIED / name / "cgroup.events"


def populated(name: str) -> bool:
    """Tell whether any process runs in the group or below it."""
    try:
        return "populated 1" in events(name).read_text()
    except OSError:
        return False


def processes(name: str) -> Iterator[int]:
    """Yield the processes in the group and below it."""
    for folder, _, files in os.walk(UNIFIED / name):
        if "cgroup.procs" in files:
            with contextlib.suppress(OSError):
                yield from map(int, (Path(folder) / "cgroup.procs").read_text().split())


def kill(name: str, seconds: float = 5.0) -> bool:
    """Kill everything in the group at once; tell whether it is empty, at most `seconds` later."""
    with contextlib.suppress(FileNotFoundError):
        (UNIFIED / name / "cgroup.kill").write_text("1")
    return emptied(name, seconds)


def emptied(name: str, seconds: float) -> bool:
    """Wait until nothing runs in the group; tell whether that came within `seconds`."""
    end = time.monotonic() + seconds
    while populated(name):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def freeze(name: str, *, frozen: bool) -> None:
    """Stop the clock of everything in the group, or let it go on."""
    (UNIFIED / name / "cgroup.freeze").write_text(str(int(frozen)))


def frozen(name: str) -> bool:
    """Tell whether the group is frozen."""
    try:
        return (UNIFIED / name / "cgroup.freeze").read_text().strip() == "1"
    except OSError:
        return False


def memory_mib(name: str) -> float:
    """Return what the group takes in MiB, 0 when there is none."""
    try:
        return int((MEMORY / name / USAGE).read_text()) / 2**20
    except OSError:
        return 0.0


def remove(name: str, *, itself: bool = True) -> None:
    """Remove the empty groups below this one, and this one too unless told otherwise."""
    for top in folders(name):
        for folder, _, _ in os.walk(top, topdown=False):
            if itself or Path(folder) != top:
                with contextlib.suppress(OSError):  # busy: something runs in it
                    Path(folder).rmdir()


def begin_with(mark: str) -> list[str]:
    """Return the names of the top groups that begin with `mark`."""
    return sorted({entry.name for tree in TREES if tree.is_dir() for entry in tree.glob(f"{mark}*") if entry.is_dir()})
