"""Which sites lose their power."""

from __future__ import annotations

import pytest

from failures import WrongUsage
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
