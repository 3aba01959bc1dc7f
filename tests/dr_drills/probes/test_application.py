"""The certificate service, used as a citizen uses it."""

from __future__ import annotations

from typing import Any

import pytest

from dr_drills.probes.application import HealthReading, ReceiptReading, apply, look_up, read_health
from dr_drills.probes.budget import NoAnswer
from dr_drills.probes.web import Web
from tests.dr_drills.pretence import KEYS, Answer, certified, serving

RECEIPT = {"receipt": "20261122-0123456789-A", "site": "anxi", "answered_by": "donghai"}


def test_health_of_a_copy_that_is_not_ready_is_still_read() -> None:
    """Health answers 503 with its state: that is an answer."""
    with serving(lambda *_: (503, {"state": "standby", "site": "changle"})) as port:
        assert read_health(Web(KEYS, 5), "127.0.0.1", port) == HealthReading("standby", "changle", "")


def test_apply_sends_the_key_and_gives_the_receipt() -> None:
    """The same key is the same application, so a second try cannot count twice."""
    heard: list[Any] = []

    def handle(method: str, path: str, body: Any) -> Answer:
        heard.append((method, path, body["key"], body["applicant"]))
        return 201, RECEIPT

    with serving(handle, certified("127.0.0.1")) as port:
        given = apply(Web(KEYS, 5), "127.0.0.1", "verify-1", "somebody", port)

    assert given == ReceiptReading("20261122-0123456789-A", "anxi", "donghai")
    assert heard == [("POST", "/api/applications", "verify-1", "somebody")]


@pytest.mark.parametrize("status", [409, 500, 503])
def test_receipt_that_is_refused_is_no_answer(status: int) -> None:
    """Neither a missing receipt nor one that may or may not be written counts."""
    with (
        serving(lambda *_: (status, {"error": "indeterminate"}), certified("127.0.0.1")) as port,
        pytest.raises(NoAnswer, match=f"refused \\({status}\\): indeterminate"),
    ):
        look_up(Web(KEYS, 5), "127.0.0.1", "x", port)


def test_look_up_of_a_receipt_nobody_knows_is_none() -> None:
    """The copy answers, and says that there is none."""
    with serving(lambda *_: (404, {"error": "missing"}), certified("127.0.0.1")) as port:
        assert look_up(Web(KEYS, 5), "127.0.0.1", "x", port) is None


def test_look_up_of_an_odd_number_stays_one_part_of_the_path() -> None:
    """A number is data, whatever is in it."""
    paths: list[str] = []

    def handle(_method: str, path: str, _body: Any) -> Answer:
        paths.append(path)
        return 200, RECEIPT

    with serving(handle, certified("127.0.0.1")) as port:
        look_up(Web(KEYS, 5), "127.0.0.1", "../../x?y", port)

    assert paths == ["/api/receipts/..%2F..%2Fx%3Fy"]
