"""Runs the govcloud command as a user would: a process of its own, with a state folder of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIMIT_SECONDS = 240.0
PROGRAM = Path(sys.executable).with_name("govcloud")


@dataclass(frozen=True)
class Ended:
    """How a command ended; `seconds` is wall time, `cpu` user and system time of the process and its children."""

    words: tuple[str, ...]
    code: int
    out: str
    err: str
    seconds: float
    cpu: float

    @property
    def document(self) -> dict[str, Any]:
        """The document that --json printed."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def text(self) -> str:
        """Everything that was printed, for the message of a failed assertion."""
        return f"govcloud {' '.join(self.words)} -> {self.code} after {self.seconds:.1f} s\n{self.out}\n{self.err}"


class Started:
    """A command that is still running."""

    def __init__(self, words: tuple[str, ...], environ: dict[str, str]) -> None:
        self.words = words
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [PROGRAM, *words],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def signal(self, number: signal.Signals) -> bool:
        """Send a signal; return whether the process was still running."""
        running = self.process.poll() is None
        if running:
            self.process.send_signal(number)
        return running

    def told(self, words: str) -> str:
        """Wait for words on standard error and return what was told there so far; `ended` tells the rest only."""
        assert self.process.stderr is not None
        text = ""
        while words not in text:
            line = self.process.stderr.readline()
            assert line, f"{self.words} ended without {words!r}\n{text}"
            text += line
        return text

    def ended(self, limit: float = LIMIT_SECONDS) -> Ended:
        """Wait for the end; a command that takes longer than `limit` seconds is killed and fails the test."""
        before = os.times()
        try:
            out, err = self.process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, err = self.process.communicate()
            raise AssertionError(f"{self.words} did not end in {limit} s\n{out}\n{err}") from None
        after = os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        return Ended(self.words, self.process.returncode, out, err, time.monotonic() - self.began, cpu)


class Govcloud:
    """The command with one state folder and one clouds.yaml."""

    def __init__(self, home: Path, clouds_file: Path, **environ: str) -> None:
        self.home = home
        self.environ = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("OS_", "GOVCLOUD", "PULUMI"))},
            "GOVCLOUD_HOME": str(home),
            "OS_CLIENT_CONFIG_FILE": str(clouds_file),
            "LC_ALL": "C.UTF-8",
            **environ,
        }

    def start(self, *words: str | Path) -> Started:
        return Started(tuple(map(str, words)), self.environ)

    def run(self, *words: str | Path, expect: int | None = 0) -> Ended:
        """Run to the end; the exit code must be `expect` unless that is None."""
        ended = self.start(*words).ended()
        assert expect is None or ended.code == expect, ended.text
        return ended
