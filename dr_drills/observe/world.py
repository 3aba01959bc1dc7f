"""The world of each database service, from what was read of it; what cannot be known is unknown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain

from dr_drills.glance.readings import Readings
from dr_drills.observe.evidence import Evidence, ProofKind
from dr_drills.observe.keys import StoreKeys
from dr_drills.observe.nodes import Written, leader_of, node_view
from dr_drills.observe.services import Cluster, Database, databases
from dr_drills.planning.world import (
    NOBODY,
    WHO_KNOWS,
    Member,
    NodeView,
    Role,
    Seen,
    Side,
    SiteView,
    World,
    seen,
)
from dr_drills.probes.budget import Unknown
from dr_drills.probes.etcd import EtcdReading
from dr_drills.probes.exporter import HostReading
from dr_drills.probes.patroni import PatroniReading
from dr_drills.probes.proxy import ProxyReading
from dr_drills.probes.scene import Scene

Fences = Mapping[str, Mapping[str, bool]]
"""By site, which other borders that answer refuse what comes from it."""


def unfenceable(scene: Scene) -> Fences:
    """Return what holds of a cloud whose borders are not ours to close: nobody is shut out, and nobody can be."""
    return {site: {"": False} for site in scene.sites}


@dataclass(frozen=True)
class Sight:
    """One look: `keys` by scope; `fences` None where no border can be asked; `evidence` and `before` by service.

    `records` by scope are what members of a store without a majority hold.
    """

    readings: Readings
    keys: Mapping[str, StoreKeys | Unknown] = field(default_factory=dict)
    fences: Fences | None = None
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    before: Mapping[str, Written] = field(default_factory=dict)
    records: Mapping[str, StoreKeys | Unknown] = field(default_factory=dict)


def worlds(scene: Scene, sight: Sight) -> dict[str, World]:
    """Return the world of each database service."""
    return {name: world_of(scene, database, sight) for name, database in databases(scene).items()}


def world_of(scene: Scene, database: Database, sight: Sight) -> World:
    """Return the world of one service."""
    evidence = sight.evidence.get(database.name, Evidence())
    sites = {site: _site(scene, database, site, sight, evidence) for site in scene.sites}
    nodes = {site: _node(database, site, sites[site], sight) for site in scene.sites}
    city = _known(sight.keys.get(database.city.scope))
    holder = _holder(database, city)
    record = city or _known(sight.records.get(database.city.scope))
    follows = {side: _follows(cluster, sight) for side, cluster in _sides(database).items()}
    return World(
        sites=sites,
        nodes=nodes,
        city=database.city_sites,
        dr=database.dr_site,
        holder=holder,
        copies=_copies(database, record, led=holder not in {NOBODY, WHO_KNOWS}),
        quorum=_quorum(database.city, city, sight.readings),
        members={site: _member(database.city, site, city, sight.readings, evidence) for site in scene.sites},
        forced=_forced(database.city, city),
        one_store=_one_store(database.city, sight.readings),
        follows=follows,
        forked=_forked(follows, evidence),
        route=_route(scene, database, sites, sight.readings),
        writes=_writes(database, nodes, sight, evidence),
    )


def _sides(database: Database) -> dict[Side, Cluster | None]:
    return {Side.CITY: database.city, Side.DR: database.dr}


def _known(told: StoreKeys | Unknown | None) -> StoreKeys | None:
    return told if isinstance(told, StoreKeys) else None


def _site(scene: Scene, database: Database, site: str, sight: Sight, evidence: Evidence) -> SiteView:
    return SiteView(
        _reached(scene, site, sight.readings), _fenced(site, sight.fences), _off(database, site, sight, evidence)
    )


def _reached(scene: Scene, site: str, readings: Readings) -> Seen:
    """Tell whether a host of a site says anything; a mere refusal may come from a border that stands before it."""
    parts = (readings.patroni, readings.etcd, readings.hosts, readings.health, readings.proxies, readings.repositories)
    hosts = [place.host for place in scene.places if place.site == site]
    told = [part[host] for part in parts for host in hosts if host in part]
    if any(not isinstance(said, Unknown) for said in told):
        return Seen.YES
    return seen(None if not told or any(isinstance(said, Unknown) and said.shut for said in told) else False)


def _fenced(site: str, fences: Fences | None) -> Seen:
    refusing = {} if fences is None else fences.get(site, {})
    if not refusing or len(set(refusing.values())) > 1:
        return Seen.UNKNOWN
    return seen(all(refusing.values()))


def _off(database: Database, site: str, sight: Sight, evidence: Evidence) -> Seen:
    """Tell whether it is proven; that its servers were off says nothing of them once one runs again."""
    hosts = [place.host for place in database.at(site)]
    if any(isinstance(sight.readings.patroni.get(host), PatroniReading) for host in hosts):
        return Seen.NO
    proof = evidence.off.get(site)
    if proof is None:
        return Seen.UNKNOWN
    runs = any(isinstance(sight.readings.hosts.get(host), HostReading) for host in hosts)
    return seen(None if runs and proof.kind is not ProofKind.HOST else True)


def _node(database: Database, site: str, view: SiteView, sight: Sight) -> NodeView:
    if view.off is Seen.YES:
        return NodeView(Role.STOPPED, Seen.NO, Seen.UNKNOWN)
    return node_view(database, site, sight.readings.patroni, sight.before.get(database.name, {}))


def _holder(database: Database, city: StoreKeys | None) -> str:
    if city is None:
        return WHO_KNOWS
    if city.leader == NOBODY:
        return NOBODY
    place = database.named(city.leader)
    return place.site if place else WHO_KNOWS


def _copies(database: Database, city: StoreKeys | None, *, led: bool) -> frozenset[str] | None:
    """Return the sites that must have a write; a record that another holder made says nothing of this one's writes.

    While nobody is known to lead, that is also the primary that made the record: it had every write first.
    """
    if city is None:
        return None
    leader, names = city.promised
    if city.leader not in {NOBODY, leader}:
        return frozenset()
    having = names if led else names | {leader}
    return frozenset(place.site for name in having if (place := database.named(name)))


def _quorum(cluster: Cluster, keys: StoreKeys | None, readings: Readings) -> Seen:
    """Tell whether the store answers; it does not when so many members know of no leader that no majority is left."""
    if keys is not None:
        return Seen.YES
    lost = sum(not said.leader for said in _heard(cluster, readings))
    return seen(False if lost * 2 > len(cluster.members) else None)


def _heard(cluster: Cluster, readings: Readings) -> list[EtcdReading]:
    """Return what the members of its store say that say anything."""
    told = (readings.etcd.get(place.host) for place in cluster.members)
    return [said for said in told if isinstance(said, EtcdReading)]


def _member(cluster: Cluster, site: str, keys: StoreKeys | None, readings: Readings, evidence: Evidence) -> Member:
    """Return what a site's members are; one that answers and is not in the store that counts is of an old one."""
    places = [place for place in cluster.members if place.site == site]
    answer = [isinstance(readings.etcd.get(place.host), EtcdReading) for place in places]
    if keys is None:
        return Member.UNKNOWN if places else Member.IN
    belong = [place.own["etcd_name"] in keys.members for place in places]
    if any(there and not mine for there, mine in zip(answer, belong, strict=True)):
        return Member.OLD
    if all(there and mine for there, mine in zip(answer, belong, strict=True)):
        return Member.IN
    return Member.WIPED if site in evidence.wiped and not any(belong) else Member.UNKNOWN


