"""A reverse proxy on loopback in front of one site's APIs: logs every call and spoils chosen ones."""

from __future__ import annotations

import http.client
import json
import re
import socket
import struct
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self
from urllib.parse import urlsplit

Kind = Literal["before", "after", "reset-before", "reset-after", "slow"]
_HOP_HEADERS = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "server", "date"})
_LONGEST_TEXT = 65536
_TOKENS_PATH = re.compile(r"/v3/auth/tokens$")


@dataclass
class Fault:
    """Spoils the calls `first` to `first + times - 1` of those whose `path body` match.

    `before` answers `status` and forwards nothing; `after` forwards and then answers `status` in the place of the
    answer; the `reset` kinds do the same with a reset connection; `slow` waits `seconds`, or until it is `freed`, and
    then forwards.
    """

    kind: Kind
    method: str
    pattern: str
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 2.0
    first: int = 1
    times: int = 1
    seen: int = 0
    freed: threading.Event = field(default_factory=threading.Event)

    @property
    def hits(self) -> int:
        """How many calls were spoiled so far."""
        return max(0, min(self.seen - self.first + 1, self.times))

    def takes(self, method: str, text: str) -> bool:
        """Count a call; return whether it is to be spoiled."""
        if self.method not in {method, "*"}:
            return False
        if not re.search(self.pattern, text):
            return False
        self.seen += 1
        return self.first <= self.seen < self.first + self.times


@dataclass(frozen=True)
class Call:
    """One call as it was seen; `project` is the id of the project that its token is for, empty before the login.

    `answer` is kept of calls that change something, as text; of calls that were not forwarded the status is 0.
    """

    port: int
    method: str
    path: str
    body: str
    status: int
    project: str
    answer: str = ""

    @property
    def changes(self) -> bool:
        """Whether it could have changed something; a login does not."""
        return self.method not in {"GET", "HEAD"} and not _TOKENS_PATH.search(self.path)


class FaultProxy:
    """Listens at `address` on the same ports as the APIs at `host`; addresses in answers are rewritten to its own."""

    def __init__(self, host: str, ports: Iterable[int], address: str) -> None:
        self.host, self.address = host, address
        self.calls: list[Call] = []
        self._faults: list[Fault] = []
        self._projects: dict[str, str] = {}
        self._lock = threading.Lock()
        self._servers = [self._server(port) for port in ports]

    def _server(self, listening: int) -> ThreadingHTTPServer:
        proxy = self

        class Handler(_Handler):
            owner = proxy
            port = listening

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that was killed in the middle of a call is what the tests are about."""

        return Server((self.address, listening), Handler)

    def __enter__(self) -> Self:
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    @contextmanager
    def spoiled(self, *faults: Fault) -> Iterator[None]:
        """Apply faults while the block runs."""
        with self._lock:
            self._faults = list(faults)
        try:
            yield
        finally:
            with self._lock:
                self._faults = []

    def forget(self) -> None:
        """Empty the log."""
        with self._lock:
            self.calls = []

    def fault_of(self, method: str, text: str) -> Fault | None:
        with self._lock:
            return next((fault for fault in self._faults if fault.takes(method, text)), None)

    def note(self, call: Call) -> None:
        with self._lock:
            self.calls.append(call)

    def learn(self, token: str, answer: bytes) -> None:
        """Remember which project a new token is for."""
        project = json.loads(answer)["token"].get("project", {}).get("id", "")
        with self._lock:
            self._projects[token] = project

    @property
    def tokens(self) -> tuple[str, ...]:
        """The tokens that were given out through this proxy."""
        with self._lock:
            return tuple(self._projects)

    def project_of(self, token: str) -> str:
        with self._lock:
            return self._projects.get(token, "")

    def outward(self, text: str) -> str:
        return text.replace(f"//{self.host}:", f"//{self.address}:")


class _Handler(BaseHTTPRequestHandler):
    owner: FaultProxy
    port: int
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    upstream: http.client.HTTPConnection | None = None

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True

    def finish(self) -> None:
        if self.upstream is not None:
            self.upstream.close()
        super().finish()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._relay
        raise AttributeError(name)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the base class gives it
        """Say nothing: the log is `calls`."""

    def _relay(self) -> None:
        body = self._body()
        path = urlsplit(self.path).path
        fault = self.owner.fault_of(self.command, f"{path} {_text(body)}")
        if fault and fault.kind == "slow":
            fault.freed.wait(fault.seconds)
        if fault and fault.kind in {"before", "reset-before"}:
            self._note(body, 0, b"")
        else:
            status, headers, data = self._forward(body)
            if status == 201 and _TOKENS_PATH.search(path):
                self.owner.learn(headers.get("X-Subject-Token", ""), data)
            self._note(body, status, data)
        if fault and fault.kind.startswith("reset"):
            self._reset()
        elif fault and fault.kind in {"before", "after"}:
            told = {"Content-Type": "application/json", **fault.headers}
            self._answer(fault.status, told, b'{"error": {"message": "spoiled by the test"}}')
        else:
            self._answer(status, headers, data)

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(chunks)

    def _forward(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOP_HEADERS | {"host"}}
        for attempt in (1, 2):
            if self.upstream is None:
                self.upstream = http.client.HTTPConnection(self.owner.host, self.port, timeout=120)
            try:
                self.upstream.request(self.command, self.path, body or None, headers)
                answer = self.upstream.getresponse()
                return answer.status, dict(answer.getheaders()), answer.read()
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                # The server had closed an idle connection: nothing was taken up.
                self.upstream.close()
                self.upstream = None
                if attempt == 2:
                    raise
        raise AssertionError("the second attempt returns or raises")

    def _answer(self, status: int, headers: Mapping[str, str], data: bytes) -> None:
        told = {key: value for key, value in headers.items() if key.lower() not in _HOP_HEADERS}
        if "json" in headers.get("Content-Type", ""):
            data = self.owner.outward(data.decode()).encode()
        self.send_response(status)
        for key, value in told.items():
            self.send_header(key, self.owner.outward(value))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _note(self, body: bytes, status: int, answer: bytes) -> None:
        project = self.owner.project_of(self.headers.get("X-Auth-Token", ""))
        kept = "" if self.command == "GET" else _text(answer)
        self.owner.note(Call(self.port, self.command, self.path, _text(body), status, project, kept))


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace") if len(body) <= _LONGEST_TEXT else ""
