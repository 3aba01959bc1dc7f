"""Two sites of the lab built from one topology, the first one reached through a proxy that can spoil calls."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from tests.lab import census, town
from tests.lab.census import Connection
from tests.lab.command import Ended, Govcloud, Started
from tests.lab.conftest import TestCity
from tests.lab.fault_proxy import FaultProxy
from tests.lab.yard import active_sites
from topology.model import Cloud

STATE_SIZE = "64m"


class Twin:
    """Grows one topology at both sites; `near` is behind the proxy, `far` is not. The state has a disk of its own."""

    def __init__(self, folder: Path, clouds_file: Path, lab: Cloud, name: str, address: str) -> None:
        self.folder, self.name, self.lab = folder, name, lab
        self.near, self.far = active_sites(lab)[:2]
        self.near_connection = census.connect(lab.sites[self.near].openstack, clouds_file)
        self.far_connection = census.connect(lab.sites[self.far].openstack, clouds_file)
        self.before = [census.take(c) for c in (self.near_connection, self.far_connection)]
        host, ports = _endpoints(self.near_connection)
        self.proxy = FaultProxy(host, ports, address)
        self.govcloud = Govcloud(folder / "home", self._clouds_file(clouds_file, host, address))
        self.content = town.topology(name, lab, (self.near, self.far), {})

    def _clouds_file(self, clouds_file: Path, host: str, address: str) -> Path:
        document = yaml.safe_load(clouds_file.read_text(encoding="utf-8"))
        entries = {site: self.lab.sites[site].openstack for site in (self.near, self.far)}
        chosen = {entry: document["clouds"][entry] for entry in entries.values()}
        auth = chosen[entries[self.near]]["auth"]
        self.password = str(auth["password"])
        auth["auth_url"] = auth["auth_url"].replace(f"//{host}:", f"//{address}:")
        path = self.folder / "clouds.yaml"
        path.write_text(yaml.safe_dump({"clouds": chosen}), encoding="utf-8")
        return path

    @property
    def path(self) -> Path:
        return self.folder / "town.yaml"

    @property
    def state(self) -> Path:
        """The folder of this cloud's states, records and lock."""
        return self.govcloud.home / "stacks" / self.name

    def add(self, **departments: dict[str, Any]) -> None:
        """Put departments into the topology; an underscore in a name stands for a hyphen."""
        named = {name.replace("_", "-"): what for name, what in departments.items()}
        self.content["departments"] |= named
        town.write(self.folder, self.content)

    def change(self, *dotted: tuple[str, Any]) -> None:
        """Set values of the topology at paths such as `departments/x/quota/vcpus`."""
        self.content = town.changed(self.content, *dotted)
        town.write(self.folder, self.content)

    def start(self, *words: str) -> Started:
        return self.govcloud.start("deploy", self.path, "--yes", "--json", *words)

    def deploy(self, *words: str, expect: int | None = 0) -> Ended:
        return self.govcloud.run("deploy", self.path, "--yes", "--json", *words, expect=expect)

    def destroy(self) -> None:
        """Destroy everything that was deployed; a site then is as it was."""
        self.govcloud.run("destroy", self.path, "--yes")

    def census(self) -> tuple[census.Census, census.Census]:
        """Return what was built at the near and at the far site, names of sites neutral."""
        near, far = (
            census.neutral(census.minus(census.take(connection), before), site)
            for connection, before, site in (
                (self.near_connection, self.before[0], self.near),
                (self.far_connection, self.before[1], self.far),
            )
        )
        return near, far

    def assert_equal_sites(self) -> None:
        """Nothing lost and nothing doubled: the spoiled site holds exactly what the other one does."""
        near, far = self.census()
        assert census.differences(far, near) == []
        assert census.doubled(near) == {}
        assert near["orphans"] == []

    def far_is_done(self, ended: Ended) -> bool:
        """Whether the other site's part of a deployment was done."""
        stacks = ended.document["sites"][self.far]["stacks"]
        return bool(stacks["done"] and not stacks["failed"] and not stacks["skipped"])


def _endpoints(connection: Connection) -> tuple[str, set[int]]:
    """Return the host of a site's APIs and their ports."""
    catalog = connection.session.auth.get_access(connection.session).service_catalog.catalog
    urls = [urlsplit(endpoint["url"]) for service in catalog for endpoint in service["endpoints"]]
    return str(urls[0].hostname), {url.port or 80 for url in urls}


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Mount a small file system of memory at a folder while the block runs."""
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={STATE_SIZE}", "tmpfs", folder], check=True, timeout=10)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True, timeout=10)


@contextmanager
def raised(testcity: TestCity, folder: Path, name: str, address: str) -> Iterator[Twin]:
    """Yield a twin whose proxy runs; what it deployed is destroyed afterwards."""
    twin = Twin(folder, testcity.clouds_yaml, testcity.cloud, name, address)
    with small_disk(twin.govcloud.home), twin.proxy:
        try:
            yield twin
        finally:
            twin.destroy()
