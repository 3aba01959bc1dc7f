"""What an answer of an OpenStack API means: refused, lost, or not reached at all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

from stacks.engine.provider import AnswerLost, RefusedByApi

BUSY = frozenset({429, 503})
"""Statuses of an API that did not take the request up: any method may be repeated."""

_HIDDEN = "***"
_SECRET_KEYS = frozenset({"password", "original_password", "adminPass", "private_key", "secret"})
_LONGEST_MESSAGE = 500


class NotReached(RefusedByApi):
    """No connection could be made, so nothing was sent: nothing was made or changed."""

    def __init__(self, message: str) -> None:
        super().__init__(0, message)


@dataclass(frozen=True)
class Ask:
    """One request as the caller means it; `body` is JSON, `upload` a file that is sent instead of it."""

    method: str
    service: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    upload: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def repeatable(self) -> bool:
        return self.method in {"GET", "HEAD"}


@dataclass(frozen=True)
class Answer:
    """One response; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    data: bytes

    def json(self) -> Any:
        """Return the decoded body, {} when it is empty or no JSON."""
        try:
            return json.loads(self.data) if self.data else {}
        except ValueError:
            return {}


def failure(site: str, ask: Ask, answer: Answer) -> RefusedByApi | AnswerLost:
    """Return what to raise for a status of 400 or more; the message names site, service, request and reason."""
    told = f"site {site}: {ask.service} {ask.method} {ask.path}: HTTP {answer.status}: {_reason(ask, answer)}"
    if answer.status < 500 or (answer.status == 501):
        return RefusedByApi(answer.status, told)
    return AnswerLost(told)


def retry_after(answer: Answer, now: float) -> float | None:
    """Return the seconds the API asks to wait; `now` is seconds since the epoch. None when it does not say."""
    told = answer.headers.get("retry-after", "")
    if told.isdigit():
        return float(told)
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - now)
    except (TypeError, ValueError):
        return None


def _reason(ask: Ask, answer: Answer) -> str:
    text = _message(answer.json()) or answer.data[:_LONGEST_MESSAGE].decode("utf-8", "replace")
    for secret in _secrets(ask.body):
        text = text.replace(secret, _HIDDEN)
    return " ".join(text.split())[:_LONGEST_MESSAGE] or "no reason given"


def _message(value: Any) -> str:
    """Return the first text under a `message` key: each service wraps its own in another name."""
    if not isinstance(value, Mapping):
        return ""
    told = value.get("message")
    if isinstance(told, str):
        return told
    return next((text for item in value.values() if (text := _message(item))), "")


def _secrets(body: Any) -> Iterator[str]:
    if isinstance(body, Mapping):
        for key, value in body.items():
            if key in _SECRET_KEYS and isinstance(value, str) and value:
                yield value
            else:
                yield from _secrets(value)
    elif isinstance(body, list):
        for item in body:
            yield from _secrets(item)
