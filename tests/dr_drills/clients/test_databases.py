"""Writers and readers at a real PostgreSQL, and what they leave there."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import Any

import pytest

from dr_drills.clients.attempts import Attempt, Client, Kind, Outcome
from dr_drills.clients.clients import clients_of
from dr_drills.clients.lines import POOL
from dr_drills.clients.markers import Markers, table_of
from dr_drills.clients.watch import Watch
from dr_drills.probes.budget import NoAnswer
from dr_drills.probes.scene import Scene, scene
from dr_drills.probes.trust import Keys
from tests.dr_drills.clients.server import DATABASE, PASSWORD, USER, Server, running
from tests.dr_drills.pretence import AUTHORITY, certified
from tests.ports import free_port

pytestmark = pytest.mark.slow

KEYS = Keys(AUTHORITY.certificate, passwords={USER: PASSWORD})
RUN = "20261122T2100Z donghai; DROP TABLE applications"
HERE = "127.0.0.1"
SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'govcloud-probe'"


@pytest.fixture(scope="module")
def installed() -> Iterator[Server]:
    with running(certified(HERE)) as server:
        yield server


@pytest.fixture
def server(installed: Server) -> Iterator[Server]:
    yield installed
    installed.wait_for_nobody(wanted=False)
    Markers(town(installed.port), KEYS, RUN).forget()


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that takes connections and says nothing, like a proxy in a site that went dark."""
    with socket.create_server((HERE, 0)) as line:
        yield int(line.getsockname()[1])


def town(*ports: int) -> Scene:
    """Return a city whose one application reaches its database at these ports, and reads there too."""
    common = {"govcloud_site": "north", "govcloud_site_role": "active"}
    ways = [{"site": "north", "name": f"door-{port}", "address": HERE, "port": port} for port in ports]
    app = {"app_database": DATABASE, "app_database_user": USER, "app_entrances": ways, "app_port": 443}
    door = {"haproxy_clusters": [{"service": "db", "write_port": port, "read_port": port} for port in ports]}
    hosts: dict[str, dict[str, Any]] = {
        "permits-1": {"govcloud_service": "permits", "govcloud_kind": "app", "govcloud_address": "127.0.0.9", **app},
        "door-1": {"govcloud_service": "door", "govcloud_kind": "dns", "govcloud_address": HERE, **door},
    }
    return scene({name: common | own for name, own in hosts.items()})


def client(kind: Kind, *ports: int) -> Client:
    (found,) = [one for one in clients_of(town(*ports), KEYS, RUN) if one.kind is kind]
    return found


def writer(*ports: int) -> Client:
    """Return a writer whose table is there."""
    Markers(town(*ports[-1:]), KEYS, RUN).prepare()
    return client(Kind.WRITER, *ports)


def test_writer_is_acknowledged_and_its_marker_is_there(server: Server) -> None:
    """The site of the server that answered is told; its pool is used again and again, until it is parted with."""
    one = writer(server.port)
    ((before,),) = server.admin("SELECT now()")
    told = [one.attempt(f"m{number}") for number in range(5)]

    assert {(a.outcome, a.where, a.detail) for a in told} == {(Outcome.ACKNOWLEDGED, "north", "")}
    assert Markers(town(server.port), KEYS, RUN).present() == {f"m{number}" for number in range(5)}
    mine = f"{SESSIONS} AND backend_start > '{before}'"
    ((held,),) = server.admin(mine)
    assert 0 < held <= POOL
    one.close()
    server.wait_until(mine, 0)


def test_writer_whose_commit_was_let_go_with_a_warning_is_in_doubt(server: Server) -> None:
    """The server says success; the row is there, and no copy has it."""
    one = writer(server.port)
    server.wait_for_nobody(wanted=True)
    told = _meanwhile(one, lambda: _each_waiting(server, "pg_cancel_backend"))

    assert told.outcome is Outcome.INDETERMINATE
    assert "canceling wait for synchronous replication" in told.detail
    assert told.ended_s - told.began_s < 0.9
    assert Markers(town(server.port), KEYS, RUN).present() == {"m1"}


def test_writer_whose_session_ends_in_the_commit_is_in_doubt(server: Server) -> None:
    """The connection goes after the commit was written: nobody may call that refused."""
    one = writer(server.port)
    server.wait_for_nobody(wanted=True)
    told = _meanwhile(one, lambda: _each_waiting(server, "pg_terminate_backend"))

    assert told.outcome is Outcome.INDETERMINATE
    assert Markers(town(server.port), KEYS, RUN).present() == {"m1"}


def test_writer_whose_commit_hangs_gives_up_in_time_and_leaves_nobody_waiting(server: Server) -> None:
    """A probe that is not answered for long must not use up the connections of the service."""
    one = writer(server.port)
    server.wait_for_nobody(wanted=True)
    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(one.attempt, ("m0", "m1")))

    assert {a.outcome for a in told} == {Outcome.INDETERMINATE}
    assert all(0.9 < a.ended_s - a.began_s < 2 for a in told)
    server.wait_until("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'", 0)


def test_writer_that_is_told_no_is_refused(server: Server) -> None:
    """Its table is not there: nothing was done, and that is certain; then it is there."""
    one = client(Kind.WRITER, server.port)
    before = one.attempt("m1")
    Markers(town(server.port), KEYS, RUN).prepare()

    assert before.outcome is Outcome.REFUSED
    assert "does not exist" in before.detail
    assert one.attempt("m2").outcome is Outcome.ACKNOWLEDGED


