"""What was proven of a service by doing something; it counts until something that is seen speaks against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from failures import Text


class ProofKind(StrEnum):
    """Who says that a database is stopped for good: its host, the cloud that runs its server, or a person."""

    HOST = "host"
    POWER = "power"
    PERSON = "person"


@dataclass(frozen=True)
class Proof:
    """`by` is the host, the site's cloud or the person's name; `words` is what was said."""

    kind: ProofKind
    by: str
    words: Text


@dataclass(frozen=True)
class Wrote:
    """A client's write was acknowledged while this site led on this timeline."""

    site: str
    timeline: int | None


@dataclass(frozen=True)
class Evidence:
    """`off` by site; `forked` whether the histories of city and DR were compared and differ.

    `forced` is the site whose member of the store was restarted alone, `wiped` are those whose members hold nothing.
    """

    off: Mapping[str, Proof] = field(default_factory=dict)
    forked: bool | None = None
    wrote: Wrote | None = None
    forced: str = ""
    wiped: frozenset[str] = frozenset()

    def proven_off(self, site: str, proof: Proof) -> Evidence:
        return replace(self, off={**self.off, site: proof})

    def with_write(self, wrote: Wrote | None) -> Evidence:
        return replace(self, wrote=wrote)

    def compared(self, *, forked: bool | None) -> Evidence:
        return replace(self, forked=forked)

    def with_forced(self, site: str) -> Evidence:
        return replace(self, forced=site, wiped=frozenset())

    def with_wiped(self, site: str) -> Evidence:
        return replace(self, wiped=self.wiped | {site})

    def with_joined(self, site: str) -> Evidence:
        return replace(self, wiped=self.wiped - {site})

    def started(self, *sites: str) -> Evidence:
        """Return the evidence without what no longer holds when the databases of sites are started again."""
        return replace(self, off={site: proof for site, proof in self.off.items() if site not in sites}, forked=None)
