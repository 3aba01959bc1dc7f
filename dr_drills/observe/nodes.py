"""What a site's database does, and how far it is, from what its servers say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dr_drills.observe.services import Cluster, Database
from dr_drills.planning.world import NodeView, Role, Seen, all_seen, seen
from dr_drills.probes.budget import Unknown
from dr_drills.probes.patroni import PatroniReading
from dr_drills.probes.scene import Place

Told = Mapping[str, PatroniReading | Unknown]
Written = Mapping[str, int]
"""How far the leader of each cluster was at the look before, in bytes, by scope."""
RUNS = frozenset({"running", "streaming"})
ROLES = {"primary": Role.PRIMARY, "standby_leader": Role.STANDBY_LEADER, "replica": Role.STANDBY}
FIRST = (Role.PRIMARY, Role.UNKNOWN, Role.STANDBY_LEADER, Role.STANDBY)
"""Of several servers at a site, the role that tells most; one that is not known may be anything but hide a primary."""


def role_of(told: PatroniReading | Unknown | None) -> Role:
    """Return what a server does; one that does not run just now may run in a moment: not known."""
    if not isinstance(told, PatroniReading) or told.state not in RUNS:
        return Role.UNKNOWN
    return ROLES.get(told.role, Role.UNKNOWN)


def leader_of(cluster: Cluster, told: Told) -> PatroniReading | None:
    """Return the reading of the one server that leads a cluster; None when none or more than one says so."""
    leading = [
        said for place in cluster.places if role_of(said := told.get(place.host)) in {Role.PRIMARY, Role.STANDBY_LEADER}
    ]
    return leading[0] if len(leading) == 1 and isinstance(leading[0], PatroniReading) else None


def position(told: PatroniReading) -> int | None:
    """Return how far a server's own log goes, in bytes: written by a primary, else replayed."""
    return told.written if told.role == "primary" else told.replayed


def written(database: Database, told: Told) -> dict[str, int]:
    """Return how far the leader of each cluster is."""
    leaders = {cluster.scope: leader_of(cluster, told) for cluster in database.clusters}
    found = {scope: position(said) for scope, said in leaders.items() if said}
    return {scope: at for scope, at in found.items() if at is not None}


def node_view(database: Database, site: str, told: Told, before: Written) -> NodeView:
    """Return the view of a site's database."""
    places = database.at(site)
    if not places:
        return NodeView(Role.UNKNOWN, Seen.UNKNOWN, Seen.UNKNOWN)
    roles = {role_of(told.get(place.host)) for place in places}
    role = next(role for role in FIRST if role in roles)
    mine = database.city if site in database.city_sites else database.dr
    assert mine is not None
    streaming = all_seen(_streaming(database, mine, place, told, before) for place in places)
    other = next((cluster for cluster in database.clusters if cluster is not mine), None)
    return NodeView(role, streaming, all_seen(_complete(place, other, told) for place in places))


def _streaming(database: Database, mine: Cluster, place: Place, told: Told, before: Written) -> Seen:
    """Tell whether a server's replay moves with its source; its own word for it does not count."""
    said = told.get(place.host)
    if role_of(said) is Role.PRIMARY:
        return Seen.YES
    source = _source(database, mine, said, told)
    if not isinstance(said, PatroniReading) or source is None or said.replayed is None:
        return Seen.UNKNOWN
    scope, leader = source
    if said.timeline != leader.timeline:
        return Seen.NO
    now = position(leader)
    if now is not None and said.replayed >= now:
        return Seen.YES
    return seen(None if scope not in before else said.replayed >= before[scope])


def _source(
    database: Database, mine: Cluster, said: PatroniReading | Unknown | None, told: Told
) -> tuple[str, PatroniReading] | None:
    """Return the leader a server follows: its own cluster's, for a standby leader the other cluster's."""
    clusters: Iterable[Cluster] = (mine,)
    if role_of(said) is Role.STANDBY_LEADER:
        clusters = (cluster for cluster in database.clusters if cluster is not mine)
    found = ((cluster.scope, leader) for cluster in clusters if (leader := leader_of(cluster, told)))
    return next(found, None)


def _complete(place: Place, other: Cluster | None, told: Told) -> Seen:
    """Tell whether a server replayed the last record that the other cluster wrote, which must write no more."""
    said = told.get(place.host)
    leader = leader_of(other, told) if other else None
    if not isinstance(said, PatroniReading) or leader is None or said.replayed is None:
        return Seen.UNKNOWN
    if leader.role == "primary" or said.timeline != leader.timeline:
        return Seen.NO
    last = max((at for at in (leader.replayed, leader.received) if at is not None), default=None)
    return seen(None if last is None else said.replayed >= last)
