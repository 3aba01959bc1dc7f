"""Advisory locks that the kernel frees when their holder dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from failures import GateRefused, Text
from lab.processes import holder


@contextlib.contextmanager
def locked(path: Path, seconds: float = 0.0) -> Iterator[None]:
    """Hold the lock for the length of the block; GateRefused when another process keeps it for `seconds`.

    The holder may delete the file: who waited for it then takes the new one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + seconds
    while True:
        with path.open("a+b") as file:
            if _taken(file, path):
                yield
                return
        if time.monotonic() >= end:
            raise _busy(path)
        time.sleep(0.1)


def _taken(file: BinaryIO, path: Path) -> bool:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except OSError:
        return False


def _busy(path: Path) -> GateRefused:
    pid = holder(path)
    return GateRefused(
        Text(f"another process (pid {pid}) is at work here", f"另一个进程（pid {pid}）正在使用"),
        where=str(path),
        fix=Text("wait until it has ended, then repeat", "请等它结束后重试"),
    )
