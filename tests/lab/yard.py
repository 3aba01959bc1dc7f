"""One site with a state folder, a topology and a record of what was there before: where a test builds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.lab import census, town
from tests.lab.census import Census
from tests.lab.command import Ended, Govcloud, Started
from topology.model import Cloud

LAB = [
    pytest.mark.lab,
    # openstacksdk warns of what openstacksdk itself still does.
    pytest.mark.filterwarnings("ignore::openstack.warnings.RemovedInSDK50Warning"),
]


def active_sites(cloud: Cloud) -> tuple[str, ...]:
    """Return the names of the lab's active sites."""
    return tuple(name for name, site in cloud.sites.items() if site.role == "active")


class Yard:
    """Builds one topology after another at one site, and counts what is there."""

    def __init__(self, folder: Path, clouds_file: Path, lab: Cloud, site: str) -> None:
        self.site = site
        self.folder = folder
        self.path = folder / "town.yaml"
        self.govcloud = Govcloud(folder / "home", clouds_file)
        self.connection = census.connect(lab.sites[site].openstack, clouds_file)
        self.before = census.take(self.connection)

    def start(self, content: town.Topology, *words: str) -> Started:
        """Write the topology and start its deployment."""
        town.write(self.folder, content)
        return self.govcloud.start("deploy", self.path, "--site", self.site, "--yes", *words)

    def deploy(self, content: town.Topology, *words: str, expect: int | None = 0) -> Ended:
        """Deploy the topology at the site, to the end."""
        town.write(self.folder, content)
        return self.govcloud.run("deploy", self.path, "--site", self.site, "--yes", *words, expect=expect)

    def plan(self, content: town.Topology, expect: int | None = 0) -> dict[str, Any]:
        """Return the document of the plan."""
        town.write(self.folder, content)
        return self.govcloud.run("plan", self.path, "--site", self.site, "--json", expect=expect).document

    def destroy(self) -> None:
        """Destroy what was deployed, if anything was."""
        if self.govcloud.home.exists():
            self._destroyed()

    def _destroyed(self) -> Ended:
        return self.govcloud.run("destroy", self.path, "--site", self.site, "--yes")

    def census(self) -> Census:
        """Return what was built here, with the site's name written as SITE."""
        return census.neutral(census.minus(census.take(self.connection), self.before), self.site)

    def lost(self) -> list[str]:
        """Return what was there before the first deployment and is gone."""
        gone = census.minus(self.before, census.take(self.connection))
        return [f"{kind}: {name}" for kind, names in gone.items() for name in names]

    @property
    def states(self) -> Path:
        """The folder of the checkpoints and journals."""
        return next((self.folder / "home" / "stacks").iterdir()) / "states"
