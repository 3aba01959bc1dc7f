"""The observed world of one service over its sites; unknown is a value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum


class Seen(StrEnum):
    """An observation: yes, no, or not known."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Role(StrEnum):
    """What a database node does; `standby-leader` leads a cluster that follows the other one."""

    PRIMARY = "primary"
    STANDBY = "standby"
    STANDBY_LEADER = "standby-leader"
    STOPPED = "stopped"
    UNKNOWN = "unknown"


class Member(StrEnum):
    """A site's part of the consensus store: in it, data of a store that is no more, nothing, or not known."""

    IN = "in"
    OLD = "old"
    WIPED = "wiped"
    UNKNOWN = "unknown"


class Side(StrEnum):
    """The two clusters of a service: the pair in the city, and the one at the DR site."""

    CITY = "city"
    DR = "dr"


NOBODY = ""
WHO_KNOWS = "?"


@dataclass(frozen=True)
class SiteView:
    """`fenced`: every other border that answers refuses its packets (no: none does, unknown: some do);
    `off`: its database is proven stopped for good.
    """

    reached: Seen = Seen.YES
    fenced: Seen = Seen.NO
    off: Seen = Seen.NO


@dataclass(frozen=True)
class NodeView:
    """`streaming`: its replay moves with the node it follows, on the same history, never taken from its own word;
    `complete`: it has replayed the last record that the other cluster wrote.
    """

    role: Role = Role.STANDBY
    streaming: Seen = Seen.YES
    complete: Seen = Seen.YES


@dataclass(frozen=True)
class World:
    """One service: `holder` is the site that holds the city's lease (NOBODY, WHO_KNOWS), `copies` the sites that must
    have a write before it is acknowledged (None: unknown), `quorum` whether the city's consensus store answers us,
    `members` what a site's part of it is, `forced` where it was restarted alone, `one_store` whether every member of it
    answers and none leads but with a majority, `follows` which cluster follows the other, `forked` whether the two
    clusters' histories differ, `route` where the entrance points, `writes` whether a client's write was acknowledged
    just now.
    """

    sites: Mapping[str, SiteView]
    nodes: Mapping[str, NodeView]
    city: tuple[str, ...]
    dr: str
    holder: str
    copies: frozenset[str] | None
    quorum: Seen = Seen.YES
    members: Mapping[str, Member] | None = None
    forced: str = NOBODY
    one_store: Seen = Seen.YES
    follows: Mapping[Side, Seen] | None = None
    forked: Seen = Seen.NO
    route: Side | None = Side.CITY
    writes: Seen = Seen.YES

    def following(self, side: Side) -> Seen:
        """Return whether a cluster follows the other one; in a healthy cloud the DR cluster does."""
        return (self.follows or {Side.CITY: Seen.NO, Side.DR: Seen.YES})[side]

    def member(self, site: str) -> Member:
        """Return what a site's part of the consensus store is."""
        return (self.members or {}).get(site, Member.IN)

    def with_site(self, name: str, **changes: Seen) -> World:
        """Return the world with one site seen otherwise."""
        return replace(self, sites={**self.sites, name: replace(self.sites[name], **changes)})

    def with_nodes(self, roles: Mapping[str, Role], streaming: Seen = Seen.YES) -> World:
        """Return the world with these nodes in these roles."""
        return replace(self, nodes={**self.nodes, **{site: NodeView(role, streaming) for site, role in roles.items()}})

    def with_complete(self, *sites: str) -> World:
        """Return the world in which these sites have the last record that the other cluster wrote."""
        nodes = {site: replace(self.nodes[site], complete=Seen.YES) for site in sites}
        return replace(self, nodes={**self.nodes, **nodes})

    def with_follows(self, side: Side, seen: Seen) -> World:
        """Return the world with one cluster following the other, or not."""
        return replace(self, follows={**{s: self.following(s) for s in Side}, side: seen})

    def with_member(self, site: str, member: Member) -> World:
        """Return the world with another part of the consensus store at a site."""
        return replace(self, members={**{s: self.member(s) for s in self.sites}, site: member})


def all_seen(answers: Iterable[Seen]) -> Seen:
    """Return yes when all are, no when one is not, else unknown."""
    found = set(answers)
    if Seen.NO in found:
        return Seen.NO
    return Seen.UNKNOWN if Seen.UNKNOWN in found else Seen.YES


def seen(fact: bool | None) -> Seen:  # noqa: FBT001 - the one place where truth becomes an observation
    """Return what is seen of a fact; None is not known."""
    return Seen.UNKNOWN if fact is None else Seen.YES if fact else Seen.NO


def negated(answer: Seen) -> Seen:
    """Return the opposite of an answer; unknown stays unknown."""
    return {Seen.YES: Seen.NO, Seen.NO: Seen.YES, Seen.UNKNOWN: Seen.UNKNOWN}[answer]