def _forced(cluster: Cluster, keys: StoreKeys | None) -> str:
    """Return the site whose member is alone in a store that was declared with more."""
    if keys is None or len(keys.members) != 1 or len(cluster.stores) == 1:
        return NOBODY
    alone = (place.site for place in cluster.members if place.own["etcd_name"] == keys.members[0])
    return next(alone, NOBODY)


def _one_store(cluster: Cluster, readings: Readings) -> Seen:
    """A member that was restarted alone leads itself, without a majority; one that says nothing may be such a one."""
    heard, members = _heard(cluster, readings), len(cluster.members)
    led = Counter(said.leader for said in heard if said.leader)
    if any(count * 2 <= members for count in led.values()):
        return Seen.NO
    return seen(True if len(heard) == members > 0 else None)


def _follows(cluster: Cluster | None, sight: Sight) -> Seen:
    keys = _known(sight.keys.get(cluster.scope)) if cluster else None
    return seen(keys.follows if keys else None)


def _forked(follows: Mapping[Side, Seen], evidence: Evidence) -> Seen:
    """One cluster that follows the other has its history; two that follow nobody have to be compared."""
    if Seen.YES in follows.values():
        return Seen.NO
    return seen(evidence.forked)


def _route(scene: Scene, database: Database, sites: Mapping[str, SiteView], readings: Readings) -> Side | None:
    """Return where the proxies that answer send writes; None unless all agree, and when one sends them nowhere.

    Behind a fence no proxy can lead to those outside it, wherever it is set to.
    """
    out = {place.host for place in scene.places if sites[place.site].fenced is Seen.YES}
    told = [said for host, said in readings.proxies.items() if isinstance(said, ProxyReading) and host not in out]
    ways = [reading.ways[way] for reading in told if (way := f"{database.name}-write") in reading.ways]
    sides = {_side(database, server) for server in chain.from_iterable(ways)}
    return sides.pop() if len(sides) == 1 and all(ways) else None


def _side(database: Database, server: str) -> Side | None:
    place = database.named(server)
    return None if place is None else Side.CITY if place in database.city.places else Side.DR


def _writes(database: Database, nodes: Mapping[str, NodeView], sight: Sight, evidence: Evidence) -> Seen:
    """Tell whether the last write that was tried was acknowledged under who leads now."""
    if evidence.wrote is None or nodes[evidence.wrote.site].role is not Role.PRIMARY:
        return Seen.UNKNOWN
    timelines = _timelines(database.clusters, sight)
    return seen(True if evidence.wrote.timeline in timelines else None)


def _timelines(clusters: Iterable[Cluster], sight: Sight) -> frozenset[int | None]:
    leaders = (leader_of(cluster, sight.readings.patroni) for cluster in clusters)
    return frozenset(leader.timeline for leader in leaders if leader and leader.role == "primary")
