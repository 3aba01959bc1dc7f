"""What a client of the cloud tried, when, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

CALL_S = 1.0
"""For one attempt: who waits longer is not being served. A citizen's begins once the entrance gave the addresses."""


class Outcome(StrEnum):
    """`refused`: certainly not done; `indeterminate`: it may or may not have been done."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    INDETERMINATE = "indeterminate"


class Kind(StrEnum):
    """A writer puts rows into a database through the proxies, a reader asks it; a citizen applies for a certificate
    through the entrance; a resolver asks the entrance for a name.
    """

    WRITER = "writer"
    CITIZEN = "citizen"
    READER = "reader"
    RESOLVER = "resolver"

    @property
    def writes(self) -> bool:
        """Return whether what it does leaves its marker in a database."""
        return self in {Kind.WRITER, Kind.CITIZEN}

    @property
    def doubt(self) -> Outcome:
        """Return what an attempt without a clear answer was: who writes nothing has nothing in doubt."""
        return Outcome.INDETERMINATE if self.writes else Outcome.REFUSED


@dataclass(frozen=True)
class Attempt:
    """Times are of the controller's monotonic clock; `marker` is empty for a client that writes nothing.

    `where` is the site or address that answered, `detail` why it was not acknowledged, or what a resolver was told.
    """

    client: str
    marker: str
    began_s: float
    ended_s: float
    outcome: Outcome
    where: str = ""
    detail: str = ""

    @property
    def acknowledged(self) -> bool:
        return self.outcome is Outcome.ACKNOWLEDGED


class Client(Protocol):
    """Somebody outside the sites who uses a service; `name` is unique in a run."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> Kind: ...

    @property
    def service(self) -> str: ...

    def attempt(self, marker: str) -> Attempt:
        """Try once, whoever else tries meanwhile, and return what became of it within a limited time.

        `marker` is of letters, digits and `-`, and is given once.
        """

    def close(self) -> None:
        """Part with what is kept between attempts."""
