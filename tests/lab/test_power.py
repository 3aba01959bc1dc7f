"""Which sites lose their power."""

from __future__ import annotations

from pathlib import Path

import pytest

from failures import OutsideFailed, Text, WrongUsage
from lab import power
from lab.outages import dark, write_dark
from lab.place import Place
from lab.power import Targets, sites_of
from tests.lab.conftest import read_city
from topology.model import Cloud


@pytest.fixture
def city() -> Cloud:
    """The test city; east and west share a feed, far has one of its own and shares another."""
    cloud = read_city()
    feeds = {"east": ("grid",), "west": ("grid",), "far": ("river", "coast")}
    sites = {name: site.model_copy(update={"power": feeds[name]}) for name, site in cloud.sites.items()}
    return cloud.model_copy(update={"sites": sites})


def test_sites_of_a_feed_are_all_that_hang_on_it(city: Cloud) -> None:
    """Sites that share a feed fail together; the others go on."""
    assert sites_of(city, Targets(feeds=("grid",))) == ("east", "west")
    assert sites_of(city, Targets(feeds=("coast",))) == ("far",)


def test_sites_of_names_and_feeds_come_once_in_the_files_order(city: Cloud) -> None:
    """A site named twice is one site."""
    assert sites_of(city, Targets(sites=("far", "west"), feeds=("grid",))) == ("east", "west", "far")


@pytest.mark.parametrize("targets", [Targets(sites=("grid",)), Targets(feeds=("east",))])
def test_sites_of_an_unknown_name_is_refused(city: Cloud, targets: Targets) -> None:
    """A feed is no site, and a site no feed."""
    with pytest.raises(WrongUsage, match="is called"):
        sites_of(city, targets)


def test_site_that_does_not_come_back_is_still_without_power(
    city: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks again is not told that it was healed."""
    place = Place(city.name, tmp_path / "lab", tmp_path / "cache", tmp_path / "run", tmp_path / "clouds.yaml")
    place.run.mkdir()
    write_dark(place, {"east": True, "far": True})

    def fails(*_: object, despite: tuple[str, ...]) -> None:
        assert despite == ("east",)
        raise OutsideFailed(Text("a service does not answer", "有服务无应答"))

    monkeypatch.setattr(power, "up", fails)
    monkeypatch.setattr(power, "known_sites", lambda *_: ())
    with pytest.raises(OutsideFailed):
        power.on(city, place, Targets(sites=("east",)), lambda *_: None)
    assert set(dark(place)) == {"east", "far"}

    monkeypatch.setattr(power, "up", lambda *_, **__: None)
    power.on(city, place, Targets(sites=("east",)), lambda *_: None)
    assert set(dark(place)) == {"far"}