def test_writer_before_a_shut_proxy_takes_the_next(server: Server) -> None:
    """The first attempt is refused, as nothing was sent; from then on the way that does well is kept."""
    one = writer(free_port(), server.port)
    told = [one.attempt(f"m{number}").outcome for number in range(3)]

    assert told == [Outcome.REFUSED, Outcome.ACKNOWLEDGED, Outcome.ACKNOWLEDGED]


def test_writer_before_a_silent_proxy_is_not_blind(server: Server, silent: int) -> None:
    """While one attempt hangs at the dark proxy, the next goes another way and finds the service."""
    one = writer(silent, server.port)
    told: list[Attempt] = []
    hanging = Thread(target=lambda: told.append(one.attempt("m1")))
    hanging.start()
    time.sleep(0.1)
    beside = one.attempt("m2")
    hanging.join()

    assert beside.outcome is Outcome.ACKNOWLEDGED
    assert beside.ended_s < told[0].ended_s
    assert told[0].outcome is Outcome.REFUSED
    assert 0.9 < told[0].ended_s - told[0].began_s < 1.5


def test_writer_does_not_trust_a_foreign_server(server: Server) -> None:
    """A server that another authority vouches for is none of ours."""
    Markers(town(server.port), KEYS, RUN).prepare()
    stranger = Keys(certified(HERE).certificate, passwords=KEYS.passwords)
    (one,) = [c for c in clients_of(town(server.port), stranger, RUN) if c.kind is Kind.WRITER]
    told = one.attempt("m1")

    assert told.outcome is Outcome.REFUSED
    assert "certificate" in told.detail


def test_reader_is_answered_and_leaves_nothing(server: Server) -> None:
    """It has no marker, so that no ledger misses it."""
    told = client(Kind.READER, server.port).attempt("m1")

    assert (told.outcome, told.where, told.marker) == (Outcome.ACKNOWLEDGED, "north", "")
    assert client(Kind.READER, free_port()).attempt("m1").outcome is Outcome.REFUSED


def test_markers_of_a_run_are_read_and_forgotten_without_those_of_others(server: Server) -> None:
    """Rows of its writers and applications of its citizens; the table goes, and going twice is well."""
    mine, other = Markers(town(server.port), KEYS, RUN), Markers(town(server.port), KEYS, "another")
    for markers in (mine, other, mine):
        markers.prepare()
    server.admin(f"INSERT INTO applications VALUES ('1', 'key-1', '{table_of(RUN)}'), ('2', 'key-2', 'somebody')")
    writer(server.port).attempt("m1")

    assert mine.present() == {"m1", "key-1"}
    assert other.present() == frozenset()
    mine.forget()
    mine.forget()
    assert mine.present() == frozenset()
    assert server.admin(f"SELECT to_regclass('{table_of(RUN)}') IS NULL") == [(True,)]
    assert server.admin("SELECT client_key FROM applications") == [("key-2",)]
    other.forget()
    server.admin("DELETE FROM applications")


def test_markers_are_read_through_any_way_and_never_taken_for_none(server: Server) -> None:
    """A dead proxy is passed by; when no way leads there, nobody may say that all is lost."""
    writer(server.port).attempt("m1")

    assert Markers(town(free_port(), server.port), KEYS, RUN).present() == {"m1"}
    with pytest.raises(NoAnswer, match="Connection refused"):
        Markers(town(free_port()), KEYS, RUN).present()


def test_markers_are_not_read_at_a_server_that_takes_no_writes(server: Server) -> None:
    """What a copy holds is not what the primary holds; a reader takes it."""
    writer(server.port).attempt("m1")
    markers = Markers(town(server.port), KEYS, RUN)
    server.become_copy()
    try:
        with pytest.raises(NoAnswer, match="read-only"):
            markers.present()
        assert client(Kind.READER, server.port).attempt("r1").outcome is Outcome.ACKNOWLEDGED
        assert client(Kind.WRITER, server.port).attempt("m2").outcome is Outcome.REFUSED
    finally:
        server.admin("SELECT pg_promote()")
    assert markers.present() == {"m1"}


def test_watch_of_a_writer_and_a_reader_agrees_with_the_database(
    server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Every acknowledged marker is there, and nothing else."""
    record = tmp_path_factory.mktemp("watch") / "attempts.jsonl"
    with Watch([writer(server.port), client(Kind.READER, server.port)], 40, record) as watch:
        time.sleep(0.7)
    acknowledged = {a.marker for a in watch.attempts("permits-writer-north") if a.acknowledged}

    assert len(acknowledged) >= 20
    assert Markers(town(server.port), KEYS, RUN).present() == acknowledged
    assert all(a.acknowledged for a in watch.attempts())


def _meanwhile(one: Client, act: Callable[[], None]) -> Attempt:
    told: list[Attempt] = []
    thread = Thread(target=lambda: told.append(one.attempt("m1")))
    thread.start()
    act()
    thread.join()
    return told[0]


def _each_waiting(server: Server, verb: str) -> None:
    """Do something to the one session that waits for a copy, once it waits."""
    question = f"SELECT {verb}(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    until = time.monotonic() + 0.8
    while not server.admin(question) and time.monotonic() < until:
        time.sleep(0.02)
