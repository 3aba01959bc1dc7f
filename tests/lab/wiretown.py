"""A town of three sites that has nothing but its network: real namespaces and processes, Neutrons of the test's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab import network
from lab.down import down
from lab.hosts.machine import Machine
from lab.hosts.roster import HOSTS
from lab.hosts.spec import Card, Spec
from lab.passwords import keep_passwords
from lab.place import RUN, Place
from lab.site import LabSite, plan_sites
from tests.lab.conftest import missing
from tests.lab.edge.town import small_site
from tests.lab.neutron import Neutron
from tests.lab.wires import plug, sync
from topology.model import Cloud

SLOT = 505
SITE = "{{role: {role}, city: {city}, openstack: wiretown-{name}, capacity: {{vcpus: 4, ram_gb: 4, disk_tb: 1}}}}"
LINE = "{{between: [{ends}], kind: leased, latency_ms: {ms}, bandwidth_mbps: {mbps}, carrier: {carrier}, transit: {transit}}}"


def topology() -> dict[str, Any]:
    """Return three sites: two parallel lines, and a way round over lines that declare transit."""
    sites = {name: yaml.safe_load(SITE.format(name=name, role=role, city=city)) for name, role, city in ROWS}
    lines = [
        yaml.safe_load(LINE.format(ends=ends, ms=ms, mbps=mbps, carrier=carrier, transit=transit))
        for ends, ms, mbps, carrier, transit in LINES
    ]
    return {
        "cloud": "wiretown",
        "sites": sites,
        "links": lines,
        "zones": {"core": {"cidr": "10.96.0.0/16"}, "edge": {"cidr": "10.97.0.0/16", "kind": "edge"}},
        "management": "10.98.0.0/16",
    }


ROWS = (("one", "active", "here"), ("two", "active", "here"), ("three", "dr", "there"))
LINES = (
    ("one, two", 10, 1000, "red", "false"),
    ("one, two", 30, 1000, "blue", "false"),
    ("one, three", 60, 1000, "red", "true"),
    ("two, three", 60, 1000, "green", "true"),
)


@dataclass(frozen=True)
class Town:
    """`neutrons` are the sites' answers; hosts `h1` and `h2` of each site are booted."""

    cloud: Cloud
    place: Place
    sites: dict[str, LabSite]
    neutrons: dict[str, Neutron]

    def host(self, site: str, name: str) -> str:
        """Return the namespace of a host."""
        return f"{self.sites[site].namespace}.h-{self.neutrons[site].id(name)[:13]}"

    def sync(self, site: str) -> None:
        """Have the site's agent take up what its Neutron says, as Nova does."""
        sync(str(self.sites[site].run / "net.sock"))

    def boot(self, site: str, name: str, address: str) -> None:
        """Boot a server of the site, as far as the network can tell."""
        neutron = self.neutrons[site]
        mac = next(row["mac_address"] for row in neutron.rows["ports"] if row["id"] == neutron.id(name))
        plug(self.host(site, name), self.sites[site].edge, neutron.id(name), mac, address)
        card = Card(neutron.id(name), neutron.id("tenant"), "eth0", mac, 1450, (f"{address}/26",), ())
        spec = Spec(neutron.id(name), f"{name}-of-{site}" if name == "h2" else name, "", 64, None, None, {}, (card,))
        Machine(self.sites[site].namespace, self.sites[site].folder / HOSTS / spec.uuid).save(spec)

    def raise_network(self) -> bool:
        return network.raise_network(self.cloud, self.place, tuple(self.sites.values()))


@contextmanager
def raised_town(home: Path) -> Iterator[Town]:
    """Three sites of network only, with two hosts each."""
    cloud = Cloud.model_validate(topology())
    place = Place(cloud.name, home / "lab" / cloud.name, home / "cache", RUN / cloud.name, home / "clouds.yaml")
    lacking = missing(cloud, place)
    if lacking:
        pytest.skip(f"this machine cannot raise a lab: {lacking}")
    down(cloud.name, place)
    sites = {site.name: site for site in plan_sites(cloud, place, SLOT, {})}
    neutrons = {name: small_site(name, number) for number, name in enumerate(sites, 1)}
    made = Town(cloud, place, sites, neutrons)
    try:
        place.root.mkdir(parents=True)
        keep_passwords(place.root)
        numbers = {name: site.number for name, site in sites.items()}
        (place.root / "addresses.json").write_text(json.dumps({"slot": SLOT, "sites": numbers}))
        for site in sites.values():
            for folder in (site.log, site.run):
                folder.mkdir(parents=True)
            network.connect(site)
            neutrons[site.name].serve(site.namespace, site.address)
        assert made.raise_network()
        for number, name in enumerate(sites, 1):
            made.boot(name, "h1", f"10.96.{number}.2")
            made.boot(name, "h2", f"10.96.{number}.3")
            made.sync(name)
        yield made
    finally:
        down(cloud.name, place)
