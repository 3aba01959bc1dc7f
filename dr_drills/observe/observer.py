"""Looks at a cloud's database services again and again, with what was proven in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from dr_drills.glance.readings import SHARE, Readings, read_all
from dr_drills.observe.borders import Borders
from dr_drills.observe.evidence import Evidence
from dr_drills.observe.impatient import Impatient
from dr_drills.observe.keys import StoreKeys, read_everywhere
from dr_drills.observe.nodes import Written, written
from dr_drills.observe.services import Cluster, databases
from dr_drills.observe.world import Fences, Sight, unfenceable, worlds
from dr_drills.planning.world import World
from dr_drills.probes.budget import Unknown, ask
from dr_drills.probes.scene import Scene
from dr_drills.probes.trust import Keys
from dr_drills.probes.web import Web

PARTS = frozenset({"patroni_scope", "etcd_cluster", "haproxy_clusters"})
"""What decides for a database runs on hosts with one of these; others are not asked."""
LOOK_SECONDS = 1.5
"""For one look; only the first one waits so long for a site that is dark."""
SPARE = 1.0


class Observer:
    """`evidence` by service is shared with who acts; `seconds` limits one look."""

    def __init__(
        self,
        scene: Scene,
        keys: Keys,
        borders: Borders | None = None,
        evidence: dict[str, Evidence] | None = None,
        seconds: float = LOOK_SECONDS,
    ) -> None:
        self.scene = Scene(tuple(place for place in scene.places if PARTS & set(place.own)))
        self.databases = databases(self.scene)
        self.borders, self.seconds = borders, seconds
        self.evidence = {} if evidence is None else evidence
        self._web = Web(keys, seconds * SHARE)
        self._hosts, self._stores, self._members = Impatient(), Impatient(), Impatient()
        self._before: dict[str, Written] = {}
        self._silent: tuple[Cluster, ...] = ()
        """The clusters whose store gave no answer the last time: its members are asked for their own records, too."""

    def look(self) -> dict[str, World]:
        """Return the world of each database service as it is now, within about `seconds`."""
        return self._judged(self._told())

    def world(self, service: str) -> World:
        """Return the world of one service as it is now."""
        return self.look()[service]

    def _told(self) -> Mapping[str, Any]:
        clusters = tuple(cluster for database in self.databases.values() for cluster in database.clusters)
        questions: dict[str, Callable[[], Any]] = {
            "readings": partial(read_all, self.scene, self._web, self.seconds, self._hosts),
            "keys": partial(read_everywhere, self._web, clusters, self.seconds, self._stores, self._trusted()),
        }
        if self._silent:
            asked = partial(read_everywhere, self._web, self._silent, self.seconds, self._members)
            questions["records"] = partial(asked, alone=True)
        if self.borders:
            questions["fences"] = partial(self._fences, self.borders)
        return ask(questions, self.seconds + SPARE)

    def _trusted(self) -> frozenset[str]:
        """Return the addresses of the members that were restarted alone: only their store counts from then on."""
        forced = {name: evidence.forced for name, evidence in self.evidence.items()}
        return frozenset(
            str(place.own["etcd_address"])
            for name, database in self.databases.items()
            for place in database.city.members
            if place.site == forced.get(name)
        )

    def _judged(self, told: Mapping[str, Any]) -> dict[str, World]:
        readings = told["readings"] if isinstance(told["readings"], Readings) else Readings()
        keys = {} if isinstance(told["keys"], Unknown) else told["keys"]
        records = told.get("records", {})
        records = {} if isinstance(records, Unknown) else records
        self._silent = tuple(
            database.city
            for database in self.databases.values()
            if not isinstance(keys.get(database.city.scope), StoreKeys)
        )
        fences = told["fences"] if self.borders else unfenceable(self.scene)
        fences = None if isinstance(fences, Unknown) else fences
        found = worlds(self.scene, Sight(readings, keys, fences, dict(self.evidence), self._before, records))
        self._before = {name: written(database, readings.patroni) for name, database in self.databases.items()}
        return found

    def _fences(self, borders: Borders) -> Fences:
        asked = {site: partial(borders.fenced, site) for site in self.scene.sites}
        told = ask(asked, self.seconds)
        return {site: said for site, said in told.items() if not isinstance(said, Unknown)}
