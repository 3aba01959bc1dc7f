"""What was last built of each stack: lets an unchanged shard be skipped without opening its state."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from stacks.engine.journal import sync_folder
from stacks.rollout.home import naming


class Result(StrEnum):
    DONE = "done"
    ACTING = "acting"
    """written before anything is touched; still there after a kill"""
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Record:
    """One stack's last build.

    `digest` is the shard's, `program` the version of the code that built it, `outputs` a hash of what it gave,
    `needs` a hash of the outputs it was built on; `at` is ISO 8601; `generation` is that of the site's cloud.
    """

    stack: str
    site: str
    kind: str
    digest: str
    program: str
    engine: str
    result: Result
    at: str
    needs: str = ""
    outputs: str = ""
    resources: int = 0
    generation: str = ""


class Records:
    """The records of one cloud, a file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self) -> dict[str, Record]:
        """Return the records by stack; one that cannot be read is left out, so its stack is looked at again."""
        if not self._folder.is_dir():
            return {}
        found = (_parse(path) for path in sorted(self._folder.glob("*.json")))
        return {record.stack: record for record in found if record}

    def begin(self, record: Record) -> None:
        """Make it durable that the stack is about to be touched."""
        self._write(replace(record, result=Result.ACTING))

    def finish(self, record: Record) -> None:
        self._write(record)

    def forget(self, stack: str) -> None:
        self.path(stack).unlink(missing_ok=True)

    def path(self, stack: str) -> Path:
        return self._folder / f"{stack}.json"

    def _write(self, record: Record) -> None:
        path = self.path(record.stack)
        fresh = path.with_suffix(".new")
        with naming(path), fresh.open("w", encoding="utf-8") as file:
            json.dump(asdict(record), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        sync_folder(self._folder)


def _parse(path: Path) -> Record | None:
    try:
        data: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Record(**{**data, "result": Result(data["result"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
