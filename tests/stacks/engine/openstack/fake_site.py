"""A site of one process: Keystone and the other APIs on one real local HTTP server, with answers and faults to order."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "gAAAA-token-"
PROJECT, USER = "a" * 32, "b" * 32
SERVICES = {
    "identity": "identity",
    "network": "network",
    "compute": "compute",
    "image": "image",
    "block-storage": "block-storage",
}

Reply = Callable[["Handler"], None]


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    token: str
    body: Any
    port: int
    headers: dict[str, str] = field(hash=False)


class FakeSite:
    """`on` orders what a request gets, in turn and the last for ever; `seen` is what came, logins apart.

    `clock_ahead` are the seconds by which its Date headers run ahead.
    """

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.logins: list[Any] = []
        self.login_status = 201
        self.clock_ahead = 0.0
        self.under_way = self.most_under_way = 0
        self.lock = threading.Lock()
        self._replies: defaultdict[tuple[str, str], list[Reply]] = defaultdict(list)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"site": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def inputs(self, **more: Any) -> dict[str, Any]:
        """Return provider inputs that log in here."""
        return {
            "authUrl": f"{self.url}/identity/v3",
            "userName": "builder",
            "password": "hunter2-hunter2",
            "tenantName": "finance",
            "region": "east",
            **more,
        }

    def on(self, method: str, path: str, *replies: Reply) -> None:
        self._replies[method, path] += replies

    def reply(self, method: str, path: str) -> Reply:
        queue = self._replies[method, path]
        if not queue:
            return answer(404, {"message": f"nothing at {method} {path}"})
        return queue.pop(0) if len(queue) > 1 else queue[0]

    def requests(self) -> list[str]:
        return [f"{seen.method} {seen.path}" for seen in self.seen]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    site: FakeSite

    def _handle(self) -> None:
        data = self._read()
        path = self.path.split("?")[0]
        if path == "/identity/v3/auth/tokens":
            self._log_in(json.loads(data))
            return
        body = json.loads(data) if data[:1] in {b"{", b"["} else data
        with self.site.lock:
            token = self.headers.get("X-Auth-Token", "")
            port, headers = self.client_address[1], {key.lower(): value for key, value in self.headers.items()}
            self.site.seen.append(Seen(self.command, self.path, token, body, port, headers))
            self.site.under_way += 1
            self.site.most_under_way = max(self.site.most_under_way, self.site.under_way)
            reply = self.site.reply(self.command, path)
        try:
            # A client that gave up has closed the connection: that is its test, not this server's failure.
            with suppress(ConnectionError):
                reply(self)
        finally:
            with self.site.lock:
                self.site.under_way -= 1

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815 - named by the library

    def _read(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        data = b""
        while size := int(self.rfile.readline(), 16):
            data += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return data

    def _log_in(self, body: Any) -> None:
        self.site.logins.append(body)
        host = self.site.url
        catalog = [
            {
                "type": type_,
                "name": type_,
                "id": type_,
                "endpoints": [
                    {"interface": "public", "region": "east", "region_id": "east", "id": type_, "url": f"{host}/{path}"}
                ],
            }
            for type_, path in SERVICES.items()
        ]
        domain = {"id": "default", "name": "Default"}
        token = {
            "methods": ["password"],
            "expires_at": "2099-01-01T00:00:00.000000Z",
            "issued_at": "2026-01-01T00:00:00.000000Z",
            "user": {"id": USER, "name": "builder", "domain": domain},
            "project": {"id": PROJECT, "name": "finance", "domain": domain},
            "catalog": catalog,
        }
        headers = {"X-Subject-Token": f"{TOKEN}{len(self.site.logins)}"}
        answer(self.site.login_status, {"token": token}, **headers)(self)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(time.time() + self.site.clock_ahead if timestamp is None else timestamp)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named by the library
        """Keep the test output quiet."""


def answer(status: int, body: Any = None, **headers: str) -> Reply:
    """Return the reply with this status and JSON body; header names take `_` for `-`."""

    def reply(handler: Handler) -> None:
        data = b"" if body is None else json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(data)

    return reply


def reset(handler: Handler) -> None:
    """Close the connection with RST after the request came whole: nobody can say whether it was carried out."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.close()


def slow(seconds: float, then: Reply) -> Reply:
    def reply(handler: Handler) -> None:
        time.sleep(seconds)
        then(handler)

    return reply
