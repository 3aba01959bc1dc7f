"""HTTP to hosts by address, with TLS that is checked."""

from __future__ import annotations

import socket
import time
from threading import Timer
from typing import Any

import pytest

from dr_drills.probes.budget import NoAnswer, NotReached
from dr_drills.probes.trust import Keys
from dr_drills.probes.web import Patience, Web
from inventories.authority import new_authority
from tests.dr_drills.pretence import KEYS, NOW, Answer, certified, serving, unreachable
from tests.ports import free_port


def echo(method: str, path: str, body: Any) -> Answer:
    return 200, {"method": method, "path": path, "body": body}


def test_web_of_a_host_below_our_authority_reads_it() -> None:
    """A certificate for the address that is dialled is enough; no name is looked up."""
    with serving(echo, certified("db-1", "127.0.0.1")) as port:
        page = Web(KEYS, 5).post(f"https://127.0.0.1:{port}/x", {"a": 1})

    assert page.document() == {"method": "POST", "path": "/x", "body": {"a": 1}}


@pytest.mark.parametrize("case", ["foreign", "other-name"])
def test_web_of_a_host_we_cannot_trust_is_no_answer(case: str) -> None:
    """Neither another authority nor a certificate for another host passes."""
    stranger = new_authority("testcity", NOW)
    pair = certified("127.0.0.1", below=stranger) if case == "foreign" else certified("db-2", "127.0.0.2")
    with serving(echo, pair) as port, pytest.raises(NoAnswer, match="TLS is refused"):
        Web(KEYS, 5).get(f"https://127.0.0.1:{port}/")


def test_web_presents_the_operator_where_a_host_demands_it() -> None:
    """With the operator's certificate a guarded host answers, without it not."""
    with serving(echo, certified("127.0.0.1"), client=True) as port:
        url = f"https://127.0.0.1:{port}/"
        assert Web(KEYS, 5).get(url).status == 200
        with pytest.raises(NoAnswer):
            Web(Keys(KEYS.authority), 5).get(url)


def test_web_without_an_authority_refuses_tls_and_reads_plain_pages() -> None:
    """Nobody is trusted by default."""
    with serving(echo) as port:
        assert Web(None, 5).get(f"http://127.0.0.1:{port}/").status == 200
        with pytest.raises(NoAnswer, match="authority is not known"):
            Web(None, 5).get(f"https://127.0.0.1:{port}/")


def test_web_of_a_closed_port_says_that_it_is_shut() -> None:
    """A host that refuses is there: that is more than silence."""
    port = free_port()

    with pytest.raises(NoAnswer, match="Connection refused") as caught:
        Web(KEYS, 5).get(f"http://127.0.0.1:{port}/")

    assert caught.value.shut


@pytest.mark.slow
def test_web_of_a_silent_host_ends_in_time() -> None:
    """Who accepts and says nothing is not waited for."""
    with socket.create_server(("127.0.0.1", 0)) as line:
        began = time.monotonic()
        with pytest.raises(NoAnswer) as caught:
            Web(KEYS, 0.3).get(f"http://127.0.0.1:{line.getsockname()[1]}/")

    assert time.monotonic() - began < 3
    assert not caught.value.shut


def test_web_of_an_address_where_nothing_answers_is_not_reached_and_soon_given_up() -> None:
    """Whoever has other addresses has time left for them, and knows that nothing was sent."""
    began = time.monotonic()
    with unreachable() as port, pytest.raises(NotReached):
        Web(KEYS, 5).post(f"https://127.0.0.1:{port}/", {}, Patience(0.1, 5))

    assert time.monotonic() - began < 1


def test_web_that_has_reached_a_host_waits_for_its_handshake() -> None:
    """A busy host is not taken for a dark one: what is short is the time until the line stands, not what follows."""
    with serving(echo, certified("127.0.0.1")) as port, socket.create_connection(("127.0.0.1", port)) as idler:
        Timer(0.4, idler.close).start()
        page = Web(KEYS, 5).post(f"https://127.0.0.1:{port}/x", {}, Patience(0.1, 5))

    assert page.status == 200


def test_web_of_a_page_that_is_no_json_is_no_answer() -> None:
    """What cannot be read is not guessed at."""
    with serving(lambda *_: (502, "<html>")) as port, pytest.raises(NoAnswer, match=r"\(502\) is not JSON"):
        Web(KEYS, 5).get(f"http://127.0.0.1:{port}/").document()
