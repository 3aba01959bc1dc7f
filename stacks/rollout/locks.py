"""One writer per cloud: a lock that names its holder and dies with it."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from failures import GateRefused, Text
from stacks.rollout.home import naming


@dataclass(frozen=True)
class Holder:
    """Who holds a lock; `since` is ISO 8601."""

    pid: int
    host: str
    user: str
    since: str
    command: str

    def __str__(self) -> str:
        return f"{self.command} (pid {self.pid}, {self.user}@{self.host}, {self.since})"


@contextmanager
def hold(path: Path, command: str) -> Iterator[None]:
    """Hold the lock while the block runs; the kernel frees it when the process dies, however it dies.

    Raises:
        GateRefused: another process holds it; the message names the holder.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _refusal(path) from None
        with naming(path):
            _write(descriptor, json.dumps(asdict(_self(command))))
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def holder(path: Path) -> Holder | None:
    """Return who wrote the lock file last, None when nobody did or the text is not whole."""
    try:
        return Holder(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _self(command: str) -> Holder:
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    return Holder(os.getpid(), socket.gethostname(), os.environ.get("USER") or str(os.getuid()), now, command)


def _refusal(path: Path) -> GateRefused:
    who = holder(path) or "?"
    return GateRefused(
        Text(f"another command is at work on this cloud: {who}", f"另一个命令正在操作该云：{who}"),
        where=str(path),
        fix=Text("wait for it to end, then run again", "请等待其结束后重试"),
    )


def _write(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)
