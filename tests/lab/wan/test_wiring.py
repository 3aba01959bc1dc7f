"""The wiring of a lab as its processes read it."""

from __future__ import annotations

from pathlib import Path

from lab.network import wire
from lab.place import find_place
from lab.site import plan_sites
from lab.wan.wiring import Wiring
from tests.lab.conftest import read_city

IFNAMSIZ = 15
LONGEST = 31


def city_wiring() -> Wiring:
    cloud, place = read_city(), find_place("testcity", {})
    return wire(cloud, place, plan_sites(cloud, place, 3, {}))


def test_wiring_written_and_read_is_the_same() -> None:
    """Every process of the lab sees what was wired."""
    wiring = city_wiring()

    assert Wiring.parse(wiring.text()) == wiring


def test_wiring_of_the_city_has_its_sites_and_lines() -> None:
    """Each site is a node that others reach by its seat and its API, each link a line by its name."""
    wiring = city_wiring()

    assert list(wiring.nodes) == ["east", "west", "far"]
    assert list(wiring.lines) == ["east-west-one", "east-far-two", "west-far-two"]
    assert len({prefix for node in wiring.nodes.values() for prefix in node.fixed}) == 2 * len(wiring.nodes)


def test_wiring_names_of_the_longest_topology_fit_the_kernel() -> None:
    """Devices have at most 15 characters, sockets at most 107, whatever the topology's names are."""
    cloud = read_city()
    names = dict(zip(cloud.sites, ("a" * LONGEST, "b" * LONGEST, "c" * LONGEST), strict=True))
    links = [
        link.model_copy(update={"between": tuple(names[end] for end in link.between), "carrier": "d" * LONGEST})
        for link in cloud.links
    ]
    long = cloud.model_copy(
        update={"cloud": "e" * LONGEST, "sites": {names[n]: s for n, s in cloud.sites.items()}, "links": tuple(links)}
    )
    place = find_place(long.name, {})
    wiring = wire(long, place, plan_sites(long, place, 511, {}))

    assert all(len(line.device) <= IFNAMSIZ for line in wiring.lines.values())
    assert all(len(str(wiring.socket(name))) <= 107 for name in wiring.lines)
    assert len({line.device for line in wiring.lines.values()}) == len(wiring.lines)
    assert all(len(Path(wiring.lock(name)).name) <= 255 for name in wiring.lines)
