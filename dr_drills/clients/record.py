"""The record of attempts: a JSON line for each, written as it ends, that outlives whoever writes it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import Any, Self

from dr_drills.clients.attempts import Attempt, Outcome
from failures import InputInvalid, Text, of_system

ATTEMPTS = "attempts.jsonl"
"""The record in a run's folder."""


class Record:
    """Appends attempts to a file, from any thread; what a killed writer left torn is cut off first.

    Raises GovcloudError when the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            os.ftruncate(self._file, len(_whole(path.read_bytes())))
        except OSError as error:
            raise of_system(error) from error
        self._lock = Lock()
        self._trouble: OSError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def append(self, attempt: Attempt) -> None:
        """Write one line; what prevents it is raised by close."""
        line = json.dumps(asdict(attempt), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            if self._trouble is None:
                self._write(line)

    def close(self) -> None:
        """Bring everything to the disk. Raises GovcloudError when an attempt could not be written."""
        with self._lock:
            try:
                os.fsync(self._file)
            except OSError as error:
                self._trouble = self._trouble or error
            os.close(self._file)
        if self._trouble:
            raise of_system(self._trouble) from self._trouble

    def _write(self, line: bytes) -> None:
        try:
            while line:
                line = line[os.write(self._file, line) :]
        except OSError as error:
            self._trouble = error


def read_record(path: Path) -> tuple[Attempt, ...]:
    """Return the attempts in a record, in the order in which they ended; a torn last line is left out.

    Raises GovcloudError for a file that cannot be read, or a whole line that is no attempt.
    """
    try:
        text = _whole(path.read_bytes())
    except OSError as error:
        raise of_system(error) from error
    return tuple(_attempts(text, path))


def _whole(text: bytes) -> bytes:
    return text[: text.rfind(b"\n") + 1]


def _attempts(text: bytes, path: Path) -> Iterator[Attempt]:
    for number, line in enumerate(text.splitlines(), 1):
        try:
            yield _attempt(json.loads(line))
        except (ValueError, TypeError, KeyError) as error:
            raise InputInvalid(
                Text("this line is no attempt of a client", "该行不是客户端的一次尝试记录"),
                where=f"{path}:{number}",
                fix=Text("the record was changed: do not rely on it", "记录已被改动，不可作为依据"),
            ) from error


def _attempt(fields: dict[str, Any]) -> Attempt:
    return Attempt(**{**fields, "outcome": Outcome(fields["outcome"])})
