"""Starts the lab's own long-lived processes: titled like the services, and ready when the call returns."""

from __future__ import annotations

import fcntl
import os
import subprocess
from pathlib import Path

from failures import OutsideFailed, Text
from lab.openstack.install import PYTHON
from lab.processes import holder

READY_S = 30.0
TREE = Path(__file__).parents[1]


def running(lock: Path) -> bool:
    """Tell whether a process holds the lock."""
    return holder(lock) is not None


def start(module: str, spec: Path, lock: Path, log: Path) -> bool:
    """Start `python -m module spec` unless a process holds the lock; return whether one was started.

    The process says that it is ready by closing its standard output. OutsideFailed when it ends instead, or is late.
    """
    if running(lock):
        return False
    with log.open("a") as output:
        try:
            subprocess.run(
                ["govlab", "-S", "-m", module, spec],  # the first word is what the system shows and `down` looks for
                executable=PYTHON,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=output,
                env={**os.environ, "PYTHONPATH": str(TREE)},
                timeout=READY_S,
                check=True,
            )
        except (subprocess.SubprocessError, OSError) as error:
            raise _failed(module, spec, log) from error
    if not running(lock):
        raise _failed(module, spec, log)
    return True


def _failed(module: str, spec: Path, log: Path) -> OutsideFailed:
    return OutsideFailed(
        Text(f"{module} cannot be started", f"{module} 无法启动"),
        where=str(spec),
        fix=Text(f"see {log}, then run `govcloud lab up` again", f"请查看 {log}，然后重新执行 govcloud lab up"),
    )


def detach() -> None:
    """Go on in a child of nobody, in a session of its own."""
    if os.fork():
        os._exit(0)
    os.setsid()


def hold(path: Path) -> None:
    """Keep the lock for the life of this process; BlockingIOError when another process has it."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def tell_ready() -> None:
    """Tell the process that started this one that it serves."""
    os.close(1)
    os.open(os.devnull, os.O_WRONLY)
