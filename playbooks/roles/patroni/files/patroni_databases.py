"""Makes the declared databases and their owners on the primary of this host, as the user postgres."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import sys
from typing import Any

import psycopg
from psycopg import sql

ITERATIONS = 4096
# A commit that waits longer has no synchronous standby to wait for.
OPTIONS = "-c statement_timeout=20s -c lock_timeout=5s"


def verifier(password: str, salt: bytes, iterations: int = ITERATIONS) -> str:
    """Return the SCRAM-SHA-256 verifier that PostgreSQL stores for an ASCII password."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    client = hmac.digest(salted, b"Client Key", "sha256")
    server = hmac.digest(salted, b"Server Key", "sha256")
    stored = base64.b64encode(hashlib.sha256(client).digest()).decode()
    keys = f"{stored}:{base64.b64encode(server).decode()}"
    return f"SCRAM-SHA-256${iterations}:{base64.b64encode(salt).decode()}${keys}"


def verifies(stored: str | None, password: str) -> bool:
    """Tell whether a stored verifier is of `password`."""
    try:
        _, parameters, _ = (stored or "").split("$")
        iterations, salt = parameters.split(":")
        return hmac.compare_digest(stored or "", verifier(password, base64.b64decode(salt), int(iterations)))
    except ValueError:
        return False


def provide(connection: psycopg.Connection[Any], wanted: dict[str, Any]) -> list[str]:
    """Make what is missing; return what was. `wanted` is {databases: [{name, owner}], passwords: {owner: password}}."""
    changes: list[str] = []
    for owner, password in wanted["passwords"].items():
        changes += _owner(connection, owner, password)
    for database in wanted["databases"]:
        changes += _database(connection, database["name"], database["owner"])
    return changes


def _owner(connection: psycopg.Connection[Any], owner: str, password: str) -> list[str]:
    row = connection.execute("select rolpassword from pg_authid where rolname = %s", [owner]).fetchone()
    if row and verifies(row[0], password):
        return []
    verb = "alter" if row else "create"
    secret = sql.Literal(verifier(password, secrets.token_bytes(16)))
    connection.execute(sql.SQL(verb + " role {} login password {}").format(sql.Identifier(owner), secret))
    return [f"{verb} role {owner}"]


def _database(connection: psycopg.Connection[Any], name: str, owner: str) -> list[str]:
    query = "select pg_get_userbyid(datdba) from pg_database where datname = %s"
    row = connection.execute(query, [name]).fetchone()
    what, who = sql.Identifier(name), sql.Identifier(owner)
    if row is None:
        connection.execute(sql.SQL("create database {} owner {}").format(what, who))
        connection.execute(sql.SQL("revoke all on database {} from public").format(what))
        return [f"create database {name}"]
    if row[0] != owner:
        connection.execute(sql.SQL("alter database {} owner to {}").format(what, who))
        return [f"alter database {name} owner {owner}"]
    return []


if __name__ == "__main__":
    with psycopg.connect("user=postgres host=/var/run/postgresql", autocommit=True, options=OPTIONS) as primary:
        print(json.dumps(provide(primary, json.load(sys.stdin))))
