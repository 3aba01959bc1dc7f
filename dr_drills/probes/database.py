"""Asks a database as a client does: over TLS, each statement limited in time, read-only unless said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg

from dr_drills.probes.budget import NoAnswer
from dr_drills.probes.trust import Keys, in_memory
from failures import Text

PORT = 5432


@dataclass(frozen=True)
class Login:
    """Whose database where; through a proxy the certificate is that of whichever server it leads to."""

    address: str
    database: str
    user: str
    port: int = PORT
    proxied: bool = False


def query(
    login: Login,
    keys: Keys,
    statement: LiteralString,
    parameters: Sequence[Any],
    seconds: float,
    *,
    writes: bool = False,
) -> tuple[Any, ...]:
    """Run one statement that returns rows and return the first. Raises NoAnswer, also when there is none."""
    with in_memory(keys.authority) as authority:
        try:
            with psycopg.connect(**words(login, keys, authority, seconds, writes=writes)) as connection:
                row = connection.execute(statement, parameters).fetchone()
        except psycopg.Error as error:
            detail = " ".join(str(error).split())
            raise NoAnswer(Text(f"the database does not answer: {detail}", f"数据库没有应答：{detail}")) from error
    if row is None:
        raise NoAnswer(Text("the database answers nothing", "数据库应答为空"))
    return tuple(row)


def words(login: Login, keys: Keys, authority: str, seconds: float, *, writes: bool) -> dict[str, Any]:
    """Return what a connection is made with; `authority` is the path of the certificate to trust."""
    read_only = "off" if writes else "on"
    return {
        "host": login.address,
        "port": login.port,
        "dbname": login.database,
        "user": login.user,
        "password": keys.passwords.get(login.user, ""),
        "sslmode": "verify-ca" if login.proxied else "verify-full",
        "sslrootcert": authority,
        "gssencmode": "disable",
        "connect_timeout": max(2, round(seconds)),
        "tcp_user_timeout": int(seconds * 1000),
        "application_name": "govcloud-probe",
        "options": f"-c statement_timeout={int(seconds * 1000)} -c default_transaction_read_only={read_only}",
    }
