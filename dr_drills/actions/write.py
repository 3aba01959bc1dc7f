"""Proves that a service takes writes: one that leaves nothing behind, through a proxy, acknowledged."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import psycopg
from psycopg.errors import Diagnostic

from dr_drills.actions.tools import Tools
from dr_drills.observe.evidence import Wrote
from dr_drills.planning.steps import Case, Step
from dr_drills.planning.world import World
from dr_drills.probes.budget import NoAnswer, Unknown, ask
from dr_drills.probes.database import Login, words
from dr_drills.probes.scene import Place
from dr_drills.probes.trust import Keys, in_memory
from failures import Text

SECONDS = 4.0
"""For one write through one proxy: a synchronous copy that left holds it up for about as long."""
MARKER = "govcloud"
WRITE = (
    "SELECT host(inet_server_addr()), left(pg_walfile_name(pg_current_wal_insert_lsn()), 8), "
    f"pg_logical_emit_message(true, '{MARKER}', 'verify')"
)
"""A message in the log makes the transaction a write, which is acknowledged as any other, and no row remains."""


@dataclass(frozen=True)
class Written:
    """`address` is the server that took the write, `timeline` its history's number."""

    address: str
    timeline: int


def verify_write(tools: Tools, world: World, case: Case, step: Step) -> None:
    """Write through each proxy until one acknowledges, those of the new site first. Raises NoAnswer."""
    del world, step
    app = tools.apps[0]
    ways = sorted(app.own["app_entrances"], key=lambda way: way["site"] != case.to)
    told = ask({n: partial(write, _login(app, way), tools.keys, SECONDS) for n, way in enumerate(ways)}, SECONDS + 1)
    written = next((said for n in range(len(ways)) if isinstance(said := told[n], Written)), None)
    if written is None:
        raise NoAnswer(next(said.reason for said in told.values() if isinstance(said, Unknown)))
    place = next((p for p in tools.database.places if p.address == written.address), None)
    if place is None:
        what = Text(
            f"{written.address} took the write, which is none of ours", f"写入到了不属于本服务的 {written.address}"
        )
        raise NoAnswer(what)
    tools.note(tools.proven.with_write(Wrote(place.site, written.timeline)))


def write(login: Login, keys: Keys, seconds: float) -> Written:
    """Write once and return who took it. Raises NoAnswer, also when no copy confirmed what was committed."""
    warnings: list[str] = []

    def heard(said: Diagnostic) -> None:
        warnings.append(said.message_primary or "")

    with in_memory(keys.authority) as authority:
        try:
            with psycopg.connect(**words(login, keys, authority, seconds, writes=True)) as connection:
                connection.add_notice_handler(heard)
                row = connection.execute(WRITE).fetchone()
        except psycopg.Error as error:
            detail = " ".join(str(error).split())
            raise NoAnswer(Text(f"not acknowledged: {detail}", f"未获确认：{detail}")) from error
    if warnings or row is None:
        # the server says success when a wait for the copies was cancelled
        detail = "; ".join(warnings)
        raise NoAnswer(Text(f"no copy confirmed it: {detail}", f"没有副本确认：{detail}"))
    return Written(str(row[0]), int(row[1], 16))


def _login(app: Place, way: dict[str, object]) -> Login:
    database, user = str(app.own["app_database"]), str(app.own["app_database_user"])
    return Login(str(way["address"]), database, user, int(str(way["port"])), proxied=True)
