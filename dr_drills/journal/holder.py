"""Who holds the lock of a cloud's drills: named for people, and known to be dead where that can be known."""

from __future__ import annotations

import getpass
import json
import os
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

from dr_drills.journal.clock import boot_id, utc


@dataclass(frozen=True)
class Holder:
    """A controller's process; `started` is when, in ticks since its machine's boot; `token` is its own for one lock."""

    command: str
    user: str
    host: str
    pid: int
    since: str
    boot_id: str
    pids: str
    started: str
    token: str

    def __str__(self) -> str:
        return f"{self.command} (pid {self.pid}, {self.user}@{self.host}, {self.since})"

    @classmethod
    def myself(cls, command: str) -> Holder:
        pid = os.getpid()
        words = (command, getpass.getuser(), socket.gethostname(), pid, utc(), boot_id())
        return cls(*words, _pids(), _started(pid), uuid4().hex)

    @classmethod
    def parse(cls, text: str) -> Holder | None:
        """Return the holder of a lock's text, None when it names none."""
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError):
            return None

    def text(self) -> str:
        return json.dumps(asdict(self))

    @property
    def is_dead(self) -> bool:
        """Tell whether the process is known to have ended: it ran on this very machine, and is not there."""
        if (self.boot_id, self.pids) != (boot_id(), _pids()):
            return False
        return _started(self.pid) != self.started


def _pids() -> str:
    """Return the space in which process ids count here."""
    return str(Path("/proc/self/ns/pid").readlink())


def _started(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    state, *rest = stat.rpartition(")")[2].split()
    # A zombie writes nothing any more; its entry stays until its parent looks.
    return "" if state in {"Z", "X"} else rest[18]
