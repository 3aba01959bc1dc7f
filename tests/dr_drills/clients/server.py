"""A real PostgreSQL with the cloud's certificate, for as long as a test needs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from inventories.authority import Pair
from tests.ports import free_port

ACCOUNT = "postgres"
ROOM = 512 * 2**20
DATABASE, USER = "permits", "permits"
PASSWORD = "permits of a test"
APPLICATIONS = "CREATE TABLE applications (number text PRIMARY KEY, client_key text UNIQUE, applicant text)"


@dataclass
class Server:
    """`folder` holds its data and socket; it listens at 127.0.0.1."""

    folder: Path
    port: int
    programs: Path

    def admin(self, statement: str) -> list[Any]:
        """Run one statement as the superuser and return its rows."""
        with self.account(DATABASE) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def account(self, database: str) -> psycopg.Connection[Any]:
        """Return a connection of the superuser, whose commits wait for nobody."""
        words = f"host={self.folder} port={self.port} user={ACCOUNT} dbname={database} connect_timeout=10"
        return psycopg.connect(words, options="-c synchronous_commit=local", autocommit=True)

    def wait_for_nobody(self, *, wanted: bool) -> None:
        """Let commits of sessions that begin from now on wait for a copy that does not exist, or no more."""
        self.admin(f"ALTER ROLE {USER} SET synchronous_commit = '{'on' if wanted else 'local'}'")

    def wait_until(self, question: str, answer: Any) -> None:
        """Return as soon as a question has its answer; an assertion fails when it has not within 5 s."""
        until = time.monotonic() + 5
        while self.admin(question) != [(answer,)]:
            assert time.monotonic() < until, question
            time.sleep(0.02)

    def start(self) -> None:
        self._control("start", "-l", str(self.folder / "log"))

    def stop(self) -> None:
        self._control("stop", "-m", "immediate")

    def become_copy(self) -> None:
        """Restart as a copy that takes no writes; pg_promote() makes it a primary again."""
        self.stop()
        (self.folder / "data" / "standby.signal").touch()
        self.start()

    def _control(self, verb: str, *words: str) -> None:
        program = str(self.programs / "pg_ctl")
        _as_account([program, "-D", str(self.folder / "data"), "-w", "-t", "60", verb, *words], self.folder)


@contextmanager
def running(pair: Pair) -> Iterator[Server]:
    """Run a server; the test is skipped where none is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin")) or [Path(shutil.which("initdb") or "/none/initdb").parent]
    if not (found[-1] / "initdb").exists():
        pytest.skip("no PostgreSQL server is installed here")
    # its account must reach the folder, which is below no folder of root's alone
    with tempfile.TemporaryDirectory(prefix="govcloud-pg-", dir=_memory(), ignore_cleanup_errors=True) as name:
        folder = Path(name)
        server = Server(folder, free_port(), found[-1])
        _lay_out(server, pair)
        server.start()
        try:
            _fill(server)
            yield server
        finally:
            server.stop()


def _memory() -> Path | None:
    """Return a folder in memory when there is room for a database: a busy disk makes the tests wait."""
    shared = Path("/dev/shm")
    return shared if shared.is_dir() and shutil.disk_usage(shared).free > ROOM else None


def _lay_out(server: Server, pair: Pair) -> None:
    data = server.folder / "data"
    if os.geteuid() == 0:
        shutil.chown(server.folder, ACCOUNT)
    _as_account(
        [str(server.programs / "initdb"), "-D", str(data), "-U", ACCOUNT, "-A", "trust", "--no-sync"], server.folder
    )
    (data / "server.crt").write_text(pair.certificate)
    (data / "server.key").write_text(pair.key)
    (data / "server.key").chmod(0o600)
    if os.geteuid() == 0:
        shutil.chown(data / "server.key", ACCOUNT)
    (data / "pg_hba.conf").write_text(f"local all {ACCOUNT} trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n")
    with (data / "postgresql.conf").open("a") as conf:
        conf.write(
            f"ssl = on\nlisten_addresses = '127.0.0.1'\nport = {server.port}\n"
            f"unix_socket_directories = '{server.folder}'\nfsync = off\nsynchronous_standby_names = 'nobody'\n"
        )


def _fill(server: Server) -> None:
    with server.account("postgres") as connection:
        connection.execute(f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'".encode())
        connection.execute(f"CREATE DATABASE {DATABASE} OWNER {USER}".encode())
    server.wait_for_nobody(wanted=False)
    server.admin(APPLICATIONS)
    server.admin(f"ALTER TABLE applications OWNER TO {USER}")


def _as_account(command: list[str], folder: Path) -> None:
    words: dict[str, Any] = {"user": ACCOUNT, "group": ACCOUNT, "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run(
        command, cwd=folder, timeout=120, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **words
    )
    assert done.returncode == 0, done.stderr.decode()
