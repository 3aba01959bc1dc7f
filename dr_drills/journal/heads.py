"""The head of a journal where it is kept: beside it, and elsewhere."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from dr_drills.journal.event import JSON, Event
from dr_drills.journal.verify import Head
from failures import InputInvalid, Text


class Destination(Protocol):
    """A place at another site that keeps small texts."""

    @property
    def name(self) -> str: ...

    def put(self, name: str, text: str) -> None:
        """Keep the text under a name, whole or not at all. Raises GovcloudError or OSError."""


def head_of(events: Sequence[Event]) -> Head:
    """Return the head of events that begin a run."""
    last = events[-1]
    return Head(str(events[0].data.get("run", "")), last.seq, last.digest, last.at)


def put_text(path: Path, document: Mapping[str, JSON]) -> None:
    """Write a document as `put_whole` does."""
    put_whole(path, json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def read_head(path: Path) -> Head | None:
    """Return a head, None where there is no file. Raises InputInvalid when it is no head."""
    try:
        return parse_head(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise _no_head(str(path)) from error


def parse_head(text: str, where: str) -> Head:
    """Return the head that a text is. Raises InputInvalid when it is none."""
    try:
        found = json.loads(text)
        return Head(str(found["run"]), int(found["seq"]), str(found["digest"]), str(found["at"]))
    except (ValueError, TypeError, KeyError) as error:
        raise _no_head(where) from error


def _no_head(where: str) -> InputInvalid:
    return InputInvalid(Text("not the head of a journal", "不是日志的链头"), where=where)


def put_whole(path: Path, text: str) -> None:
    """Write a text; a reader sees the old one or the new one, whole, also after a crash."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
