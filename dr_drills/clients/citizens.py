"""Clients of the entrance: one asks it for a name, one goes on and applies for a certificate."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from itertools import count
from typing import NamedTuple

from dr_drills.clients.attempts import CALL_S, Attempt, Kind, Outcome
from dr_drills.probes.application import NotReceived, apply
from dr_drills.probes.budget import NoAnswer, NotReached
from dr_drills.probes.entrance import resolve
from dr_drills.probes.web import Patience, Web
from failures import Text

SERVER_S = 0.4
"""For one server of the entrance, before the next one is asked."""
REACH_S = 0.25
"""Until a connection to an address stands, before the next one is tried, as browsers do (RFC 8305)."""


class Told(NamedTuple):
    """Which server answered, by its place in the list, and the addresses."""

    server: int
    addresses: tuple[str, ...]


def ask_in_turn(servers: Sequence[str], name: str, first: int) -> Told:
    """Return the first answer that has addresses, from the servers in turn. Raises NoAnswer when there is none."""
    reason = Text("no server has an address", "没有服务器给出地址")
    for step in range(len(servers)):
        server = (first + step) % len(servers)
        try:
            addresses = resolve(servers[server], name, SERVER_S).addresses
        except NoAnswer as error:
            reason = error.what
            continue
        if addresses:
            return Told(server, addresses)
    raise NoAnswer(reason)


class Resolver:
    """Asks each server of an entrance in turn, and the next where one does not answer, as every resolver does."""

    kind = Kind.RESOLVER

    def __init__(self, name: str, service: str, servers: Mapping[str, str], asked: str) -> None:
        """`servers` are the sites by address, `asked` is the full name."""
        self.name, self.service = name, service
        self._servers, self._asked = servers, asked
        self._turns = count()

    def attempt(self, marker: str) -> Attempt:  # noqa: ARG002 - it leaves nothing anywhere
        began_s = time.monotonic()
        addresses = tuple(self._servers)
        try:
            told = ask_in_turn(addresses, self._asked, next(self._turns))
        except NoAnswer as error:
            return Attempt(self.name, "", began_s, time.monotonic(), Outcome.REFUSED, detail=error.what.en)
        where, said = self._servers[addresses[told.server]], ", ".join(told.addresses)
        return Attempt(self.name, "", began_s, time.monotonic(), Outcome.ACKNOWLEDGED, where, said)

    def close(self) -> None:
        """Nothing is kept."""


class Citizen:
    """Asks the entrance, then applies at the first of its addresses that is reached; the marker is the key.

    Each attempt begins with another address. What was sent is not sent again: whoever waits for an answer is in doubt.
    """

    kind = Kind.CITIZEN

    def __init__(
        self, name: str, service: str, servers: Sequence[str], asked: str, web: Web, applicant: str, port: int
    ) -> None:
        """`servers` are addresses, the server that answered last is asked first; `port` is the application's."""
        self.name, self.service = name, service
        self._servers, self._asked = servers, asked
        self._web, self._applicant, self._port = web, applicant, port
        self._turns, self._server = count(), 0

    def attempt(self, marker: str) -> Attempt:
        began_s = time.monotonic()
        outcome, where, detail = self._apply(marker)
        return Attempt(self.name, marker, began_s, time.monotonic(), outcome, where, detail)

    def close(self) -> None:
        """Connections go with their pool."""

    def _apply(self, marker: str) -> tuple[Outcome, str, str]:
        try:
            self._server, addresses = ask_in_turn(self._servers, self._asked, self._server)
        except NoAnswer as error:
            return Outcome.REFUSED, "", f"entrance: {error.what.en}"
        first, until_s = next(self._turns) % len(addresses), time.monotonic() + CALL_S
        for address in (*addresses[first:], *addresses[:first]):
            told = self._apply_at(address, marker, Patience(REACH_S, max(until_s - time.monotonic(), REACH_S)))
            if told:
                return told
        return Outcome.REFUSED, "", f"no way to {', '.join(addresses)}"

    def _apply_at(self, address: str, marker: str, patience: Patience) -> tuple[Outcome, str, str] | None:
        """Return how it ended, None where there is no way there."""
        try:
            receipt = apply(self._web, address, marker, self._applicant, self._port, patience)
        except NotReached:
            return None
        except NoAnswer as error:
            outcome = Outcome.REFUSED if isinstance(error, NotReceived) else Outcome.INDETERMINATE
            return outcome, "", f"{address}: {error.what.en}"
        return Outcome.ACKNOWLEDGED, receipt.site, ""
