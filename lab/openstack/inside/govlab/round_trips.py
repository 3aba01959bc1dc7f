"""Lets a service ask its site's own database once for each query, and for nothing else."""

from __future__ import annotations

from time import monotonic
from typing import Any

import sqlalchemy
from MySQLdb.cursors import BaseCursor
from oslo_db.sqlalchemy import engines
from sqlalchemy.dialects.mysql.mysqldb import MySQLDialect_mysqldb

TRUSTED_S = 1.0
"""A connection that answered this short a time ago is not asked again whether it lives."""


def spare() -> None:
    """Replace what costs a round trip, or gives other threads the interpreter, without telling anything new."""
    _ping_seldom()
    _end_transactions_once()
    BaseCursor.nextset = _no_further_set
    engines._thread_yield = lambda *_: None  # noqa: SLF001 - for green threads, of which there are none


def _ping_seldom() -> None:
    ping = MySQLDialect_mysqldb.do_ping

    def do_ping(self: Any, connection: Any) -> bool:
        now = monotonic()
        if now - getattr(connection, "govlab_asked", -TRUSTED_S) >= TRUSTED_S:
            ping(self, connection)
            connection.govlab_asked = now
        return True

    MySQLDialect_mysqldb.do_ping = do_ping


def _end_transactions_once() -> None:
    """Sessions end their transactions themselves; the pool's own rollback after that is a second one."""
    make = sqlalchemy.create_engine
    sqlalchemy.create_engine = lambda *where, **how: make(*where, **{**how, "pool_reset_on_return": None})


def _no_further_set(cursor: Any) -> None:
    """Tell that there is no other result: no service sends more than one statement at once."""
    del cursor.messages[:]
