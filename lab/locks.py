"""Advisory locks that the kernel frees when their holder dies."""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Iterator
from pathlib import Path

from failures import GateRefused, Text
from lab.processes import holder


@contextlib.contextmanager
def locked(path: Path, seconds: float = 0.0) -> Iterator[None]:
    """Hold the lock for the length of the block; GateRefused when another process keeps it for `seconds`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + seconds
    with path.open("a+b") as file:
        while True:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() >= end:
                    raise _busy(path) from None
                time.sleep(0.1)
        yield


def _busy(path: Path) -> GateRefused:
    pid = holder(path)
    return GateRefused(
        Text(f"another process (pid {pid}) is at work here", f"另一个进程（pid {pid}）正在使用"),
        where=str(path),
        fix=Text("wait until it has ended, then repeat", "请等它结束后重试"),
    )
