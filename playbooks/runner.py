"""Runs playbooks in a child process with an allow-listed environment, all its files in memory and gone at the end."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event as Flag
from threading import Thread
from typing import IO, Any

from failures import OutsideFailed, Text
from inventories.runtime import write_private
from playbooks.events import Event, RunEnded, parse
from playbooks.leftovers import MARK, PREFIX, clear

HOME = Path(__file__).resolve().parent
FORKS = 20
STALL_SECONDS = 900.0
"""A run that tells nothing for so long is stopped; no task of ours takes a third of it."""
STOP_SECONDS = 20.0
_LENT = ("HOME", "LANG", "LC_ALL", "TZ")
"""All that the child gets of our environment beside a PATH: whatever it has, ansible-runner writes to a file."""
_TICK = 0.2


@dataclass(frozen=True)
class Run:
    """What to run on whom; `inventory` and `secrets` are documents for Ansible, `plays` paths of playbooks."""

    plays: Sequence[Path]
    inventory: Mapping[str, Any]
    secrets: Mapping[str, Any]
    limit: Sequence[str]


def run_plays(run: Run, folder: Path, hear: Callable[[Event], None], stop: Flag) -> RunEnded:
    """Run and return how it ended; each event is told as it comes. `folder` is the cloud's runtime folder.

    Raises OutsideFailed when Ansible cannot be started at all, or tells nothing for 15 minutes.
    """
    with _laid_out(run, folder) as place, _started(place) as child:
        ended = _listen(child, run, place, hear, stop)
    if ended is None:
        raise OutsideFailed(
            Text("the process that runs Ansible ended before its time", "执行 Ansible 的进程提前结束"),
            fix=Text("run the command again: it goes on where this one stopped", "请重新执行命令，将从中断处继续"),
        )
    return ended


def environment(place: Path, ours: Mapping[str, str]) -> dict[str, str]:
    """Return all that the child knows of the world."""
    lent = {name: ours[name] for name in _LENT if name in ours}
    path = os.pathsep.join(
        (str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin")
    )
    return {
        "LANG": "C.UTF-8",
        **lent,
        "PATH": path,
        MARK: str(place),
        "TMPDIR": str(place),
        "ANSIBLE_CONFIG": str(HOME / "ansible.cfg"),
        "ANSIBLE_ROLES_PATH": str(HOME / "roles"),
        "ANSIBLE_HOME": str(place / "ansible"),
        "ANSIBLE_LOCAL_TEMP": str(place / "ansible" / "tmp"),
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(place / "cp"),
        # One connection per host for the whole run; compression would cost the controller more than it saves.
        "ANSIBLE_SSH_ARGS": "-o ControlMaster=auto -o ControlPersist=600s",
        # ansible-runner switches this off where it is not said.
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "ANSIBLE_NOCOLOR": "True",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@contextmanager
def _laid_out(run: Run, folder: Path) -> Iterator[Path]:
    """Lay everything the run needs into a folder of its own; afterwards nothing of it is left."""
    place = folder / f"{PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
    place.mkdir(mode=0o700)
    try:
        write_private(place / "inventory.json", json.dumps(run.inventory))
        write_private(place / "secrets.json", json.dumps(run.secrets))
        write_private(place / "plays.yml", json.dumps([{"import_playbook": str(play)} for play in run.plays]))
        yield place
    finally:
        clear(place)


@contextmanager
def _started(place: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start the child in a session of its own: Ctrl-C reaches us alone, and we tell it to stop."""
    with (place / "stderr").open("wb") as stderr:
        child = subprocess.Popen(
            [sys.executable, "-I", "-m", "playbooks.child"],
            env=environment(place, os.environ),
            cwd=place,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
        )
    try:
        yield child
    finally:
        child.kill()
        child.wait(STOP_SECONDS)
        for stream in (child.stdin, child.stdout):
            if stream:
                stream.close()


def _listen(
    child: subprocess.Popen[bytes], run: Run, place: Path, hear: Callable[[Event], None], stop: Flag
) -> RunEnded | None:
    """Tell the child its job and hear it out; None when it ends without having said how."""
    job = {
        "folder": str(place),
        "playbook": str(place / "plays.yml"),
        "inventory": str(place / "inventory.json"),
        "secrets": str(place / "secrets.json"),
        "limit": list(run.limit),
        "forks": FORKS,
    }
    _tell(child, json.dumps(job))
    lines: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_pump, args=(child.stdout, lines), daemon=True).start()
    heard, stopping = time.monotonic(), False
    while True:
        if stop.is_set() and not stopping:
            stopping = True
            _tell(child, "stop")
        try:
            text = lines.get(timeout=_TICK)
        except Empty:
            silent = time.monotonic() - heard
            if stopping and silent > STOP_SECONDS:
                return RunEnded("canceled", 254)
            if silent > STALL_SECONDS:
                raise _stalled() from None
            continue
        heard = time.monotonic()
        if not text:
            return None
        event = parse(text.decode())
        if isinstance(event, RunEnded):
            return event
        hear(event)


def _pump(stream: IO[bytes] | None, lines: SimpleQueue[bytes]) -> None:
    """Hand on every line, then an empty one for the end."""
    for text in stream or ():
        lines.put(text)
    lines.put(b"")


def _tell(child: subprocess.Popen[bytes], text: str) -> None:
    if child.stdin:
        try:
            child.stdin.write(text.encode() + b"\n")
            child.stdin.flush()
        except BrokenPipeError:
            return


def _stalled() -> OutsideFailed:
    minutes = int(STALL_SECONDS // 60)
    return OutsideFailed(
        Text(
            f"nothing was heard of Ansible for {minutes} minutes; it was stopped",
            f"Ansible 已 {minutes} 分钟没有进展，已停止",
        ),
        fix=Text(
            "look at the hosts of the last task, then run the command again", "请检查最后一个任务涉及的主机后重试"
        ),
    )
