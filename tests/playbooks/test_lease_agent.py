"""The agent lets HAProxy write to the holder of the lease, never to two, and keeps to the last it knew."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import socketserver
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from lease_agent import AWAY, READY, Board, Lease, Memory, Route, Scope, Service, Unanswered, answerer, ways
from tests.ports import free_port

SAID = {
    "service": "citizen-db",
    "city_scope": "citizen-db",
    "city": [
        {"name": "db-a", "address": "10.0.0.1", "site": "a"},
        {"name": "db-b", "address": "10.0.0.2", "site": "b"},
    ],
    "city_etcd": [{"name": "q-a", "address": "10.0.1.1"}, {"name": "q-b", "address": "10.0.1.2"}],
    "dr": [{"scope": "citizen-db-c", "name": "db-c", "address": "10.0.0.3", "site": "c", "etcd": []}],
}
SERVICE = Service.of(SAID)
SERVERS = ("db-a", "db-b", "db-c")


class Store(BaseHTTPRequestHandler):
    """A member of a consensus store that speaks the JSON gateway."""

    leaders: Mapping[str, str] = MappingProxyType({})
    status = 200

    def do_POST(self) -> None:
        key = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["key"]
        name = self.leaders.get(base64.b64decode(key).decode())
        kvs = [{"value": base64.b64encode(name.encode()).decode()}] if name else []
        text = json.dumps({"kvs": kvs} if kvs else {}).encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name in the standard library)
        """Keep quiet."""


def member(leaders: dict[str, str], status: int = 200) -> ThreadingHTTPServer:
    """Return a member that serves until it is shut down."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Member", (Store,), {"leaders": leaders, "status": status}))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server


@pytest.fixture
def led() -> Iterator[int]:
    """Give the port of a member that knows db-a as the leader."""
    with member({"/service/citizen-db/leader": "db-a"}) as server:
        yield server.server_port
        server.shutdown()


def lease(*ports: int, scope: str = "citizen-db") -> Lease:
    """Return a lease whose store has members on these ports of loopback."""
    return Lease(Scope(scope, frozenset(SERVERS), tuple(map(str, ports))), 1.0, dial)


def dial(port: str, seconds: float) -> http.client.HTTPConnection:
    """Connect to a member without TLS."""
    return http.client.HTTPConnection("127.0.0.1", int(port), timeout=seconds)


def board(route: str = "city", **holders: str | None) -> Board:
    """Return a board on which these clusters (underscores for hyphens) have these holders."""
    made = Board((SERVICE,), lambda: route)
    for scope, holder in holders.items():
        made.note(scope.replace("_", "-"), holder)
    return made


def ask(on: Board, server: str) -> str:
    """Ask as HAProxy does, and take the answer as delivered."""
    told = on.reply("citizen-db", server)
    if told == AWAY:
        on.delivered("citizen-db", server)
    return told


def test_lease_names_the_leader(led: int) -> None:
    """What Patroni wrote is read."""
    assert lease(led).holder() == "db-a"


def test_lease_without_a_leader_is_held_by_nobody(led: int) -> None:
    """A store that answers without a leader is an answer."""
    assert lease(led, scope="other").holder() is None


def test_lease_asks_the_next_member_when_one_is_dark(led: int) -> None:
    """One dark site does not hide who leads."""
    assert lease(free_port(), led).holder() == "db-a"


def test_lease_asks_the_next_member_when_one_has_no_majority(led: int) -> None:
    """A member that cannot read linearizably is as good as dark."""
    with member({"/service/citizen-db/leader": "old"}, status=503) as lonely:
        assert lease(lonely.server_port, led).holder() == "db-a"
        lonely.shutdown()


def test_lease_that_no_member_answers_is_unknown() -> None:
    """Unknown is not the same as nobody."""
    with pytest.raises(Unanswered):
        lease(free_port(), free_port()).holder()


def test_board_that_knows_nothing_opens_no_server() -> None:
    """Before the first answer nothing is written."""
    assert [ask(board(), server) for server in SERVERS * 2] == [AWAY] * 6


def test_board_opens_the_holder_after_the_others_were_told() -> None:
    """The holder waits until HAProxy has let every other server go."""
    known = board(citizen_db="db-a", citizen_db_c="db-c")

    assert [ask(known, server) for server in ("db-a", "db-b", "db-a", "db-c", "db-a")] == [AWAY] * 4 + [READY]


def test_board_closes_the_old_holder_before_it_opens_the_new() -> None:
    """Two nodes that both pass their health check never share writes."""
    known = board(citizen_db="db-a")
    assert [ask(known, server) for server in SERVERS * 2][3] == READY

    known.note("citizen-db", "db-b")

    assert [ask(known, server) for server in ("db-b", "db-c", "db-b", "db-a", "db-b")] == [AWAY] * 4 + [READY]


