"""Asks many questions at once, all within one limit of time; what does not answer is unknown, with its reason."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeVar

from failures import GovcloudError, OutsideFailed, Text

Key = TypeVar("Key", bound=Hashable)
Told = TypeVar("Told")


class NoAnswer(OutsideFailed):
    """What was asked did not answer, or not in a way that can be understood.

    `shut` when the host itself said that nobody listens there.
    """

    def __init__(self, what: Text, *, shut: bool = False) -> None:
        super().__init__(what)
        self.shut = shut


class NotReached(NoAnswer):
    """No connection came about, so nothing was sent."""


@dataclass(frozen=True)
class Unknown:
    """Not known, and why; never a pass. `shut` when the host is there and nobody listens."""

    reason: Text
    shut: bool = False


def ask(questions: Mapping[Key, Callable[[], Told]], seconds: float) -> dict[Key, Told | Unknown]:
    """Return the answer to each question, Unknown for one that fails or is open after `seconds`.

    A question that is still open then is left behind in its thread; each must end by a limit of its own.
    """
    answers: SimpleQueue[tuple[Key, Told | Unknown]] = SimpleQueue()
    until = time.monotonic() + seconds
    for key, question in questions.items():
        Thread(target=answer_into, args=(answers, key, question), daemon=True).start()
    found: dict[Key, Told | Unknown] = {}
    while len(found) < len(questions):
        try:
            key, told = answers.get(timeout=max(0.0, until - time.monotonic()))
        except Empty:
            break
        found[key] = told
    silent = Unknown(Text(f"no answer within {seconds:g} s", f"{seconds:g} 秒内没有应答"))
    return {key: found.get(key, silent) for key in questions}


def answer_into(answers: SimpleQueue[tuple[Key, Told | Unknown]], key: Key, question: Callable[[], Told]) -> None:
    """Put the answer to a question, Unknown when it fails."""
    try:
        answers.put((key, question()))
    except NoAnswer as error:
        answers.put((key, Unknown(error.what, error.shut)))
    except GovcloudError as error:
        answers.put((key, Unknown(error.what)))
    except Exception as error:  # noqa: BLE001 - one odd answer of the world must not hide all others
        detail = f"{type(error).__name__}: {error}"
        answers.put((key, Unknown(Text(f"the answer cannot be read: {detail}", f"应答无法解读：{detail}"))))
