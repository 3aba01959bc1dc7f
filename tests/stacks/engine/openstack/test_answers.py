"""What an answer means, and what is said of it."""

from __future__ import annotations

import json
from email.utils import formatdate
from typing import Any

import pytest

from stacks.engine.openstack.answers import Answer, Ask, failure, retry_after
from stacks.engine.provider import AnswerLost, RefusedByApi

ASK = Ask("POST", "compute", "/servers", body={"server": {"adminPass": "topsecret1"}})


def answer(status: int, body: Any, **headers: str) -> Answer:
    return Answer(status, headers, json.dumps(body).encode())


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": 409, "message": "it is taken", "title": "Conflict"}},
        {"NeutronError": {"type": "InUse", "message": "it is taken", "detail": ""}},
        {"badRequest": {"code": 400, "message": "it is taken"}},
        {"message": "it is taken"},
    ],
)
def test_each_services_own_message_is_found(body: Any) -> None:
    """Every service wraps it differently."""
    assert str(failure("donghai", ASK, answer(409, body))) == (
        "site donghai: compute POST /servers: HTTP 409: it is taken"
    )


def test_answer_that_is_no_json_is_shown_as_it_is() -> None:
    """Proxies answer in HTML; too long a page is cut."""
    shown = str(failure("donghai", ASK, Answer(502, {}, b"<html>\n  Bad Gateway" + b"x" * 5000)))
    assert "<html> Bad Gateway" in shown
    assert len(shown) < 700


def test_secret_of_the_request_is_hidden() -> None:
    """However deep it is in the body."""
    shown = str(failure("donghai", ASK, answer(400, {"message": "adminPass topsecret1 is weak"})))
    assert "topsecret1" not in shown
    assert "is weak" in shown


@pytest.mark.parametrize(
    ("status", "expected"),
    [(400, RefusedByApi), (429, RefusedByApi), (501, RefusedByApi), (500, AnswerLost), (503, AnswerLost)],
)
def test_status_decides_between_refused_and_lost(status: int, expected: type) -> None:
    """A 5xx may have been carried out; 501 says that it can't be."""
    assert type(failure("s", ASK, answer(status, {}))) is expected


def test_retry_after_takes_seconds_and_dates() -> None:
    """Both forms of the standard."""
    assert retry_after(Answer(429, {"retry-after": "7"}, b""), 0) == 7
    assert retry_after(Answer(429, {"retry-after": formatdate(1_800_000_030, usegmt=True)}, b""), 1_800_000_000) == 30
    assert retry_after(Answer(429, {"retry-after": formatdate(1_700_000_000, usegmt=True)}, b""), 1_800_000_000) == 0
    assert retry_after(Answer(429, {"retry-after": "soon"}, b""), 0) is None
    assert retry_after(Answer(429, {}, b""), 0) is None
