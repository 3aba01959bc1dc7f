"""Ctrl-C in two steps: first stop starting new work, then stop at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType
from typing import Any

from failures import Interrupted, Text

SIGNALS = (signal.SIGINT, signal.SIGTERM)
ASKED = Text(
    "stopping: nothing new is started, running operations are finished (Ctrl-C again stops at once)",
    "正在停止：不再开始新操作，等待进行中的操作结束(再按 Ctrl-C 立即停止)",
)


@contextmanager
def stoppable(note: Callable[[Text], None]) -> Iterator[Event]:
    """Yield an event that the first SIGINT or SIGTERM sets; the second ends the process with 130.

    The journal is written before each act, so that ending at any moment leaves a sound state.
    """
    asked = Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def handle(_number: int, _frame: FrameType | None) -> None:
        if asked.is_set():
            sys.stderr.flush()
            os._exit(Interrupted.exit_code)
        asked.set()
        note(ASKED)

    before: dict[signal.Signals, Any] = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def asking() -> Iterator[None]:
    """Let Ctrl-C end a question at once, with KeyboardInterrupt: nothing runs yet that would have to be finished."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: Any = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
