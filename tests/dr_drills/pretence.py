"""A cloud that exists only as local servers: HTTP with the cloud's certificates, and DNS, that say what a test wants."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import dns.flags
import dns.message
import dns.rrset

from dr_drills.probes.trust import Keys, in_memory
from inventories.authority import Pair, new_authority, new_certificate

NOW = datetime.now(UTC)
AUTHORITY = new_authority("testcity", NOW)
OPERATOR = new_certificate(AUTHORITY, "operator", ("operator",), NOW)
KEYS = Keys(AUTHORITY.certificate, OPERATOR.certificate, OPERATOR.key)
Answer = tuple[int, Any]
"""A status, and a document or the text of a page."""
Handle = Callable[[str, str, Any], Answer]
"""Answers (method, path, body as JSON)."""


@contextmanager
def serving(
    handle: Handle, pair: Pair | None = None, *, client: bool = False, address: str = "127.0.0.1", port: int = 0
) -> Iterator[int]:
    """Serve on a port (0: a free one), over TLS when there is a pair; `client` demands a certificate of callers."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, said = handle(self.command, self.path, body)
            data = said.encode() if isinstance(said, str) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = _answer  # noqa: N815 - the names that the library calls

        def log_message(self, *_: object) -> None: ...

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that does not trust us hangs up; that is the test."""

    server = Quiet((address, port), Handler)
    if pair:
        server.socket = _guarded(server.socket, pair, client=client)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def unreachable(address: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Yield a port of which no connection is answered, as of a site that is dark."""
    with ExitStack() as lines:
        door = lines.enter_context(socket.socket())
        door.bind((address, port))
        door.listen(0)
        for _ in range(3):
            line = lines.enter_context(socket.socket())
            line.setblocking(False)
            line.connect_ex(door.getsockname())
        yield door.getsockname()[1]


def certified(*names: str, below: Pair = AUTHORITY) -> Pair:
    """Return a certificate for these names or addresses."""
    return new_certificate(below, names[0], names, NOW)


@contextmanager
def answering(
    addresses: dict[str, list[str]], ttl: int = 5, *, deaf: int = 0, address: str = "127.0.0.1", port: int = 0
) -> Iterator[int]:
    """Answer DNS questions on a port (0: a free one); the first `deaf` datagrams are not heard."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind((address, port))
        line.settimeout(0.05)
        ended = False

        def serve() -> None:
            heard = 0
            while not ended:
                try:
                    data, caller = line.recvfrom(4096)
                except TimeoutError:
                    continue
                heard += 1
                if heard > deaf:
                    line.sendto(_reply(dns.message.from_wire(data), addresses, ttl), caller)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield line.getsockname()[1]
        finally:
            ended = True
            thread.join()


def _reply(question: dns.message.Message, addresses: dict[str, list[str]], ttl: int) -> bytes:
    name = question.question[0].name
    reply = dns.message.make_response(question)
    known = addresses.get(name.to_text().rstrip("."))
    if known is None:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    elif known:
        reply.answer.append(dns.rrset.from_text_list(name, ttl, "IN", "A", known))
    return reply.to_wire()


def _guarded(plain: socket.socket, pair: Pair, *, client: bool) -> socket.socket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with in_memory(pair.certificate + "\n" + pair.key) as path:
        context.load_cert_chain(path)
    if client:
        context.load_verify_locations(cadata=AUTHORITY.certificate)
        context.verify_mode = ssl.CERT_REQUIRED
    return context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
