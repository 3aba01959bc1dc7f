"""What proofs work with: the scene, the readers, and a list of what they wrote, to take it away again."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from dr_drills.probes.application import NotReceived, ReceiptReading, apply
from dr_drills.probes.budget import NoAnswer, NotReached, Unknown, ask
from dr_drills.probes.database import Login, query
from dr_drills.probes.patroni import PatroniReading, read_patroni
from dr_drills.probes.scene import Place, Scene
from dr_drills.probes.trust import Keys
from dr_drills.probes.web import Web
from dr_drills.verdicts import Row, Verdict
from dr_drills.verify.proof import Disproved
from failures import Text

APPLICANT = "govcloud verify"
HOLDS = "SELECT EXISTS (SELECT FROM applications WHERE number = %s)"
REMOVE = "WITH gone AS (DELETE FROM applications WHERE client_key = ANY(%s) RETURNING 1) SELECT count(*) FROM gone"


@dataclass
class Tools:
    """`seconds` limits each call; `written` are the keys of applications by the database they are in."""

    scene: Scene
    keys: Keys
    web: Web
    seconds: float
    written: dict[str, set[str]] = field(default_factory=dict)

    def new_key(self, app: Place) -> str:
        """Return the key of one application that a proof is going to make."""
        return f"verify-{app.host[:20]}-{secrets.token_hex(8)}"

    def receipt(self, app: Place, key: str) -> ReceiptReading:
        """Apply through one copy of an application; what may have been received is taken away at the end.

        Raises NoAnswer.
        """
        keys = self.written.setdefault(str(app.own["app_database"]), set())
        new = key not in keys
        keys.add(key)
        try:
            return apply(self.web, app.address, key, APPLICANT, int(app.own["app_port"]))
        except (NotReached, NotReceived):
            if new:
                keys.discard(key)
            raise

    def copies(self, app: Place) -> tuple[Place, ...]:
        """Return the database servers that keep what an application is told, those at DR too."""
        wanted = app.own["app_database"]
        return tuple(
            place
            for place in self.scene.running("patroni_databases")
            if any(row["name"] == wanted for row in place.own["patroni_databases"])
        )

    def primary(self, app: Place) -> tuple[Place, PatroniReading]:
        """Return who is primary now of an application's database in the city. Raises Disproved."""
        city = [place for place in self.copies(app) if not place.own["patroni_standby_of"]]
        told = ask({place: partial(read_patroni, self.web, place.address) for place in city}, self.seconds)
        found = [
            (place, said)
            for place, said in told.items()
            if not isinstance(said, Unknown) and said.role == "primary" and said.state == "running"
        ]
        if len(found) != 1:
            names = ", ".join(place.host for place, _ in found) or "none"
            raise Disproved(Text(f"one primary is wanted, found: {names}", f"应有且仅有一个主库，现为：{names}"))
        return found[0]

    def holds(self, copy: Place, app: Place, number: str) -> bool:
        """Return whether a database server has a receipt. Raises NoAnswer."""
        return bool(query(self._login(copy.address, app), self.keys, HOLDS, [number], self.seconds)[0])

    def leads_to_primary(self, proxy: Place, app: Place, port: int) -> bool:
        """Return whether a proxy's port leads to a server that takes writes. Raises NoAnswer."""
        question = "SELECT NOT pg_is_in_recovery()"
        return bool(query(self._login(proxy.address, app, port), self.keys, question, [], self.seconds)[0])

    def tidy(self) -> tuple[Row, ...]:
        """Take away what was written; a row for each database where that did not go well."""
        left = {database: sorted(keys) for database, keys in self.written.items() if keys}
        return tuple(row for database, keys in left.items() if (row := self._tidy(database, keys)))

    def _tidy(self, database: str, keys: list[str]) -> Row | None:
        reason: Text = Text("no way to the database", "无法访问数据库")
        app = next(place for place in self.scene.running("app_database") if place.own["app_database"] == database)
        for way in app.own["app_entrances"]:
            login = self._login(str(way["address"]), app, int(way["port"]))
            try:
                query(login, self.keys, REMOVE, [keys], self.seconds, writes=True)
            except NoAnswer as error:
                reason = error.what
            else:
                return None
        message = Text(
            f"applications of this check may remain ({', '.join(keys)}): {reason.en}",
            f"本次检查写入的申请可能仍在({', '.join(keys)})：{reason.zh}",
        )
        return Row("V09", Verdict.UNKNOWN, app.service, database, message)

    def _login(self, address: str, app: Place, port: int | None = None) -> Login:
        words: dict[str, Any] = {} if port is None else {"port": port, "proxied": True}
        return Login(address, str(app.own["app_database"]), str(app.own["app_database_user"]), **words)
