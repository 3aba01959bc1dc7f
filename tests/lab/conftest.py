"""One small lab of three real OpenStack sites, raised once for all tests that ask for it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from lab.check import check, quick
from lab.down import down
from lab.place import DEFAULT_CACHE, RUN, Place
from lab.up import Raised, up
from tests.lab.serve.cityhall import DEPLOY_SECONDS, STAGE, CityHall
from topology.model import Cloud

CITY = Path(__file__).parent / "city.yaml"


@dataclass(frozen=True)
class TestCity:
    """A running lab; `clouds_yaml` has the entries testcity-east, testcity-west and testcity-far."""

    __test__ = False

    cloud: Cloud
    place: Place
    raised: Raised

    @property
    def clouds_yaml(self) -> Path:
        return self.raised.clouds_yaml


def read_city() -> Cloud:
    """Return the test city's topology."""
    return Cloud.model_validate(yaml.safe_load(CITY.read_text(encoding="utf-8")))


def missing(cloud: Cloud, place: Place) -> str:
    """Return what the machine lacks for a lab, empty when nothing."""
    rows = quick(cloud, place)
    if all(row.ok for row in rows):
        rows = check(cloud, place)
    return "; ".join(row.what.en for row in rows if not row.ok and not row.by_up)


@pytest.fixture(scope="session")
def testcity(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestCity]:
    """A running lab of its own root and clouds.yaml, sharing the machine's cache; taken down after the last test."""
    home = tmp_path_factory.mktemp("testcity")
    cloud = read_city()
    place = Place(
        cloud=cloud.name,
        root=home / "lab",
        cache=Path(os.environ.get("GOVCLOUD_CACHE") or DEFAULT_CACHE),
        run=RUN / cloud.name,
        clouds_yaml=home / "clouds.yaml",
    )
    lacking = missing(cloud, place)
    if lacking:
        pytest.skip(f"this machine cannot raise a lab: {lacking}")
    down(cloud.name, place)  # an earlier session may have been killed
    before = os.environ.get("OS_CLIENT_CONFIG_FILE")
    os.environ["OS_CLIENT_CONFIG_FILE"] = str(place.clouds_yaml)
    try:
        yield TestCity(cloud, place, up(cloud, place, lambda *_: None))
    finally:
        down(cloud.name, place)
        if before is None:
            del os.environ["OS_CLIENT_CONFIG_FILE"]
        else:
            os.environ["OS_CLIENT_CONFIG_FILE"] = before


@pytest.fixture(scope="session")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CityHall]:
    """The city, built and configured; taken down after the last test."""
    with deployed(CityHall(tmp_path_factory.mktemp("hall"))) as made:
        yield made


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CityHall]:
    """The city for rehearsals, built and configured; taken down after the last of a module."""
    with deployed(CityHall(tmp_path_factory.mktemp("stage"), STAGE)) as made:
        yield made


@contextmanager
def deployed(made: CityHall) -> Iterator[CityHall]:
    made.lay_out()
    down(made.cloud.name, made.place)  # an earlier session may have been killed
    lacking = "; ".join(row.what.en for row in check(made.cloud, made.place) if not row.ok and not row.by_up)
    if lacking:
        pytest.skip(f"this machine cannot raise a lab: {lacking}")
    try:
        made.govcloud.run("lab", "up", made.path)
        made.govcloud.run("bundle", made.path)
        began = time.monotonic()
        ended = made.govcloud.start("deploy", made.path, "--yes", "--json").ended(DEPLOY_SECONDS)
        assert ended.code == 0, ended.text
        assert {row["verdict"] for row in ended.document["verify"]["rows"]} == {"pass"}
        print(f"deployed and proven in {time.monotonic() - began:.0f} s, {ended.cpu:.0f} s of CPU")
        yield made
    finally:
        down(made.cloud.name, made.place)
