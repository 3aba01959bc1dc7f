"""Clients of the entrance, with local servers for the entrance and the application."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from dr_drills.clients.attempts import CALL_S, Outcome
from dr_drills.clients.citizens import REACH_S, SERVER_S, Citizen, Resolver
from dr_drills.probes import entrance
from dr_drills.probes.web import Web
from tests.dr_drills.pretence import KEYS, Answer, answering, certified, serving, unreachable
from tests.ports import free_port

NAME = "permits.testcity.internal"
A, B = "127.0.0.1", "127.0.0.2"
Town = Callable[..., None]
RECEIVED: Answer = (201, {"receipt": "r", "site": "south", "answered_by": "south"})


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """Start entrances: what each address answers; None is one that hears nothing."""
    with ExitStack() as stack:

        def start(**answers: list[str] | None) -> None:
            port = 0
            for address, said in zip((A, B), answers.values(), strict=False):
                if said is None:
                    line = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                    line.bind((address, port))
                    port = line.getsockname()[1]
                else:
                    port = stack.enter_context(answering({NAME: said}, address=address, port=port))
            monkeypatch.setattr(entrance, "PORT", port)

        yield start


def resolver() -> Resolver:
    return Resolver("permits-resolver", "door", {A: "north", B: "south"}, NAME)


def citizen(port: int) -> Citizen:
    return Citizen("permits-citizen", "permits", [A, B], NAME, Web(KEYS, 1.0), "drill_1", port)


def test_resolver_asks_each_server_in_turn(town: Town) -> None:
    """What each site's entrance says is on record."""
    town(a=["10.0.0.1", "10.0.0.2"], b=["10.0.0.2"])
    one = resolver()
    told = [one.attempt("m") for _ in range(3)]

    assert [(a.where, a.detail) for a in told] == [
        ("north", "10.0.0.1, 10.0.0.2"),
        ("south", "10.0.0.2"),
        ("north", "10.0.0.1, 10.0.0.2"),
    ]
    assert {(a.outcome, a.marker) for a in told} == {(Outcome.ACKNOWLEDGED, "")}


@pytest.mark.slow
@pytest.mark.parametrize("first", [None, []], ids=["silent", "empty"])
def test_resolver_whose_turn_falls_on_a_server_without_an_answer_asks_the_next(town: Town, first: Any) -> None:
    """One dark site is no outage of the names."""
    town(a=first, b=["10.0.0.2"])
    told = resolver().attempt("m")

    assert (told.outcome, told.where) == (Outcome.ACKNOWLEDGED, "south")
    assert told.ended_s - told.began_s < 2 * SERVER_S


@pytest.mark.slow
def test_resolver_without_any_answer_is_refused_in_time(town: Town) -> None:
    """All are dark, or none has an address."""
    town(a=None, b=[])
    told = resolver().attempt("m")

    assert told.outcome is Outcome.REFUSED
    assert told.detail
    assert told.ended_s - told.began_s < 3 * SERVER_S


def test_citizen_gets_a_receipt_for_its_marker_at_each_address(town: Town) -> None:
    """The marker is the key of the application; the addresses are used one after the other."""
    town(a=[A, B], b=[A, B])
    heard: list[tuple[str, str, str]] = []

    def at(site: str) -> Callable[..., Answer]:
        def handle(_method: str, _path: str, body: Any) -> Answer:
            heard.append((site, body["key"], body["applicant"]))
            return 201, {"receipt": f"number of {body['key']}", "site": site, "answered_by": site}

        return handle

    with (
        serving(at("north"), certified(A), address=A) as port,
        serving(at("south"), certified(B), address=B, port=port),
    ):
        one = citizen(port)
        told = [one.attempt(f"marker-{number}") for number in range(4)]

    assert {a.outcome for a in told} == {Outcome.ACKNOWLEDGED}
    assert [a.where for a in told] == ["north", "south", "north", "south"]
    assert heard == [(a.where, a.marker, "drill_1") for a in told]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((503, {"error": "unavailable"}), Outcome.REFUSED),
        ((503, {"error": "indeterminate"}), Outcome.INDETERMINATE),
        ((502, "no JSON"), Outcome.INDETERMINATE),
    ],
)
def test_citizen_without_a_receipt_is_refused_only_when_the_service_says_so(
    town: Town, answer: Answer, outcome: Outcome
) -> None:
    """Whoever does not know whether the application was received may not count it as refused."""
    town(a=[A])
    with serving(lambda *_: answer, certified(A), address=A) as port:
        told = citizen(port).attempt("marker-1")

    assert (told.outcome, told.marker) == (outcome, "marker-1")
    assert told.detail.startswith(A)


@pytest.mark.slow
def test_citizen_at_a_copy_that_does_not_answer_is_in_doubt(town: Town) -> None:
    """The connection stood, the application may have been read."""
    town(a=[A])
    with socket.create_server((A, 0)) as line:
        told = citizen(int(line.getsockname()[1])).attempt("marker-1")

    assert told.outcome is Outcome.INDETERMINATE
    assert told.ended_s - told.began_s < 2


def test_citizen_whose_turn_falls_on_a_dark_site_applies_at_the_next(town: Town) -> None:
    """The entrance may name a site for a while after it went dark; a browser tries the next address, and so does this."""
    town(a=[A, B], b=[A, B])
    with unreachable(A) as port, serving(lambda *_: RECEIVED, certified(B), address=B, port=port):
        told = citizen(port).attempt("marker-1")

    assert (told.outcome, told.where) == (Outcome.ACKNOWLEDGED, "south")
    assert REACH_S <= told.ended_s - told.began_s < CALL_S


@pytest.mark.slow
def test_citizen_who_reaches_no_site_is_refused_in_time(town: Town) -> None:
    """Nothing was sent, and all addresses are on record."""
    town(a=[A, B], b=[A, B])
    with unreachable(A) as port, unreachable(B, port):
        told = citizen(port).attempt("marker-1")

    assert (told.outcome, told.detail) == (Outcome.REFUSED, f"no way to {A}, {B}")
    assert told.ended_s - told.began_s < CALL_S


@pytest.mark.slow
def test_citizen_who_was_heard_and_not_answered_does_not_apply_again_elsewhere(town: Town) -> None:
    """Only what was not sent may be sent to another site."""
    town(a=[A, B], b=[A, B])
    with (
        socket.create_server((A, 0)) as line,
        serving(lambda *_: RECEIVED, certified(B), address=B, port=int(line.getsockname()[1])) as port,
    ):
        told = citizen(port).attempt("marker-1")

    assert told.outcome is Outcome.INDETERMINATE
    assert told.detail.startswith(A)


def test_citizen_that_finds_no_way_in_or_a_shut_door_is_refused(town: Town) -> None:
    """Nothing was sent."""
    shut = free_port(A)
    town(a=[A], b=[])
    assert citizen(shut).attempt("marker-1").outcome is Outcome.REFUSED

    town(a=[], b=[])
    told = citizen(shut).attempt("marker-2")
    assert (told.outcome, told.detail[:9]) == (Outcome.REFUSED, "entrance:")
