"""Tells when a host has ended by itself, also one that another process started."""

from __future__ import annotations

import select
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

CHANGED = select.EPOLLPRI | select.EPOLLERR


class Watch:
    """Listens to the control groups of hosts; calls `ended` with the identity of one that has become empty."""

    def __init__(self, ended: Callable[[str], None]) -> None:
        self._ended = ended
        self._epoll = select.epoll()
        self._files: dict[int, tuple[BinaryIO, str]] = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()

    def add(self, identity: str, events: Path) -> None:
        """Watch a host that runs; `events` is its control group's file of events."""
        self.drop(identity)
        file = events.open("rb", buffering=0)
        with self._lock:
            self._files[file.fileno()] = (file, identity)
            file.read()
            self._epoll.register(file.fileno(), CHANGED)

    def drop(self, identity: str) -> None:
        """Watch the host no longer."""
        with self._lock:
            for number in [number for number, (_, who) in self._files.items() if who == identity]:
                self._forget(number)

    def _forget(self, number: int) -> None:
        file, _ = self._files.pop(number)
        self._epoll.unregister(number)
        file.close()

    def _listen(self) -> None:
        while True:
            for number, _ in self._epoll.poll():
                if (identity := self._emptied(number)) is not None:
                    threading.Thread(target=self._ended, args=(identity,), daemon=True).start()

    def _emptied(self, number: int) -> str | None:
        """Return whose group has become empty, None when it goes on or is watched no longer."""
        with self._lock:
            if number not in self._files:
                return None
            file, identity = self._files[number]
            try:
                file.seek(0)
                if b"populated 0" not in file.read():
                    return None
            except OSError:  # the group has been removed
                self._forget(number)
                return None
            self._forget(number)
            return identity
