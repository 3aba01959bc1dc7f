"""Finds the lab's processes from what the kernel knows: file locks, namespaces, command lines."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import struct
import time
from collections.abc import Collection, Iterator
from pathlib import Path

FLOCK = "@hhqqi4x"  # struct flock: type, whence, start, length, pid
PROC = Path("/proc")
ROOT = Path("/")
EXEC_S = 1.0
"""How long a process may be without words before it counts as having none."""


def holder(lock: Path) -> int | None:
    """Return the pid of the process that keeps a POSIX lock on the file; the kernel frees it when the process dies."""
    try:
        with lock.open("rb+") as file:
            asked = struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            kind, _, _, _, pid = struct.unpack(FLOCK, fcntl.fcntl(file, fcntl.F_GETLK, asked))
    except FileNotFoundError:
        return None
    return None if kind == fcntl.F_UNLCK else int(pid)


def pids() -> Iterator[int]:
    """Yield every process of the machine."""
    return (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())


def command_line(pid: int) -> str:
    """Return the words of a process joined by spaces, empty when it has ended or belongs to the kernel."""
    end = time.monotonic() + EXEC_S
    try:
        while not (words := (PROC / str(pid) / "cmdline").read_bytes()) and time.monotonic() < end:
            # Amid exec a process has a program already and no words yet; the dead and the kernel's have neither.
            (PROC / str(pid) / "exe").readlink()
            time.sleep(0.001)
    except OSError:
        return ""
    return words.replace(b"\0", b" ").decode(errors="replace")


def same_root(pid: int) -> bool:
    """Tell whether a path means the same to that process: in a container or a chroot it names somebody else's lab."""
    try:
        return ROOT.samefile(PROC / str(pid) / "root")
    except OSError:
        return False


def of_lab(folders: Collection[Path]) -> set[int]:
    """Return the services, zygotes and databases that work below one of the folders; nobody's editor or shell."""
    found = set()
    for pid in filter(same_root, pids()):
        line = command_line(pid)
        ours = line.startswith("govlab ") or "/govlab/zygote.py " in line or "/mariadbd " in line
        if ours and any(f"{folder}/" in line for folder in folders):
            found.add(pid)
    return found - {os.getpid()}


def inside(namespaces: Collection[int]) -> set[int]:
    """Return the processes whose network namespace is one of these inode numbers."""
    found = set()
    for pid in pids():
        with contextlib.suppress(OSError):
            if (PROC / str(pid) / "ns/net").stat().st_ino in namespaces:
                found.add(pid)
    return found


def alive(pid: int) -> bool:
    """Tell whether a process still has its files and locks; a dying one loses its command line before them."""
    try:
        return _stat(pid)[0] not in "ZX"
    except OSError:
        return False


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat after the name: state, parent, ..."""
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def memory_mib(pid: int) -> float:
    """Return the proportional share of memory of a process in MiB, 0 when it has ended."""
    with contextlib.suppress(OSError):
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def uptime_s(pid: int) -> float:
    """Return for how many seconds a process has been running, 0 when it has ended."""
    with contextlib.suppress(OSError):
        started = int(_stat(pid)[19])
        now = float((PROC / "uptime").read_text().split()[0])
        return now - started / os.sysconf("SC_CLK_TCK")
    return 0.0


def kill(targets: Collection[int], *, seconds: float = 5.0) -> None:
    """Kill at once and return when all are gone, or after `seconds`."""
    for pid in targets:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    end = time.monotonic() + seconds
    while any(alive(pid) for pid in targets) and time.monotonic() < end:
        time.sleep(0.02)
