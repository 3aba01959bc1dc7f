"""Who is asked for what: the hosts of a cloud by what they run, out of the inventory's variables."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

Variables = Mapping[str, Mapping[str, Any]]
"""The inventory's variables by host."""


@dataclass(frozen=True)
class Place:
    """One host; `site` is where it stands, `service` what it belongs to; `active` when its site serves users.

    `own` are its variables.
    """

    host: str
    site: str
    service: str
    kind: str
    address: str
    active: bool
    own: Mapping[str, Any] = field(compare=False, repr=False)


@dataclass(frozen=True)
class Scene:
    """The hosts in the order of the inventory."""

    places: tuple[Place, ...]

    def running(self, part: str) -> tuple[Place, ...]:
        """Return the hosts that have a variable of this name."""
        return tuple(place for place in self.places if part in place.own)

    def of_kind(self, kind: str) -> tuple[Place, ...]:
        return tuple(place for place in self.places if place.kind == kind)

    @property
    def sites(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(place.site for place in self.places))

    def clusters(self) -> dict[str, tuple[Place, ...]]:
        """Return the database servers of each Patroni scope."""
        found: dict[str, list[Place]] = {}
        for place in self.running("patroni_scope"):
            found.setdefault(str(place.own["patroni_scope"]), []).append(place)
        return {scope: tuple(places) for scope, places in found.items()}

    def stores(self) -> dict[str, tuple[Place, ...]]:
        """Return the members of each consensus store."""
        found: dict[str, list[Place]] = {}
        for place in self.running("etcd_cluster"):
            found.setdefault(str(place.own["etcd_cluster"]), []).append(place)
        return {name: tuple(places) for name, places in found.items()}


def scene(variables: Variables, only: Collection[str] = ()) -> Scene:
    """Return the scene of all hosts, or of those of some services."""
    rows = (
        Place(
            host,
            str(own["govcloud_site"]),
            str(own["govcloud_service"]),
            str(own["govcloud_kind"]),
            str(own["govcloud_address"]),
            own["govcloud_site_role"] == "active",
            own,
        )
        for host, own in variables.items()
    )
    return Scene(tuple(place for place in rows if not only or place.service in only))
