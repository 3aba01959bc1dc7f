"""The HTTP client against a real local server with faults."""

from __future__ import annotations

import logging
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from stacks.engine.openstack import client as client_module
from stacks.engine.openstack.answers import Ask, NotReached
from stacks.engine.openstack.client import Client, Gates
from stacks.engine.openstack.identity import Identity
from stacks.engine.provider import AnswerLost, RefusedByApi
from tests.stacks.engine.openstack.fake_site import TOKEN, FakeSite, answer, reset, slow

NETS = "/network/v2.0/networks"
GET = Ask("GET", "network", "/networks")
POST = Ask("POST", "network", "/networks", body={"network": {"name": "n"}})


def client_of(site: FakeSite, gates: Gates | None = None, **inputs: str) -> Client:
    given = site.inputs(**inputs)
    return Client(given, Identity(given), gates or Gates({}), lambda _site: None)


def call(client: Client, ask: Ask, seconds: float = 10) -> object:
    return client.call(ask, time.monotonic() + seconds)


def test_call_answered_returns_json_and_counts_the_login(site: FakeSite) -> None:
    """One login and one request."""
    site.on("GET", NETS, answer(200, {"networks": []}))
    client = client_of(site)
    assert call(client, GET) == {"networks": []}
    assert client.calls == 2


def test_construction_makes_no_request(site: FakeSite) -> None:
    """Authentication is lazy."""
    client_of(site)
    assert site.logins == []
    assert site.seen == []


def test_calls_reuse_connection_and_token(site: FakeSite) -> None:
    """Ten calls in a row: one login, one connection."""
    site.on("GET", NETS, answer(200, {}))
    client = client_of(site)
    for _ in range(10):
        call(client, GET)
    assert len(site.logins) == 1
    assert len({seen.port for seen in site.seen}) == 1


def test_401_once_logs_in_again_and_repeats(site: FakeSite) -> None:
    """The second attempt has a new token."""
    site.on("POST", NETS, answer(401, {"error": {"message": "expired"}}), answer(201, {"network": {"id": "x"}}))
    client = client_of(site)
    assert call(client, POST) == {"network": {"id": "x"}}
    assert [seen.token for seen in site.seen] == [f"{TOKEN}1", f"{TOKEN}2"]


def test_401_twice_is_refused(site: FakeSite) -> None:
    """A token that is no good when fresh will not get better."""
    site.on("GET", NETS, answer(401, {"error": {"message": "no"}}))
    with pytest.raises(RefusedByApi) as caught:
        call(client_of(site), GET)
    assert caught.value.status == 401
    assert len(site.seen) == 2


def test_401_of_many_threads_logs_in_again_once(site: FakeSite) -> None:
    """Threads that saw the same stale token share one new login."""
    stale = slow(0.2, answer(401, {}))
    site.on(
        "GET", NETS, lambda asked: (stale if asked.headers["X-Auth-Token"] == f"{TOKEN}1" else answer(200, {}))(asked)
    )
    client = client_of(site)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: call(client, GET), range(8)))
    assert len(site.logins) == 2


@pytest.mark.slow
def test_429_waits_as_long_as_told(site: FakeSite) -> None:
    """Retry-After is honoured."""
    site.on("POST", NETS, answer(429, {}, Retry_After="1"), answer(201, {"network": {}}))
    start = time.monotonic()
    call(client_of(site), POST)
    assert time.monotonic() - start >= 1
    assert len(site.seen) == 2


def test_429_beyond_the_budget_is_refused_at_once(site: FakeSite) -> None:
    """A wait that can't fit is not begun."""
    site.on("GET", NETS, answer(429, {"error": {"message": "slow down"}}, Retry_After="60"))
    start = time.monotonic()
    with pytest.raises(RefusedByApi, match="slow down") as caught:
        call(client_of(site), GET, seconds=5)
    assert caught.value.status == 429
    assert time.monotonic() - start < 2


