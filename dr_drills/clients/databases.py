"""Clients of a database: one writes rows, one asks."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from dr_drills.clients.attempts import CALL_S, Attempt, Kind, Outcome
from dr_drills.clients.lines import Lines
from dr_drills.clients.session import Refused, Reply
from dr_drills.probes.budget import NoAnswer

READ = b"SELECT host(inet_server_addr()), EXISTS (SELECT FROM applications)"


@dataclass(frozen=True)
class DatabaseClient:
    """A writer or a reader; `sites` tells the site of a server's address.

    `statement` answers with the address of the server, and takes the marker when it is a writer's.
    """

    name: str
    kind: Kind
    service: str
    lines: Lines
    statement: bytes
    sites: Mapping[str, str]

    def attempt(self, marker: str) -> Attempt:
        """Run the statement once through the way that did well last.

        A commit that is acknowledged with a warning is in doubt: its copy was not waited for.
        """
        began_s = time.monotonic()
        shown = marker if self.kind.writes else ""
        outcome, where, detail = self._run(shown, began_s + CALL_S)
        return Attempt(self.name, shown, began_s, time.monotonic(), outcome, where, detail)

    def close(self) -> None:
        self.lines.close()

    def _run(self, marker: str, until_s: float) -> tuple[Outcome, str, str]:
        try:
            session = self.lines.take(until_s)
        except NoAnswer as error:
            return Outcome.REFUSED, "", error.what.en
        try:
            parameters = [marker.encode()] if marker else []
            reply = session.ask(self.statement, parameters, until_s - time.monotonic())
        except NoAnswer as error:
            self.lines.drop(session)
            outcome = Outcome.REFUSED if isinstance(error, Refused) else self.kind.doubt
            return outcome, "", f"through {session.login.address}: {error.what.en}"
        self.lines.give(session)
        return self._judged(reply)

    def _judged(self, reply: Reply) -> tuple[Outcome, str, str]:
        where = self.sites.get(reply.row[0], reply.row[0])
        if reply.warnings:
            return self.kind.doubt, where, "; ".join(reply.warnings)
        return Outcome.ACKNOWLEDGED, where, ""
