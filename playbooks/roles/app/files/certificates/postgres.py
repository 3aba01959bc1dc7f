"""Receipts in PostgreSQL, reached through the proxies that follow its primary."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.rows import namedtuple_row
from psycopg_pool import AsyncConnectionPool

from certificates.applications import BEIJING, Application, Receipt, new_number
from certificates.dialling import Dialled
from certificates.schema import LAST, migrate
from certificates.settings import Settings
from certificates.store import Indeterminate, KeyTaken, Primary, Unavailable, Wanted, always

Result = TypeVar("Result")
Connection = psycopg.AsyncConnection[Any]

RECEIVE = """
INSERT INTO applications AS a (number, client_key, kind, applicant, contact, site, host)
VALUES (%(number)s, %(key)s, %(kind)s, %(applicant)s, %(contact)s, %(site)s, %(host)s)
ON CONFLICT (client_key) DO UPDATE SET repeats = a.repeats + 1
RETURNING number, kind, applicant, contact, state, site, received_at, repeats
"""
FIND = "SELECT number, kind, applicant, state, site, received_at FROM applications WHERE number = %s"
COUNT = "SELECT state, count(*) FROM applications GROUP BY state"
LOOK = "SELECT host(inet_server_addr()), (SELECT max(id) FROM schema_steps)"
LIFETIME_S = 60.0
# a primary that was demoted under a session, and a number drawn twice, are as worth a second try as a lost line
PASSING = (psycopg.OperationalError, errors.ReadOnlySqlTransaction, errors.UniqueViolation)


def connection_words(settings: Settings) -> dict[str, Any]:
    """Return libpq's words but for the entrance: TLS checked against the cloud's CA, only a writable primary.

    The certificate is the primary's while the name dialled is the proxy's, so its issuer is checked and not its name.
    """
    limit = int(settings.statement_seconds * 1000)
    session = {
        "statement_timeout": limit,
        "lock_timeout": limit // 2,
        "idle_in_transaction_session_timeout": limit * 2,
        "synchronous_commit": "on",
    }
    return {
        "dbname": settings.database,
        "user": settings.user,
        "password": settings.password(),
        "application_name": f"certificates@{settings.host}",
        "sslmode": "verify-ca",
        "sslrootcert": settings.authority,
        "gssencmode": "disable",
        "target_session_attrs": "read-write",
        "connect_timeout": settings.connect_seconds,
        "keepalives_idle": 1,
        "keepalives_interval": 1,
        "keepalives_count": 3,
        "tcp_user_timeout": limit,
        "options": " ".join(f"-c {name}={value}" for name, value in session.items()),
    }


@contextmanager
def severed_after(connection: Connection, seconds: float) -> Iterator[None]:
    """Shut the line of `connection` down if the block lasts longer than `seconds`.

    Cancelling the task instead would ask the server to cancel, and wait for an answer that a dead site never gives.
    """
    line = socket.socket(fileno=os.dup(connection.fileno()))

    def sever() -> None:
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)

    timer = asyncio.get_running_loop().call_later(seconds, sever)
    try:
        yield
    finally:
        timer.cancel()
        line.close()


@contextmanager
def warnings_of(connection: Connection) -> Iterator[list[str]]:
    """Collect what the server warns of: a commit whose wait was cancelled succeeds with nothing but a warning."""
    heard: list[str] = []

    def hear(notice: errors.Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING":
            heard.append(notice.message_primary or "")

    connection.add_notice_handler(hear)
    try:
        yield heard
    finally:
        connection.remove_notice_handler(hear)


class Database:
    """The receipts of every site; open it before use, close it after."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            kwargs=connection_words(settings)
            | {"autocommit": True, "entrances": settings.entrances, "seconds": settings.request_seconds},
            connection_class=Dialled,
            min_size=1,
            max_size=settings.connections,
            timeout=settings.request_seconds,
            # short, because an attempt that goes on backs off and would then miss the new primary by many seconds
            reconnect_timeout=settings.probe_seconds,
            # what was opened through another site while the own entrance was away does not stay there
            max_lifetime=LIFETIME_S,
            open=False,
        )

    async def open(self) -> None:
        await self.pool.open(wait=False)

    async def close(self) -> None:
        await self.pool.close()

    async def receive(self, application: Application, wanted: Wanted = always) -> Receipt:
        doubt = ""

        async def write(connection: Connection) -> Receipt:
            nonlocal doubt
            with warnings_of(connection) as warnings:
                async with connection.transaction():
                    receipt = await self._insert(connection, application)
                    doubt = "the commit was not confirmed"
            if warnings:
                doubt = "; ".join(warnings)
                raise psycopg.OperationalError(doubt)
            return receipt

        try:
            return await self._use(write, wanted)
        except Unavailable as unavailable:
            if doubt:
                raise Indeterminate(doubt) from unavailable
            raise

    async def _insert(self, connection: Connection, application: Application) -> Receipt:
        place = {
            "number": new_number(datetime.now(BEIJING).date()),
            "site": self.settings.site,
            "host": self.settings.host,
        }
        cursor = connection.cursor(row_factory=namedtuple_row)
        row = await (await cursor.execute(RECEIVE, vars(application) | place)).fetchone()
        assert row is not None
        if (row.kind, row.applicant, row.contact) != (application.kind, application.applicant, application.contact):
            raise KeyTaken
        return Receipt(row.number, row.kind, row.applicant, row.state, row.site, row.received_at, row.repeats > 0)

    async def find(self, number: str, wanted: Wanted = always) -> Receipt | None:
        async def read(connection: Connection) -> Receipt | None:
            row = await (await connection.execute(FIND, (number,))).fetchone()
            return Receipt(*row) if row else None

        return await self._use(read, wanted)

    async def count(self, wanted: Wanted = always) -> dict[str, int]:
        async def read(connection: Connection) -> dict[str, int]:
            return dict(await (await connection.execute(COUNT)).fetchall())

        return await self._use(read, wanted)

    async def look(self) -> Primary:
        async def read(connection: Connection) -> Primary:
            try:
                address, step = await (await connection.execute(LOOK)).fetchone() or ("", 0)
            except errors.UndefinedTable:
                address, step = "", None
            if (step or 0) < LAST:
                await migrate(connection)
                return await read(connection)
            return Primary(address, step)

        return await self._use(read)

    async def _use(self, work: Callable[[Connection], Awaitable[Result]], wanted: Wanted = always) -> Result:
        """Return what `work` makes of a connection, a fresh one after each passing failure, in time.

        A queue that grew while there was no primary is mostly of citizens who have gone: they hold up nobody.
        Raises: Unavailable.
        """
        end = time.monotonic() + self.settings.request_seconds
        while True:
            left = end - time.monotonic()
            try:
                async with self.pool.connection(timeout=left) as connection:
                    if not await wanted():
                        raise Unavailable("whoever asked has gone")
                    with severed_after(connection, max(end - time.monotonic(), 0)):
                        return await work(connection)
            except PASSING as failure:
                if time.monotonic() + 0.2 >= end:
                    raise Unavailable(str(failure).strip()) from failure
                await asyncio.sleep(0.1)
