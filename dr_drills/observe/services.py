"""The database services of a cloud: the city's cluster of each, and the one at its DR site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dr_drills.planning.world import NOBODY
from dr_drills.probes.scene import Place, Scene


@dataclass(frozen=True)
class Cluster:
    """One Patroni cluster; `stores` are the addresses of the members of the consensus store that decides for it."""

    scope: str
    places: tuple[Place, ...]
    stores: tuple[str, ...]

    def stores_from(self, site: str) -> tuple[str, ...]:
        """Return the addresses of the store with the ones at a site first, which are the last to be cut off from it."""
        near = {str(p.own["etcd_address"]) for p in self.members if p.site == site}
        return tuple(sorted(self.stores, key=lambda address: address not in near))

    members: tuple[Place, ...] = ()
    """The hosts of the store, where they are known as such."""


@dataclass(frozen=True)
class Database:
    """One database service; `dr` is None where it has no cluster at a DR site."""

    name: str
    city: Cluster
    dr: Cluster | None

    @property
    def clusters(self) -> tuple[Cluster, ...]:
        return (self.city, self.dr) if self.dr else (self.city,)

    @property
    def places(self) -> tuple[Place, ...]:
        return tuple(place for cluster in self.clusters for place in cluster.places)

    @property
    def city_sites(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(place.site for place in self.city.places))

    @property
    def dr_site(self) -> str:
        return self.dr.places[0].site if self.dr else NOBODY

    def at(self, site: str) -> tuple[Place, ...]:
        """Return the database servers at a site."""
        return tuple(place for place in self.places if place.site == site)

    def named(self, node: str) -> Place | None:
        """Return the server that Patroni knows by a name, None when it is not one of ours."""
        return next((place for place in self.places if place.own["patroni_name"] == node), None)


def databases(scene: Scene) -> dict[str, Database]:
    """Return the database services by name; one whose city cluster is not in the scene is left out."""
    clusters = {scope: _cluster(scene, scope, places) for scope, places in scene.clusters().items()}
    found: dict[str, Database] = {}
    for cluster in clusters.values():
        if not cluster.places[0].own["patroni_standby_of"]:
            service = cluster.places[0].service
            found[service] = Database(service, cluster, _standby(clusters, service))
    return found


def _standby(clusters: dict[str, Cluster], service: str) -> Cluster | None:
    mine = (c for c in clusters.values() if c.places[0].service == service and c.places[0].own["patroni_standby_of"])
    return next(mine, None)


def _cluster(scene: Scene, scope: str, places: tuple[Place, ...]) -> Cluster:
    rows: list[dict[str, Any]] = places[0].own["patroni_etcd"]
    addresses = tuple(str(row["address"]) for row in rows)
    members = tuple(p for p in scene.running("etcd_cluster") if str(p.own["etcd_address"]) in addresses)
    return Cluster(scope, places, addresses, members)
