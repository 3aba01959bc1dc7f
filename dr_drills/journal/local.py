"""The store of a journal that is always written: a file of this machine, locked, each line on the disk."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from dr_drills.journal.event import Event, lines_of
from dr_drills.journal.heads import put_whole
from stacks.engine.journal import no_room, sync_folder
from stacks.rollout.locks import hold

JOURNAL, LOCK = "journal.jsonl", "lock"


class FileStore:
    """Holds the folder's lock until it is closed or its process dies. Raises GateRefused when another has it."""

    def __init__(self, folder: Path, command: str) -> None:
        self.folder, self.path, self.name = folder, folder / JOURNAL, str(folder / JOURNAL)
        self._lock = ExitStack()
        self._lock.enter_context(hold(folder / LOCK, command))
        self._fd = -1
        self._broken: OSError | None = None

    @property
    def exists(self) -> bool:
        return self.path.exists()

    def lines(self) -> bytes:
        return self.path.read_bytes() if self.exists else b""

    def write(self, events: Sequence[Event]) -> None:
        """Keep events. Raises OutsideFailed when the disk does not take them, also for all that follow."""
        try:
            self._append(lines_of(events))
        except OSError as error:
            raise no_room(self.path, error) from error

    def replace(self, events: Sequence[Event]) -> None:
        """Keep these events and nothing else, at once."""
        self._shut()
        put_whole(self.path, lines_of(events).decode())
        sync_folder(self.folder)

    def close(self) -> None:
        self._shut()
        self._lock.close()

    def _append(self, raw: bytes) -> None:
        if self._broken:
            raise self._broken
        fd = self._opened()
        size = os.fstat(fd).st_size
        try:
            done = os.write(fd, raw)
            if done != len(raw):
                done += os.write(fd, raw[done:])
            os.fsync(fd)
        except OSError as error:
            # Half a line before a good one would read as damage; after a failed fsync nothing can be promised.
            self._broken = error
            os.ftruncate(fd, size)
            raise

    def _opened(self) -> int:
        if self._fd < 0:
            self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            sync_folder(self.folder)
        return self._fd

    def _shut(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