@pytest.mark.slow
def test_503_is_repeated_even_for_post(site: FakeSite) -> None:
    """503 means that the request was not taken up."""
    site.on("POST", NETS, answer(503), answer(503), answer(201, {"network": {}}))
    call(client_of(site), POST)
    assert len(site.seen) == 3


@pytest.mark.slow
def test_503_for_ever_is_lost_within_the_budget(site: FakeSite) -> None:
    """The budget ends the retries."""
    site.on("POST", NETS, answer(503))
    start = time.monotonic()
    with pytest.raises(AnswerLost, match="HTTP 503"):
        call(client_of(site), POST, seconds=2)
    assert 2 <= len(site.seen) < client_module._BUSY_TRIES
    assert time.monotonic() - start < 3


def test_500_on_post_is_lost_and_sent_once(site: FakeSite) -> None:
    """A failed POST may have made the object: it must not be repeated."""
    site.on("POST", NETS, answer(500, {"NeutronError": {"message": "deadlock"}}), answer(201, {}))
    with pytest.raises(AnswerLost, match="deadlock"):
        call(client_of(site), POST)
    assert len(site.seen) == 1


@pytest.mark.slow
def test_500_on_get_is_repeated(site: FakeSite) -> None:
    """Reading is safe to repeat."""
    site.on("GET", NETS, answer(500), answer(200, {"networks": []}))
    assert call(client_of(site), GET) == {"networks": []}


def test_reset_after_post_is_lost_and_sent_once(site: FakeSite) -> None:
    """The request arrived whole, the answer never came."""
    site.on("POST", NETS, reset, answer(201, {}))
    with pytest.raises(AnswerLost, match="connection was lost"):
        call(client_of(site), POST)
    assert len(site.seen) == 1


@pytest.mark.slow
def test_reset_after_get_is_repeated(site: FakeSite) -> None:
    """The negative control: the same fault on a read is no failure."""
    site.on("GET", NETS, reset, answer(200, {"networks": []}))
    assert call(client_of(site), GET) == {"networks": []}
    assert len(site.seen) == 2


@pytest.mark.slow
def test_slow_post_is_lost_at_the_deadline(site: FakeSite) -> None:
    """`seconds` bounds the whole call."""
    site.on("POST", NETS, slow(3, answer(201, {})))
    client = client_of(site)
    client.access(time.monotonic() + 5)
    start = time.monotonic()
    with pytest.raises(AnswerLost):
        call(client, POST, seconds=0.5)
    assert time.monotonic() - start < 1.5


def test_no_time_left_sends_nothing(site: FakeSite) -> None:
    """A POST that was not sent made nothing; a GET tells nothing."""
    client = client_of(site)
    client.access(time.monotonic() + 5)
    with pytest.raises(NotReached, match="not sent"):
        call(client, POST, seconds=0)
    with pytest.raises(AnswerLost, match="not sent"):
        call(client, GET, seconds=0)
    assert site.seen == []


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413])
def test_4xx_is_refused_with_site_request_and_reason(site: FakeSite, status: int) -> None:
    """The message says what, where and why."""
    site.on("POST", NETS, answer(status, {"NeutronError": {"message": "Quota exceeded for resources: ['network']."}}))
    with pytest.raises(RefusedByApi) as caught:
        call(client_of(site), POST)
    told = str(caught.value)
    assert caught.value.status == status
    assert not isinstance(caught.value, NotReached)
    assert "network POST /networks" in told
    assert "Quota exceeded" in told
    assert site.url in told


def test_refused_connection_is_not_reached(site: FakeSite) -> None:
    """Nothing was sent: a definite answer with status 0, at once."""
    client = client_of(site)
    client.access(time.monotonic() + 5)
    site.close()
    with pytest.raises(NotReached, match=r"network API at .* does not answer \(connect timeout 5 s\)") as caught:
        call(client, POST)
    assert caught.value.status == 0


