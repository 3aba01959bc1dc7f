"""The hosts of Quanzhou by what they run."""

from __future__ import annotations

from dr_drills.probes.scene import scene
from tests.dr_drills.city import everyone, variables


def test_scene_knows_every_host_and_site() -> None:
    """Eighteen hosts at three sites."""
    assert len(everyone().places) == 18
    assert everyone().sites == ("donghai", "anxi", "changle")


def test_scene_tells_the_city_cluster_from_that_of_the_dr_site() -> None:
    """Two database clusters, and a store for each."""
    assert {name: len(places) for name, places in everyone().clusters().items()} == {
        "citizen-db": 2,
        "citizen-db-changle": 1,
    }
    assert {name: len(places) for name, places in everyone().stores().items()} == {
        "quorum": 3,
        "citizen-db-changle": 1,
    }


def test_scene_of_some_services_has_their_hosts_alone() -> None:
    """What is not asked for is not looked at."""
    assert {place.service for place in scene(variables(), ["quorum"]).places} == {"quorum"}
