"""Enters every host once before it is configured: does it let us in, has it room, does its clock run right."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event

from failures import GovcloudError, OutsideFailed, Text
from inventories.ansible import USER, Door, ssh_options
from playbooks.advice import bounded, next_step

AT_ONCE = 8
CONNECT_SECONDS = 5
ENTRY_SECONDS = 20.0
PAUSE_SECONDS = 2.0
LEAST_FREE_MIB = 300
MOST_SKEW_SECONDS = 60
LOOK = "date +%s; df -Pk / /var | awk 'NR > 1 {print $4}'"
_BOOTING = re.compile(r"timed out|No route|refused|closed|reset|unreachable")
_REFUSED = "Permission denied"
LOGIN_SECONDS = 20.0
"""How long a host may refuse the key: it listens some seconds before cloud-init has put the key in its place."""


@dataclass(frozen=True)
class Answer:
    """What a host said: exit code and both outputs; `began` and `ended` are seconds since the epoch."""

    code: int
    out: str
    err: str
    began: float
    ended: float


Enter = Callable[[str, Door], Answer]
"""Runs LOOK on the host at an address."""


def reach(
    hosts: Mapping[str, tuple[str, Door]], patience: Mapping[str, float], stop: Event, enter: Enter | None = None
) -> dict[str, GovcloudError]:
    """Return why each host that cannot be worked on cannot.

    `hosts` gives address and door, `patience` the seconds a host may take to let us in: one that boots takes some.
    """
    if not hosts:
        return {}
    with ThreadPoolExecutor(AT_ONCE, "reach") as pool:
        asked = {
            host: pool.submit(_judge, host, where, patience.get(host, 0.0), stop, enter or _ssh)
            for host, where in hosts.items()
        }
        return {host: failure for host, answer in asked.items() if (failure := answer.result())}


def _judge(host: str, where: tuple[str, Door], patience: float, stop: Event, enter: Enter) -> GovcloudError | None:
    began = time.monotonic()
    answer = enter(*where)
    while time.monotonic() < began + _wait(answer, patience) and not stop.wait(PAUSE_SECONDS):
        answer = enter(*where)
    if answer.code:
        reason = bounded(_last(answer.err), ())
        return _failure(host, Text(f"cannot be entered: {reason}", f"无法登录：{reason}"), answer.err)
    return _unfit(host, answer)


def _wait(answer: Answer, patience: float) -> float:
    """Return how many seconds in all a host that answers so is given."""
    if answer.code == 0:
        return 0.0
    if _REFUSED in answer.err:
        return min(patience, LOGIN_SECONDS)
    return patience if _BOOTING.search(answer.err) else 0.0


def _unfit(host: str, answer: Answer) -> GovcloudError | None:
    """Return what makes a host that let us in unfit to be configured."""
    try:
        clock, *free = (int(word) for word in answer.out.split())
    except ValueError:
        said = bounded(answer.out, ())
        return _failure(host, Text(f"it answers something else: {said}", f"应答异常：{said}"), "")
    if free and min(free) // 1024 < LEAST_FREE_MIB:
        room = min(free) // 1024
        what = Text(
            f"its disk is full: {room} MiB free, {LEAST_FREE_MIB} are needed",
            f"磁盘已满：剩余 {room} MiB，至少需要 {LEAST_FREE_MIB} MiB",
        )
        return _failure(host, what, "disk full")
    # It was read between the two moments; only what lies outside of them is wrong.
    skew = max(answer.began - 1 - clock, clock - answer.ended, 0)
    if skew > MOST_SKEW_SECONDS:
        way = Text("ahead", "快") if clock > answer.ended else Text("behind", "慢")
        what = Text(f"its clock is {skew:.0f} s {way.en}", f"其时钟{way.zh}了 {skew:.0f} 秒")
        return _failure(host, what, "clock")
    return None


def _failure(host: str, what: Text, sign: str) -> GovcloudError:
    return OutsideFailed(what, where=host, fix=next_step(sign))


def _last(text: str) -> str:
    """Return the line of ssh's words that says why, which is the last that is not about itself."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("@@@")]
    return lines[-1] if lines else "no answer"


def _ssh(address: str, door: Door) -> Answer:
    began = time.time()
    try:
        done = subprocess.run(
            command(address, door),
            env={name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ} | {"LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=ENTRY_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Answer(255, "", f"timed out after {ENTRY_SECONDS:g} s", began, time.time())
    out, err = (text.decode(errors="replace") for text in (done.stdout, done.stderr))
    return Answer(done.returncode, out, err, began, time.time())


def command(address: str, door: Door) -> Sequence[str]:
    """Return the command that enters a host and looks; nothing in it is read by a shell of ours."""
    own = ("-o", "BatchMode=yes", "-o", f"ConnectTimeout={CONNECT_SECONDS}", "-o", "ControlPath=none")
    return ("ssh", *own, *ssh_options(door), "-i", str(door.key), "-l", USER, "--", address, LOOK)