def test_refused_connection_on_login_is_not_reached() -> None:
    """A site whose Keystone is down fails before anything else."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}/v3"
        given = {"authUrl": url, "userName": "a", "password": "b", "tenantName": "c"}
        client = Client(given, Identity(given), Gates({}), lambda _site: None)
        with pytest.raises(NotReached, match="identity API at"):
            call(client, GET)


@pytest.mark.slow
def test_dead_site_fails_after_one_connect_timeout_for_all_threads(
    site: FakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full backlog takes no connection; eight waiting threads must not try one after the other."""
    monkeypatch.setattr("stacks.engine.openstack.identity.CONNECT_SECONDS", 0.5)
    with socket.socket() as deaf, socket.socket() as first, socket.socket() as second:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(deaf.getsockname())
        given = site.inputs(authUrl=f"http://127.0.0.1:{deaf.getsockname()[1]}/v3")
        client = Client(given, Identity(given), Gates({}), lambda _site: None)
        start = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            failures = list(pool.map(lambda _: _failure(client), range(8)))
    assert all(isinstance(failure, NotReached) for failure in failures)
    assert time.monotonic() - start < 2


def _failure(client: Client) -> BaseException | None:
    try:
        call(client, GET)
    except RefusedByApi as refused:
        return refused
    return None


def test_wrong_password_is_refused_without_the_password(site: FakeSite) -> None:
    """A login that is refused says so, and shows no secret."""
    site.login_status = 401
    with pytest.raises(RefusedByApi) as caught:
        call(client_of(site), GET)
    assert caught.value.status == 401
    assert "hunter2" not in str(caught.value)


def test_message_that_repeats_a_secret_hides_it(site: FakeSite) -> None:
    """Keystone quotes a password that breaks its rules."""
    site.on("POST", "/identity/v3/users", answer(400, {"error": {"message": "password 's3cret-word' is too short"}}))
    ask = Ask("POST", "identity", "/users", body={"user": {"name": "u", "password": "s3cret-word"}})
    with pytest.raises(RefusedByApi, match="too short") as caught:
        call(client_of(site), ask)
    assert "s3cret-word" not in str(caught.value)


def test_log_has_no_token_and_no_password(site: FakeSite, caplog: pytest.LogCaptureFixture) -> None:
    """Even at the lowest level, with every library's own lines."""
    caplog.set_level(logging.DEBUG)
    site.on("POST", NETS, answer(201, {"network": {}}))
    call(client_of(site), POST)
    assert caplog.text
    assert TOKEN not in caplog.text
    assert "hunter2" not in caplog.text


@pytest.mark.slow
def test_gate_limits_calls_of_all_clients_of_a_site(site: FakeSite, clouds_yaml: str) -> None:
    """An account given by address counts with the entry of the same Keystone, and has its name."""
    site.on("GET", NETS, slow(0.1, answer(200, {})))
    gates = Gates({"east": 2, "missing": 1})
    by_entry = {"cloud": clouds_yaml}
    clients = [client_of(site, gates), Client(by_entry, Identity(by_entry), gates, lambda _site: None)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: call(clients[number % 2], GET), range(8)))
    assert site.most_under_way == 2
    assert {client.site for client in clients} == {"east"}


def test_without_gate_calls_run_at_once(site: FakeSite) -> None:
    """The negative control of the gate."""
    site.on("GET", NETS, slow(0.2, answer(200, {})))
    client = client_of(site)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: call(client, GET), range(6)))
    assert site.most_under_way > 2


@pytest.mark.slow
def test_counted_is_told_of_every_request(site: FakeSite) -> None:
    """Progress per site counts logins and retries too."""
    site.on("GET", NETS, answer(503), answer(200, {}))
    told: list[str] = []
    given = site.inputs()
    client = Client(given, Identity(given), Gates({}), told.append)
    call(client, GET)
    assert len(told) == client.calls == 3


def test_missing_service_is_not_reached(site: FakeSite) -> None:
    """A catalog without the service sends nothing."""
    client = client_of(site)
    client.access(time.monotonic() + 5).endpoints.pop("network")  # type: ignore[attr-defined]  # a dict underneath
    with pytest.raises(NotReached, match="catalog has no network service"):
        call(client, GET)
