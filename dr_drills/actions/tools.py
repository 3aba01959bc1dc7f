"""What actions work with: the service, the ways to its hosts and borders, and what was proven so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from dr_drills.observe.borders import Borders
from dr_drills.observe.evidence import Evidence, Proof
from dr_drills.observe.services import Cluster, Database, databases
from dr_drills.probes.scene import Place, Scene
from dr_drills.probes.trust import Keys
from dr_drills.probes.web import Web
from failures import InputInvalid, Text

CALL_SECONDS = 5.0


class Hosts(Protocol):
    """Runs commands on hosts as root; every call is limited in time."""

    def run(self, host: str, words: Sequence[str], seconds: float) -> str:
        """Return what a command printed. Raises NoAnswer when the host is not entered, OutsideFailed when it fails."""


class Power(Protocol):
    """Knows of servers what the cloud that runs them says."""

    def off(self, host: str) -> bool:
        """Return whether a host's server is shut off. Raises OutsideFailed when nobody can say."""


@dataclass
class Tools:
    """`vouched` are the sites that a person proved off, by site; `evidence` by service is shared with the observer."""

    scene: Scene
    database: Database
    keys: Keys
    borders: Borders | None = None
    hosts: Hosts | None = None
    power: Power | None = None
    vouched: Mapping[str, Proof] = field(default_factory=dict)
    evidence: dict[str, Evidence] = field(default_factory=dict)

    @classmethod
    def of(cls, scene: Scene, service: str, keys: Keys) -> Tools:
        """Return tools for one database service. Raises InputInvalid when there is no such."""
        found = databases(scene)
        if service not in found:
            names = ", ".join(found) or "-"
            raise InputInvalid(
                Text(f"no database service; there are: {names}", f"不是数据库服务；现有：{names}"), where=service
            )
        return cls(scene, found[service], keys)

    @property
    def proven(self) -> Evidence:
        return self.evidence.get(self.database.name, Evidence())

    def note(self, evidence: Evidence) -> None:
        """Keep what is proven of the service now."""
        self.evidence[self.database.name] = evidence

    def web(self, seconds: float) -> Web:
        """Return a client whose calls take at most `seconds`."""
        return Web(self.keys, seconds)

    def cluster_at(self, site: str) -> Cluster:
        """Return the cluster that a site's servers belong to."""
        if self.database.dr and site == self.database.dr_site:
            return self.database.dr
        return self.database.city

    @property
    def apps(self) -> tuple[Place, ...]:
        """Return the applications that keep their data in the service."""
        names = {row["name"] for place in self.database.places for row in place.own["patroni_databases"]}
        return tuple(place for place in self.scene.running("app_database") if place.own["app_database"] in names)
