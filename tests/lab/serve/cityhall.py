"""A deployed city with services: its lab, its command, its hosts, and keys to look at them."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import openstack

import topology
from dr_drills import scenarios
from dr_drills.probes.scene import Scene, scene
from dr_drills.probes.trust import Keys
from dr_drills.probes.web import Web
from inventories.keys import operator_keys
from inventories.opening import open_inventory
from lab.place import DEFAULT_CACHE, RUN, Place
from stacks.rollout.home import home_of
from tests.lab.command import Govcloud
from topology.load import load_cloud
from topology.model import Cloud

CITY = Path(__file__).parent / "city.yaml"
STAGE = Path(__file__).parent / "stage.yaml"
"""The smaller one, for rehearsals."""
SCENARIOS = Path(scenarios.__file__).parent
DEPLOY_SECONDS = 900.0


@dataclass(frozen=True)
class CityHall:
    """`path` is the topology in a folder of its own, out of `source`; the lab, the state and clouds.yaml are beside it."""

    folder: Path
    source: Path = CITY

    @property
    def path(self) -> Path:
        return self.folder / "city.yaml"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @cached_property
    def cloud(self) -> Cloud:
        return load_cloud(self.path)

    @property
    def place(self) -> Place:
        return Place(
            cloud=self.cloud.name,
            root=self.folder / "lab" / self.cloud.name,
            cache=Path(os.environ.get("GOVCLOUD_CACHE") or DEFAULT_CACHE),
            run=RUN / self.cloud.name,
            clouds_yaml=self.folder / "clouds.yaml",
        )

    @cached_property
    def govcloud(self) -> Govcloud:
        return Govcloud(self.home, self.folder / "clouds.yaml", GOVCLOUD_LAB_ROOT=str(self.folder / "lab"))

    def lay_out(self) -> None:
        """Copy the topology and its image recipe where they can be changed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.source, self.path)
        shutil.copytree(Path(topology.__path__[0]) / "images", self.folder / "images", dirs_exist_ok=True)

    def short(self, name: str) -> Path:
        """Return a scenario of the catalogue with a hold that a test can wait for."""
        path = self.folder / f"{name}.yaml"
        path.write_text((SCENARIOS / path.name).read_text().replace("hold: 10s", "hold: 3s"))
        return path

    @cached_property
    def scene(self) -> Scene:
        environ = {**os.environ, **self.govcloud.environ}
        return scene(open_inventory(self.path, environ, lambda _: None).inventory.variables)

    @cached_property
    def keys(self) -> Keys:
        found = operator_keys(home_of(self.cloud.name, self.govcloud.environ), self.govcloud.environ, lambda _: None)
        assert found is not None
        return Keys.of(found)

    @cached_property
    def web(self) -> Web:
        return Web(self.keys, 3.0)

    def connect(self, site: str) -> openstack.connection.Connection:
        """Return a connection to a site as its administrator."""
        config = openstack.config.OpenStackConfig(config_files=[str(self.folder / "clouds.yaml")])
        return openstack.connection.Connection(config=config.get_one(cloud=self.cloud.sites[site].openstack))
