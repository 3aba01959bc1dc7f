"""The service as programs and browsers meet it."""

import json
import time
from typing import Any

import httpx
import pytest

from certificates.readiness import Readiness
from certificates.store import Indeterminate, Primary, Unavailable
from certificates.web import LARGEST
from tests.playbooks.app.shelf import Shelf, visit

APPLICATION = {"kind": "residence", "applicant": "张三丰"}
NUMBER = "20260301-WJQ3RQAJS9-M"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def post(shelf: Shelf, fields: dict[str, str] | None = None, key: str = "") -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return visit(shelf, lambda client: client.post("/api/applications", json=fields or APPLICATION, headers=headers))


def get(shelf: Shelf, path: str, **more: Any) -> httpx.Response:
    return visit(shelf, lambda client: client.get(path), **more)


def test_application_sent_once_gets_a_receipt() -> None:
    """The answer carries the number, the site that stands for it, and the time."""
    answer = post(Shelf())

    receipt = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/receipts/{receipt['receipt']}"
    assert (receipt["site"], receipt["time"], receipt["repeated"]) == ("donghai", "2026-03-01T12:00:00+08:00", False)


def test_application_sent_twice_with_one_key_gets_one_receipt() -> None:
    """A program that was not sure whether it was heard may ask again."""
    shelf = Shelf()

    first, second = post(shelf, key="one-key-01"), post(shelf, key="one-key-01")

    assert first.json()["receipt"] == second.json()["receipt"]
    assert (second.status_code, second.json()["repeated"]) == (200, True)
    assert len(shelf.receipts) == 1


def test_application_sent_twice_without_key_gets_two_receipts() -> None:
    """Without a key nothing says that two requests are one: the control for the test above."""
    shelf = Shelf()

    assert post(shelf).json()["receipt"] != post(shelf).json()["receipt"]


def test_application_under_a_key_of_another_is_a_conflict() -> None:
    """A key never changes hands."""
    shelf = Shelf()
    post(shelf, key="one-key-01")

    answer = post(shelf, {"kind": "business", "applicant": "张三丰"}, key="one-key-01")

    assert (answer.status_code, answer.json()["error"]) == (409, "taken")


@pytest.mark.parametrize(
    ("failure", "error"), [(Unavailable("away"), "unavailable"), (Indeterminate("?"), "indeterminate")]
)
def test_application_that_is_not_confirmed_gets_no_receipt(failure: Exception, error: str) -> None:
    """Nothing is acknowledged; whether it may hold is said, and when to ask again."""
    answer = post(Shelf(failure=failure), key="one-key-01")

    assert (answer.status_code, answer.json()["error"], answer.headers["retry-after"]) == (503, error, "1")
    assert "receipt" not in answer.json()


def test_application_of_unknown_outcome_returns_the_key_to_ask_with() -> None:
    """A program that sent no key can still ask about the same application."""
    assert len(post(Shelf(failure=Indeterminate("?"))).json()["key"]) >= 8


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "body"),
        (b"[1]", "body"),
        (b"{", "body"),
        (b"\xff", "body"),
        (b" " * (LARGEST + 1), "size"),
        (b"{}", "kind"),
    ],
)
def test_application_that_cannot_be_read_is_refused(body: bytes, error: str) -> None:
    """What is no application is told so, in both languages, and nothing is kept."""
    shelf = Shelf()

    answer = visit(shelf, lambda client: client.post("/api/applications", content=body))

    assert (answer.status_code, answer.json()["error"]) == (422, error)
    assert all(problem["zh"] and problem["en"] for problem in answer.json()["problems"])
    assert not shelf.receipts


def test_receipt_looked_up_says_both_sites_and_no_name() -> None:
    """Where it was received and who answers are two things; the name stays with the authority."""
    shelf = Shelf()
    number = post(shelf).json()["receipt"]

    answer = get(shelf, f"/api/receipts/{number.lower()}")

    assert answer.status_code == 200
    assert (answer.json()["receipt"], answer.json()["site"], answer.json()["answered_by"]) == (
        number,
        "donghai",
        "donghai",
    )
    assert "张三丰" not in answer.text


@pytest.mark.parametrize("number", ["20260301-0000000000-0", "1", "%27%20OR%201=1"])
def test_receipt_that_does_not_exist_is_not_found(number: str) -> None:
    """A number that was never given finds nothing."""
    assert get(Shelf(), f"/api/receipts/{number}").json()["error"] == "missing"


