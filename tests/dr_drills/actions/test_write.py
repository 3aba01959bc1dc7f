"""A write that leaves nothing behind, at a real PostgreSQL."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from dr_drills.actions.write import write
from dr_drills.probes.budget import NoAnswer
from dr_drills.probes.database import Login
from dr_drills.probes.trust import Keys
from tests.dr_drills.pretence import AUTHORITY, certified
from tests.ports import free_port

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
USER = "certificates"
KEYS = Keys(AUTHORITY.certificate, passwords={USER: "secret"})
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0 or not (PROGRAMS / "initdb").exists(), reason="needs root and PostgreSQL 15"),
]


def run(*words: str | Path) -> None:
    subprocess.run(
        [str(word) for word in words], check=True, timeout=120, user="postgres", cwd="/", capture_output=True
    )


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Path, int]]:
    """Run a primary whose only account is the owner of the application's database; return its folder and port."""
    folder, number = Path(tempfile.mkdtemp(prefix="govcloud-write-")), free_port()
    pair = certified("127.0.0.1")
    for name, text in (("host", pair.certificate), ("key", pair.key)):
        (folder / name).write_text(text, encoding="ascii")
        (folder / name).chmod(0o600)
        shutil.chown(folder / name, "postgres", "postgres")
    shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"
    run(PROGRAMS / "initdb", "-D", data, "-U", "postgres", "--auth=peer", "--auth-host=scram-sha-256", "-N")
    settings = f"listen_addresses='127.0.0.1'\nport={number}\nunix_socket_directories='{folder}'\nfsync=off\n"
    settings += f"ssl=on\nssl_cert_file='{folder}/host'\nssl_key_file='{folder}/key'\n"
    with (data / "postgresql.conf").open("a", encoding="ascii") as file:
        file.write(settings)
    run(PROGRAMS / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "start")
    try:
        ask(folder, number, f"CREATE ROLE {USER} LOGIN PASSWORD 'secret'")
        ask(folder, number, f"CREATE DATABASE {USER} OWNER {USER}")
        yield folder, number
    finally:
        run(PROGRAMS / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)


def ask(folder: Path, number: int, statement: str) -> None:
    run("psql", "-h", folder, "-p", str(number), "-d", "postgres", "-qc", statement)


def login(number: int) -> Login:
    return Login("127.0.0.1", USER, USER, number, proxied=True)


def test_write_is_acknowledged_and_tells_who_took_it(server: tuple[Path, int]) -> None:
    """The owner of a database needs no other right for it."""
    written = write(login(server[1]), KEYS, 5)

    assert (written.address, written.timeline) == ("127.0.0.1", 1)


def test_write_moves_the_log_and_leaves_no_row(server: tuple[Path, int]) -> None:
    """It is a transaction with a number, as a client's write is."""
    words = f"host=127.0.0.1 port={server[1]} user={USER} password=secret dbname={USER}"
    with psycopg.connect(words, autocommit=True) as connection:
        count = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
        before = connection.execute(count).fetchone()
        write(login(server[1]), KEYS, 5)
        after = connection.execute(count).fetchone()

    assert before is not None
    assert after is not None
    assert after[0] == before[0] + 1


def test_write_that_no_copy_confirmed_is_no_answer(server: tuple[Path, int]) -> None:
    """The server says success when a wait for the copies is cancelled; it warns, and that counts."""
    folder, number = server
    ask(folder, number, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    ask(folder, number, "SELECT pg_reload_conf()")
    cancel = (
        "DO $$ BEGIN FOR n IN 1..200 LOOP PERFORM pg_sleep(0.05); PERFORM pg_cancel_backend(pid) FROM pg_stat_activity "
        "WHERE wait_event = 'SyncRep'; EXIT WHEN FOUND; END LOOP; END $$"
    )
    try:
        with subprocess.Popen(
            ["psql", "-h", str(folder), "-p", str(number), "-d", "postgres", "-qc", cancel], user="postgres", cwd="/"
        ) as cancelling:
            with pytest.raises(NoAnswer, match="canceling wait for synchronous replication"):
                write(login(number), KEYS, 30)
            assert cancelling.wait(30) == 0
    finally:
        ask(folder, number, "ALTER SYSTEM RESET synchronous_standby_names")
        ask(folder, number, "SELECT pg_reload_conf()")


def test_write_that_the_server_refuses_is_no_answer(server: tuple[Path, int]) -> None:
    """Its own words say why."""
    folder, number = server
    ask(folder, number, f"ALTER ROLE {USER} PASSWORD 'another'")
    try:
        with pytest.raises(NoAnswer, match="password authentication failed"):
            write(login(number), KEYS, 5)
    finally:
        ask(folder, number, f"ALTER ROLE {USER} PASSWORD 'secret'")
