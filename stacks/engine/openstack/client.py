"""HTTP to the APIs of one site in one scope: keep-alive connections, one token, bounded retries, counted calls."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3
from urllib3 import exceptions

from stacks.engine.openstack.answers import BUSY, Answer, Ask, NotReached, failure, retry_after
from stacks.engine.openstack.clocks import ahead
from stacks.engine.openstack.identity import CONNECT_SECONDS, Access, Identity, site_name, unreachable
from stacks.engine.openstack.login import Login
from stacks.engine.openstack.paces import Paces
from stacks.engine.provider import AnswerLost

_READ_SECONDS = 120.0
_SHORTEST_TIMEOUT = 0.01
_CONNECTIONS = 64
_BUSY_TRIES = 10
_TRANSPORT_TRIES = 3
_FIRST_PAUSE = 0.3
_LONGEST_PAUSE = 5.0
_NOT_SENT = (exceptions.NewConnectionError, exceptions.ConnectTimeoutError, exceptions.SSLError)

Counted = Callable[[str], None]
"""Told the site's name once per request."""


class Gates:
    """At most so many requests at a time per Keystone endpoint, for all scopes of a site together.

    `paces` is what the scopes of a site learn together of how long things take there.
    """

    def __init__(self, limits: Mapping[str, int]) -> None:
        self._limits, self._lock = limits, threading.Lock()
        self._by_url: dict[str, tuple[str, threading.Semaphore]] | None = None
        self.paces = Paces()

    def named(self, identity: Identity, inputs: Mapping[str, Any]) -> tuple[str, threading.Semaphore]:
        """Return the site's name and its gate; an account given by address gets those of the entry it belongs to."""
        url = identity.login.auth_url
        with self._lock:
            if self._by_url is None:
                self._by_url = self._read()
            return self._by_url.setdefault(url, (site_name(inputs), threading.Semaphore(_CONNECTIONS)))

    def _read(self) -> dict[str, tuple[str, threading.Semaphore]]:
        found = {}
        for entry, limit in self._limits.items():
            # An entry that is missing is told of when its own site is used; the other sites must not suffer.
            with suppress(NotReached):
                found[Identity({"cloud": entry}).login.auth_url] = (entry, threading.Semaphore(limit))
        return found


