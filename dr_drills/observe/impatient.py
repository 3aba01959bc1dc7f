"""Asks many questions at once, and waits only for those that answered the last time."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from dr_drills.probes.budget import Unknown, answer_into
from failures import Text

PATIENCE, FLOOR_S = 4.0, 0.5
"""Who answered is waited for so many times as long as the slowest of them took, and never less than that."""
SILENT = Unknown(Text("it did not answer before, nor while the others did", "此前没有应答，其他应答期间也没有"))


class Impatient:
    """Looks at a cloud with a dark site take as long as what is not dark; who answers late is waited for next time."""

    def __init__(self) -> None:
        self._well: set[Hashable] | None = None
        self._late: list[SimpleQueue[Any]] = []
        self._took: dict[Hashable, float] = {}
        """The seconds of each last answer, also of one that came when nobody waited any more."""

    def __call__(self, questions: Mapping[Any, Callable[[], Any]], seconds: float) -> dict[Any, Any]:
        """Return the answer to each question, Unknown for one that failed or is open."""
        waited = set(questions) if self._well is None else self._well & set(questions)
        until = time.monotonic() + (seconds if self._well is None else min(seconds, self._patience(waited)))
        answers: SimpleQueue[Any] = SimpleQueue()
        for key, question in questions.items():
            asked = partial(self._timed, key, question)
            Thread(target=answer_into, args=(answers, key, asked), daemon=True).start()
        found = _collect(answers, waited, until)
        self._well = {key for key, told in found.items() if _there(told)} | self._came_late()
        self._late = [*self._late[-8:], answers]
        return {key: found.get(key, SILENT) for key in questions}

    def _timed(self, key: Hashable, question: Callable[[], Any]) -> Any:
        began = time.monotonic()
        try:
            return question()
        finally:
            self._took[key] = time.monotonic() - began

    def _patience(self, waited: set[Hashable]) -> float:
        return max(FLOOR_S, PATIENCE * max((self._took.get(key, 0.0) for key in waited), default=0.0))

    def _came_late(self) -> set[Hashable]:
        """Return who answered an earlier round after it was over."""
        return {key for queue in self._late for key, told in _drained(queue) if _there(told)}


def _collect(answers: SimpleQueue[Any], waited: set[Any], until: float) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    while waited - set(found) and (left := until - time.monotonic()) > 0:
        try:
            key, told = answers.get(timeout=left)
        except Empty:
            break
        found[key] = told
    return found | dict(_drained(answers))


def _drained(queue: SimpleQueue[Any]) -> list[tuple[Any, Any]]:
    found = []
    while True:
        try:
            found.append(queue.get_nowait())
        except Empty:
            return found


def _there(told: Any) -> bool:
    return not isinstance(told, Unknown) or told.shut
