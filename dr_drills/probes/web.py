"""Speaks HTTP with hosts by their addresses: TLS checked against the cloud's authority, every call limited in time."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import urllib3
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, SSLError

from dr_drills.probes.budget import NoAnswer, NotReached
from dr_drills.probes.trust import Keys, context
from failures import Text

LARGEST = 4 << 20
"""Bytes of an answer that are read."""


@dataclass(frozen=True)
class Page:
    """An answer: its status code and its body."""

    status: int
    body: bytes

    def document(self) -> Any:
        """Return the body as JSON values. Raises NoAnswer when it is none."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise NoAnswer(Text(f"the answer ({self.status}) is not JSON", f"应答({self.status})不是 JSON")) from error


@dataclass(frozen=True)
class Patience:
    """Limits of one call: until a connection stands, and in all."""

    reach_s: float
    total_s: float


def _secured(handshake_s: float) -> type[HTTPSConnectionPool]:
    """Return pools whose calls are impatient only until a line stands: its handshake has a limit of its own."""

    class Connection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            line = super()._new_conn()
            line.settimeout(handshake_s)
            return line

    class Pool(HTTPSConnectionPool):
        ConnectionCls = Connection

    return Pool


class Web:
    """A client; `seconds` limits connecting and each wait for data."""

    def __init__(self, keys: Keys | None, seconds: float) -> None:
        self._pool = urllib3.PoolManager(
            num_pools=64,
            maxsize=4,
            retries=False,
            ssl_context=context(keys) if keys else None,
        )
        self._pool.pool_classes_by_scheme = {"http": HTTPConnectionPool, "https": _secured(seconds)}
        self._limits = urllib3.Timeout(connect=seconds, read=seconds)
        self._trusts = keys is not None

    def get(self, url: str) -> Page:
        """Return the answer to GET, whatever its status. Raises NoAnswer."""
        return self._call("GET", url, None)

    def post(self, url: str, document: Any, patience: Patience | None = None) -> Page:
        """Return the answer to a POST of JSON, whatever its status. Raises NoAnswer, NotReached."""
        return self._call("POST", url, json.dumps(document).encode(), patience=patience)

    def send(self, method: str, url: str, document: Any, account: tuple[str, str]) -> Page:
        """Return the answer to JSON sent with an account's name and password, whatever its status. Raises NoAnswer."""
        proof = urllib3.make_headers(basic_auth=":".join(account))
        return self._call(method, url, json.dumps(document).encode(), proof)

    def _call(
        self,
        method: str,
        url: str,
        body: bytes | None,
        more: Mapping[str, str] | None = None,
        patience: Patience | None = None,
    ) -> Page:
        if url.startswith("https:") and not self._trusts:
            raise NoAnswer(Text("the cloud's certificate authority is not known here", "本机没有该云的证书颁发机构"))
        headers = {**({"Content-Type": "application/json"} if body is not None else {}), **(more or {})}
        limits = urllib3.Timeout(patience.total_s, connect=patience.reach_s) if patience else self._limits
        try:
            answer = self._pool.request(
                method, url, body=body, headers=headers, timeout=limits, preload_content=False, redirect=False
            )
            with answer:
                return Page(answer.status, answer.read(LARGEST))
        except SSLError as error:
            raise NoAnswer(Text(f"TLS is refused: {_first(error)}", f"TLS 被拒绝：{_first(error)}")) from error
        except (HTTPError, OSError) as error:
            kind = NotReached if isinstance(error, ConnectTimeoutError) else NoAnswer
            shut = isinstance(_cause(error), ConnectionRefusedError)
            raise kind(Text(f"no answer: {_first(error)}", f"没有应答：{_first(error)}"), shut=shut) from error


def _first(error: BaseException) -> str:
    """Return the innermost reason on one line, without addresses of objects in memory."""
    cause = _cause(error)
    text = (cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)).partition("\n")[0]
    text = text or type(cause).__name__
    return text.rpartition(">: ")[2] if text.startswith("<") else text


def _cause(error: BaseException) -> BaseException:
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return error