def test_states_with_one_application_count_it() -> None:
    """Every state is listed, with how many applications are in it."""
    shelf = Shelf()
    post(shelf)

    states = {row["state"]: row["count"] for row in get(shelf, "/api/states").json()["states"]}

    assert states == {"received": 1, "reviewing": 0, "issued": 0, "refused": 0, "withdrawn": 0}


@pytest.mark.parametrize("path", ["/api/states", f"/api/receipts/{NUMBER}", "/states", f"/receipts/{NUMBER}"])
def test_reading_without_a_primary_asks_to_come_again(path: str) -> None:
    """A failure behind the service is a 503 with a date, never a 500."""
    answer = get(Shelf(failure=Unavailable("away")), path)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


def test_form_sent_leads_to_its_receipt_page() -> None:
    """A reload of the page that follows sends nothing again."""
    shelf = Shelf()

    async def talk(client: httpx.AsyncClient) -> tuple[httpx.Response, httpx.Response]:
        sent = await client.post("/applications?lang=en", data=APPLICATION | {"key": "form-key-1"})
        return sent, await client.get(sent.headers["location"])

    sent, page = visit(shelf, talk)

    assert sent.status_code == 303
    assert page.status_code == 200
    assert '<html lang="en">' in page.text


def test_form_with_errors_comes_back_filled() -> None:
    """The citizen corrects, not retypes."""
    answer = visit(
        Shelf(), lambda client: client.post("/applications?lang=en", data={"kind": "x", "applicant": "Li Lei"})
    )

    assert answer.status_code == 422
    assert 'value="Li Lei"' in answer.text
    assert 'role="alert"' in answer.text


def test_form_that_is_not_confirmed_comes_back_with_its_key() -> None:
    """Sending the same form again is the same application."""
    failing = Shelf(failure=Indeterminate("?"))

    answer = visit(failing, lambda client: client.post("/applications", data=APPLICATION | {"key": "form-key-1"}))

    assert answer.status_code == 503
    assert 'value="form-key-1"' in answer.text


def test_form_in_a_wrong_encoding_is_refused() -> None:
    """Bytes that are no text are no application."""
    answer = visit(Shelf(), lambda client: client.post("/applications", content=b"\xff\xfe", headers=FORM))

    assert answer.status_code == 422


def test_lookup_of_unknown_number_shows_what_was_typed() -> None:
    """The number that was not found stands in the field, escaped."""
    answer = get(Shelf(), "/receipts?number=%3Cb%3E&lang=en")

    assert answer.status_code == 404
    assert "&lt;b&gt;" in answer.text


@pytest.mark.parametrize(("age", "status", "state"), [(0, 200, "ready"), (99, 503, "unavailable")])
def test_health_after_a_look_says_whether_to_come(age: float, status: int, state: str) -> None:
    """An entrance sends citizens only to a copy that has just seen a writable primary."""
    readiness = Readiness(serves=True, fresh=3)
    readiness.saw(Primary("10.2.0.1", 2), time.monotonic() - age)

    answer = get(Shelf(), "/health", readiness=readiness, scheme="http")

    assert (answer.status_code, answer.json()["state"]) == (status, state)
    assert ("primary" in answer.json()) == (state == "ready")


def test_plain_port_answers_nothing_but_health() -> None:
    """No application and no receipt ever travels without TLS."""
    shelf = Shelf()

    answer = visit(shelf, lambda client: client.post("/api/applications", json=APPLICATION), scheme="http")

    assert answer.status_code == 404
    assert not shelf.receipts


@pytest.mark.parametrize("path", ["/", "/states", "/style.css", "/api/states", "/nowhere"])
def test_answer_of_any_kind_forbids_what_it_does_not_need(path: str) -> None:
    """Browsers are told to load nothing from elsewhere, keep nothing, and stay on TLS."""
    headers = get(Shelf(), path).headers

    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["strict-transport-security"]
    assert headers["x-site"] == "donghai"


def test_json_answer_to_a_program_is_utf8() -> None:
    """Chinese is sent as it is."""
    assert "已受理".encode() in get(Shelf(), "/api/states").content
    assert json.loads(get(Shelf(), "/api/states").content)