def test_board_of_a_lease_that_nobody_holds_opens_no_server() -> None:
    """Between two primaries nothing is written."""
    known = board(citizen_db=None, citizen_db_c="db-c")
    assert READY not in [ask(known, server) for server in SERVERS * 2]


def test_board_opens_dr_only_when_routed_there() -> None:
    """The standby cluster's own lease opens nothing while the city serves."""
    at_dr = board("dr", citizen_db="db-a", citizen_db_c="db-c")
    assert [ask(at_dr, server) for server in SERVERS] == [AWAY, AWAY, READY]
    by_name, at_city = (board(route, citizen_db="db-a", citizen_db_c="db-c") for route in ("citizen-db-c", "city"))
    assert [ask(by_name, server) for server in SERVERS] == [AWAY, AWAY, READY]
    assert [ask(at_city, server) for server in SERVERS * 2] == [AWAY] * 3 + [READY] + [AWAY] * 2


def test_board_ignores_a_holder_that_is_no_server_of_the_service() -> None:
    """A foreign name in the store opens nothing."""
    known = board(citizen_db="db-c")
    assert READY not in [ask(known, server) for server in SERVERS * 2]


def test_board_answers_a_foreign_service_with_nothing_open() -> None:
    """A question about another service is answered, not opened."""
    assert board(citizen_db="db-a").reply("payments", "db-a") == AWAY


class Naive(Board):
    """A board that opens whoever holds the lease at once."""

    def reply(self, service_name: str, server: str) -> str:
        return READY if self.holders.get("citizen-db") == server else AWAY


EVENTS = some.lists(some.tuples(some.sampled_from(["note", "ask"]), some.sampled_from(SERVERS)), max_size=60)


def most_open(on: Board, events: list[tuple[str, str]]) -> int:
    """Return how many servers HAProxy had open at most, when it does what it is told in this order."""
    told: dict[str, str] = {}
    most = 0
    for verb, server in events:
        if verb == "note":
            on.note("citizen-db", server)
        else:
            told[server] = ask(on, server)
        most = max(most, list(told.values()).count(READY))
    return most


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(EVENTS)
def test_board_never_has_two_servers_open(events: list[tuple[str, str]]) -> None:
    """Whatever order leases move and HAProxy asks in."""
    assert most_open(board(), events) <= 1


def test_board_that_opens_at_once_would_have_two_servers_open() -> None:
    """The property above can fail."""
    moved = [("note", "db-a"), ("ask", "db-a"), ("note", "db-b"), ("ask", "db-b")]
    assert most_open(Naive((SERVICE,), lambda: "city"), moved) == 2


def test_route_keeps_its_last_word(tmp_path: Path) -> None:
    """A file that is gone changes nothing, and at first the city serves."""
    file = tmp_path / "route"
    route = Route(file)
    assert route() == "city"
    file.write_text("dr\n")
    assert route() == "dr"
    file.unlink()
    assert route() == "dr"


def test_memory_gives_back_what_it_kept(tmp_path: Path) -> None:
    """An agent that restarts while no store answers knows the last holder."""
    memory = Memory(tmp_path / "holders.json")
    assert memory.load() == {}
    memory.save({"citizen-db": "db-a", "other": None})
    assert memory.load() == {"citizen-db": "db-a", "other": None}


@pytest.mark.parametrize(("line", "told"), [(b"citizen-db db-a\n", b"ready up\n"), (b"nonsense\n", b"")])
def test_answer_is_one_line(line: bytes, told: bytes) -> None:
    """HAProxy's protocol: a line each way; what is no question gets no answer."""
    known = board(citizen_db="db-a")
    for server in SERVERS[1:]:
        ask(known, server)
    with socketserver.TCPServer(("127.0.0.1", 0), answerer(known)) as listening:
        threading.Thread(target=listening.handle_request, daemon=True).start()
        with socket.create_connection(listening.socket.getsockname(), timeout=5) as haproxy:
            haproxy.sendall(line)
            assert haproxy.recv(100) == told


def test_ways_are_the_servers_up_for_writing() -> None:
    """Maintenance, the whole backend, and the way to read do not count."""
    row = "{},{},0,0,0,0,2000,0,0,0,0,0,,0,0,0,0,{},1"
    status = [
        ("citizen-db-write", "db-a", "UP"),
        ("citizen-db-write", "db-b", "MAINT"),
        ("citizen-db-read", "db-b", "UP"),
    ]
    status += [("citizen-db-write", "BACKEND", "UP"), ("other-write", "db-x", "UP")]

    assert ways("citizen-db", "\n".join(row.format(*words) for words in status)) == ["db-a"]
