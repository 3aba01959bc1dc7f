"""Tells HAProxy which server holds the lease of its cluster, one at a time; keeps to the last known holder."""

from __future__ import annotations

import argparse
import base64
import contextlib
import http.client
import json
import os
import socket
import socketserver
import ssl
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TLS = Path("/etc/govcloud/tls")
ROUTE = Path("/etc/govcloud/route")
HAPROXY = "/run/haproxy/admin.sock"
READY, AWAY = "ready up", "maint"
CITY = "city"


class Unanswered(Exception):
    """No member of a consensus store said who leads."""


@dataclass(frozen=True)
class Scope:
    """A Patroni cluster: its nodes, and the addresses of its consensus store."""

    name: str
    nodes: frozenset[str]
    etcd: tuple[str, ...]


@dataclass(frozen=True)
class Service:
    """A database service: the city's cluster, and the standby clusters that can take its place."""

    name: str
    city: Scope
    others: tuple[Scope, ...]

    @classmethod
    def of(cls, said: dict[str, Any]) -> Service:
        """Return a service from the role's variables."""
        city = Scope(said["city_scope"], frozenset(n["name"] for n in said["city"]), _addresses(said["city_etcd"]))
        others = (Scope(d["scope"], frozenset([d["name"]]), _addresses(d["etcd"])) for d in said["dr"])
        return cls(said["service"], city, tuple(others))

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return (self.city, *self.others)

    def routed(self, route: str) -> Scope | None:
        """Return the cluster that `route` names: `city`, `dr` (the first standby cluster) or a cluster's name."""
        if route == "dr":
            return next(iter(self.others), None)
        return next((s for s in self.scopes if route in {s.name, CITY if s is self.city else s.name}), None)