class Client:
    """Requests of one provider. Thread-safe; the first call logs in unless the process has a token already.

    `clocks` says by how many seconds each service's clock is ahead of ours, as its last answer told.
    """

    def __init__(self, inputs: Mapping[str, Any], identity: Identity, gates: Gates, counted: Counted) -> None:
        self._inputs, self._identity, self._gates, self._counted = inputs, identity, gates, counted
        self._lock = threading.Lock()
        self._calls = 0
        self.clocks: dict[str, float] = {}

    @property
    def calls(self) -> int:
        """Requests sent so far, logins included."""
        return self._calls

    @property
    def paces(self) -> Paces:
        return self._gates.paces

    @property
    def region(self) -> str:
        return self._identity.login.region

    @property
    def site(self) -> str:
        return self._site_and_gate[0]

    def access(self, until: float, stale: Access | None = None) -> Access:
        return self._identity.access(until, lambda: self._turn(until), stale)

    def call(self, ask: Ask, until: float) -> Any:
        """Return the decoded body; `until` is a monotonic time. Raises NotReached, RefusedByApi or AnswerLost."""
        return self.answer(ask, until).json()

    def answer(self, ask: Ask, until: float) -> Answer:
        """Return the response, after bounded retries where repeating is safe."""
        access = self.access(until)
        renewed = False
        for attempt in range(_BUSY_TRIES):
            answer = self._send(ask, access, until)
            if answer.status < 300:
                return answer
            if answer.status == 401 and not renewed:
                renewed, access = True, self.access(until, stale=access)
                continue
            pause = _pause(answer, attempt)
            if attempt + 1 >= _tries(ask, answer) or time.monotonic() + pause >= until:
                break
            time.sleep(pause)
        raise failure(self.site, ask, answer)

    def _send(self, ask: Ask, access: Access, until: float) -> Answer:
        """Send once; what is safe to repeat is sent again when the connection fails."""
        for attempt in range(_TRANSPORT_TRIES):
            self._check_time(ask, until)
            try:
                with self._turn(until):
                    sent = time.time()
                    answer = _exchange(self._identity.login, ask, self._url(ask, access), access.token, until)
            except exceptions.HTTPError as error:
                last = attempt == _TRANSPORT_TRIES - 1 or (
                    isinstance(error, exceptions.ConnectTimeoutError) and attempt > 0
                )
                if not ask.repeatable or last:
                    raise self._transport_failure(ask, access, error) from error
            else:
                self._read_clock(ask.service, answer, sent)
                return answer
            time.sleep(_FIRST_PAUSE * (attempt + 1))
        raise AssertionError("the last attempt returns or raises")

    def _read_clock(self, service: str, answer: Answer, sent: float) -> None:
        seconds = ahead(answer.headers, sent, time.time())
        if seconds is not None:
            self.clocks[service] = seconds

    def _check_time(self, ask: Ask, until: float) -> None:
        if time.monotonic() < until:
            return
        told = f"site {self.site}: {ask.service} {ask.method} {ask.path} was not sent: no time is left"
        raise AnswerLost(told) if ask.repeatable else NotReached(told)

    def _transport_failure(self, ask: Ask, access: Access, error: exceptions.HTTPError) -> NotReached | AnswerLost:
        if isinstance(error, _NOT_SENT):
            return NotReached(unreachable(self.site, ask.service, access.endpoints[ask.service]))
        return AnswerLost(
            f"site {self.site}: {ask.service} {ask.method} {ask.path}: the connection was lost before an answer came"
            f" ({type(error).__name__})"
        )

    def _url(self, ask: Ask, access: Access) -> str:
        try:
            base = access.endpoints[ask.service]
        except KeyError:
            raise NotReached(f"site {self.site}: its catalog has no {ask.service} service") from None
        return f"{base}{ask.path}?{urlencode(ask.query, doseq=True)}" if ask.query else base + ask.path

    @cached_property
    def _site_and_gate(self) -> tuple[str, threading.Semaphore]:
        return self._gates.named(self._identity, self._inputs)

    @contextmanager
    def _turn(self, until: float) -> Iterator[None]:
        """Count one request and hold one of the site's places for it."""
        site, gate = self._site_and_gate
        if not gate.acquire(timeout=max(0.0, until - time.monotonic())):
            raise NotReached(f"site {site}: no turn came in time: too many calls are under way")
        try:
            with self._lock:
                self._calls += 1
            self._counted(site)
            yield
        finally:
            gate.release()


def _exchange(login: Login, ask: Ask, url: str, token: str, until: float) -> Answer:
    left = max(_SHORTEST_TIMEOUT, min(_READ_SECONDS, until - time.monotonic()))
    headers = {"X-Auth-Token": token, "Accept": "application/json", **ask.headers}
    if not ask.upload:
        headers.setdefault("Content-Type", "application/json")
    body = None if ask.body is None else json.dumps(ask.body, separators=(",", ":")).encode()
    with Path(ask.upload).open("rb") if ask.upload else nullcontext(body) as sent:
        response = _pool(login).request(
            ask.method,
            url,
            body=sent,
            headers=headers,
            retries=False,
            redirect=False,
            timeout=urllib3.Timeout(connect=min(CONNECT_SECONDS, left), read=left),
        )
    return Answer(response.status, {key.lower(): value for key, value in response.headers.items()}, response.data)


def _tries(ask: Ask, answer: Answer) -> int:
    """Return how often a request that got this answer may be sent."""
    if answer.status in BUSY:
        return _BUSY_TRIES
    return _TRANSPORT_TRIES if answer.status >= 500 and ask.repeatable else 1


def _pause(answer: Answer, attempt: int) -> float:
    told = retry_after(answer, time.time())
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt) if told is None else told


_POOLS: dict[object, urllib3.PoolManager] = {}
_POOLS_LOCK = threading.Lock()


def _pool(login: Login) -> urllib3.PoolManager:
    """Return the process's connections for these TLS settings: scopes of a site share them."""
    key = (login.verify, login.cert)
    with _POOLS_LOCK:
        if key not in _POOLS:
            cert, private_key = login.cert or (None, None)
            _POOLS[key] = urllib3.PoolManager(
                maxsize=_CONNECTIONS,
                cert_reqs="CERT_REQUIRED" if login.verify else "CERT_NONE",
                ca_certs=login.verify if isinstance(login.verify, str) else None,
                cert_file=cert,
                key_file=private_key,
            )
        return _POOLS[key]
