"""What the clients of one run leave in the databases: where it is kept, what of it is there, and taking it away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar

import psycopg
from psycopg import sql

from dr_drills.probes.budget import NoAnswer
from dr_drills.probes.database import Login, words
from dr_drills.probes.scene import Place, Scene
from dr_drills.probes.trust import Keys, in_memory
from failures import Text

SECONDS = 10.0
"""For each way to a database, and for each statement there."""
CREATE = sql.SQL("CREATE TABLE IF NOT EXISTS {} (marker text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())")
DROP = sql.SQL("DROP TABLE IF EXISTS {}")
ROWS = sql.SQL("SELECT marker FROM {}")
KEYS = "SELECT client_key FROM applications WHERE applicant = %s"
REMOVE = "DELETE FROM applications WHERE applicant = %s"
INSERT = sql.SQL("INSERT INTO {} (marker) VALUES ($1) RETURNING host(inet_server_addr())")

Result = TypeVar("Result")
Connection = psycopg.Connection[tuple[Any, ...]]


def table_of(run: str) -> str:
    """Return the name of a run's own table, which is also the applicant of its citizens, whatever the run's name."""
    return f"drill_{sha256(run.encode()).hexdigest()[:16]}"


def insert_into(run: str) -> bytes:
    """Return the statement that writes a marker and answers with the server's address."""
    return INSERT.format(sql.Identifier(table_of(run))).as_bytes()


def applications(scene: Scene) -> tuple[Place, ...]:
    """Return the copies of applications at active sites, one for each service and site."""
    found = {(p.service, p.site): p for p in reversed(scene.running("app_database")) if p.active}
    return tuple(reversed(found.values()))


@dataclass(frozen=True)
class Markers:
    """The markers of one run, in the databases of all applications."""

    scene: Scene
    keys: Keys
    run: str

    def prepare(self) -> None:
        """Make the run's table in each database; the clients need it. Raises NoAnswer."""
        for app in self._databases():
            self._use(app, lambda connection: connection.execute(CREATE.format(self._table)))

    def present(self) -> frozenset[str]:
        """Return the markers that the primaries hold now. Raises NoAnswer unless all could be read."""
        return frozenset(marker for app in self._databases() for marker in self._use(app, self._read))

    def forget(self) -> None:
        """Take away all that the run left; nothing happens when it is gone already. Raises NoAnswer."""
        for app in self._databases():
            self._use(app, self._remove)

    @property
    def _table(self) -> sql.Identifier:
        return sql.Identifier(table_of(self.run))

    def _databases(self) -> tuple[Place, ...]:
        """Return one application for each database."""
        return tuple({app.own["app_database"]: app for app in applications(self.scene)}.values())

    def _read(self, connection: Connection) -> list[str]:
        """Return the markers of one database; a table that was lost with its rows holds none of them."""
        there = connection.execute("SELECT to_regclass(%s)", [table_of(self.run)]).fetchone()
        rows = connection.execute(ROWS.format(self._table)).fetchall() if there and there[0] else []
        rows += connection.execute(KEYS, [table_of(self.run)]).fetchall()
        return [str(marker) for (marker,) in rows]

    def _remove(self, connection: Connection) -> None:
        connection.execute(DROP.format(self._table))
        connection.execute(REMOVE, [table_of(self.run)])

    def _use(self, app: Place, work: Callable[[Connection], Result]) -> Result:
        """Return what `work` makes of a connection to the primary, through the first proxy that leads there."""
        reason = Text("no way leads to a primary", "没有通往主库的途径")
        for way in app.own["app_entrances"]:
            try:
                with self._connected(app, way) as connection:
                    return work(connection)
            except psycopg.Error as error:
                said = " ".join(str(error).split())
                reason = Text(f"through {way['name']}: {said}", f"经由 {way['name']}：{said}")
        raise NoAnswer(Text(f"{app.own['app_database']}: {reason.en}", f"{app.own['app_database']}：{reason.zh}"))

    @contextmanager
    def _connected(self, app: Place, way: dict[str, Any]) -> Iterator[Connection]:
        login = login_through(app, str(way["address"]), int(way["port"]))
        with in_memory(self.keys.authority) as authority:
            told = words(login, self.keys, authority, SECONDS, writes=True)
            with psycopg.connect(**told, target_session_attrs="read-write") as connection:
                yield connection


def login_through(app: Place, address: str, port: int) -> Login:
    """Return how the database of an application is reached through a proxy."""
    own = app.own
    return Login(address, str(own["app_database"]), str(own["app_database_user"]), port=port, proxied=True)