def _addresses(members: list[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(member["address"] for member in members)


class Lease:
    """Reads who leads a cluster, linearizably, from the member of its store that answered last."""

    def __init__(
        self, scope: Scope, seconds: float, connect: Callable[[str, float], http.client.HTTPConnection]
    ) -> None:
        self.scope, self.seconds, self.connect = scope, seconds, connect
        self._turn = 0
        self._line: http.client.HTTPConnection | None = None

    def holder(self) -> str | None:
        """Return the leader's name, None when there is no leader; Unanswered when no member says."""
        for _ in self.scope.etcd:
            try:
                return self._ask(self.scope.etcd[self._turn % len(self.scope.etcd)])
            except (OSError, http.client.HTTPException, ValueError, KeyError):
                self._drop()
                self._turn += 1
        raise Unanswered(self.scope.name)

    def _ask(self, address: str) -> str | None:
        if self._line is None:
            self._line = self.connect(address, self.seconds)
        key = base64.b64encode(f"/service/{self.scope.name}/leader".encode()).decode()
        self._line.request("POST", "/v3/kv/range", json.dumps({"key": key}), {"Content-Type": "application/json"})
        answer = self._line.getresponse()
        text = answer.read()
        if answer.status != http.client.OK:
            raise ValueError(text)
        found = json.loads(text).get("kvs", [])
        return base64.b64decode(found[0]["value"]).decode() if found else None

    def _drop(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


@dataclass
class Board:
    """What is known of the leases, and what HAProxy was told: none is ready before all others were told to go."""

    services: tuple[Service, ...]
    route: Callable[[], str]
    holders: dict[str, str | None] = field(default_factory=dict)
    _ready: dict[str, str | None] = field(default_factory=dict)
    _gone: dict[str, set[str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, scope: str, holder: str | None) -> bool:
        """Keep who holds the lease of a cluster; tell whether that is new."""
        with self._lock:
            new = scope not in self.holders or self.holders[scope] != holder
            self.holders[scope] = holder
            return new

    def reply(self, service_name: str, server: str) -> str:
        """Return what HAProxy is told of a server: ready, or in maintenance."""
        service = next((s for s in self.services if s.name == service_name), None)
        if service is None:
            return AWAY
        scope = service.routed(self.route())
        with self._lock:
            holder = self.holders.get(scope.name) if scope else None
            chosen = holder if scope and holder in scope.nodes else None
            if self._ready.get(service_name) != chosen:
                self._ready[service_name], self._gone[service_name] = chosen, set()
            if server != chosen:
                return AWAY
            others = frozenset().union(*(s.nodes for s in service.scopes)) - {server}
            return READY if others <= self._gone[service_name] else AWAY

    def delivered(self, service_name: str, server: str) -> None:
        """Keep that HAProxy has been told to let a server go, unless it holds the lease by now."""
        with self._lock:
            if self._ready.get(service_name) != server:
                self._gone.setdefault(service_name, set()).add(server)


class Route:
    """The file that says which cluster serves; unreadable, the last word counts, and at first the city."""

    def __init__(self, path: Path = ROUTE) -> None:
        self.path, self.last = path, CITY

    def __call__(self) -> str:
        with contextlib.suppress(OSError, ValueError):
            self.last = self.path.read_text(encoding="utf-8").strip() or CITY
        return self.last


class Memory:
    """The last known holders on disk, for an agent that restarts while no store answers."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> dict[str, str | None]:
        """Return {cluster: holder or None}; empty when there is nothing readable."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def save(self, holders: dict[str, str | None]) -> None:
        """Keep the holders; a full disk costs the memory, not the service."""
        fresh = self.path.with_suffix(".new")
        try:
            fresh.write_text(json.dumps(holders), encoding="utf-8")
            fresh.replace(self.path)
        except OSError as error:
            print(f"could not keep the holders: {error}")


def follow(board: Board, lease: Lease, memory: Memory, pause: float) -> None:
    """Keep the board's word on one lease true, for ever."""
    answered = True
    while True:
        try:
            if board.note(lease.scope.name, lease.holder()):
                print(f"{lease.scope.name}: held by {board.holders[lease.scope.name] or 'nobody'}")
                memory.save(board.holders)
            if not answered:
                print(f"{lease.scope.name}: the store answers again")
            answered = True
        except Unanswered:
            if answered:
                print(
                    f"{lease.scope.name}: no member of its store answers, {board.holders.get(lease.scope.name)} stays"
                )
            answered = False
        time.sleep(pause)


def answerer(board: Board) -> type[socketserver.StreamRequestHandler]:
    """Return the handler of HAProxy's questions: a line `service server`, answered by a line."""

    class Answer(socketserver.StreamRequestHandler):
        timeout = 1.0

        def handle(self) -> None:
            try:
                service, server = self.rfile.readline(512).decode(errors="replace").split()
                told = board.reply(service, server)
                self.wfile.write(f"{told}\n".encode())
                if told == AWAY:
                    board.delivered(service, server)
            except (OSError, ValueError):
                return  # it hung up, or was no HAProxy: it asks again

    return Answer


def dial(address: str, seconds: float) -> http.client.HTTPConnection:
    """Return a connection to a member of a store, with the host's certificate."""
    context = ssl.create_default_context(cafile=str(TLS / "ca.crt"))
    context.load_cert_chain(TLS / "host.crt", TLS / "host.key")
    return http.client.HTTPSConnection(address, 2379, timeout=seconds, context=context)


def serve(said: dict[str, Any]) -> None:
    """Follow all leases and answer HAProxy, for ever."""
    services = tuple(Service.of(s) for s in said["clusters"])
    memory = Memory(Path(os.environ["STATE_DIRECTORY"]) / "holders.json")
    board = Board(services, Route(), memory.load())
    for scope in {scope for service in services for scope in service.scopes}:
        lease = Lease(scope, said["ask_seconds"], dial)
        threading.Thread(target=follow, args=(board, lease, memory, said["interval_seconds"]), daemon=True).start()
    socketserver.TCPServer.allow_reuse_address = True
    with socketserver.ThreadingTCPServer(("127.0.0.1", said["port"]), answerer(board)) as server:
        server.daemon_threads = True
        server.serve_forever()


def ways(service: str, status: str) -> list[str]:
    """Return the servers that HAProxy's `show stat` says are open for writing."""
    rows = (line.split(",") for line in status.splitlines())
    return [row[1] for row in rows if row[0] == f"{service}-write" and row[1] != "BACKEND" and row[17:18] == ["UP"]]


def prove(said: dict[str, Any], deadline: float) -> int:
    """Wait until each service has one way to write; print it."""
    for service in [s["service"] for s in said["clusters"]]:
        while len(found := ways(service, _status())) != 1:
            if time.time() > deadline:
                print(
                    f"{service}: {len(found)} servers are open for writing, one must be: see port 7000", file=sys.stderr
                )
                return 2
            time.sleep(0.5)
        print(f"{service}: {found[0]}")
    return 0


def _status() -> str:
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(5)
        line.connect(HAPROXY)
        line.sendall(b"show stat\n")
        return b"".join(iter(lambda: line.recv(65536), b"")).decode()


def main() -> int:
    """Serve, or prove."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("settings", type=Path)
    parser.add_argument("--prove", type=float, metavar="SECONDS")
    told = parser.parse_args()
    said = json.loads(told.settings.read_text(encoding="utf-8"))
    if told.prove is not None:
        return prove(said, time.time() + told.prove)
    serve(said)
    return 0


if __name__ == "__main__":
    sys.exit(main())
