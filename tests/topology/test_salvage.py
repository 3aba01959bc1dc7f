"""What is left of a cloud without its wrong parts."""

from __future__ import annotations

import copy

import yaml

from tests.topology.town import TOWN
from topology.salvage import salvage


def test_salvage_drops_only_the_wrong_entries() -> None:
    """A wrong application costs its department nothing else; the data given stays as it was."""
    data = yaml.safe_load(TOWN)
    data["departments"]["health"]["applications"]["portal"]["count"] = "two"
    data["links"].append(5)
    before = copy.deepcopy(data)

    cloud = salvage(data, [("departments", "health", "applications", "portal", "count"), ("links", 1)])

    assert cloud is not None
    assert list(cloud.departments) == ["health", "schools"]
    assert cloud.departments["health"].applications == {}
    assert len(cloud.links) == 1
    assert data == before


def test_salvage_of_several_items_of_a_list_keeps_the_right_ones() -> None:
    """Positions stay true although earlier items are dropped: ten come after two."""
    data = yaml.safe_load(TOWN)
    good = data["links"][0]
    data["links"] = [dict(good, carrier=f"c{i}") if i not in {2, 10} else i for i in range(12)]

    cloud = salvage(data, [("links", 2), ("links", 10)])

    assert cloud is not None
    assert [link.carrier for link in cloud.links] == [f"c{i}" for i in range(12) if i not in {2, 10}]


def test_salvage_of_hopeless_data_is_none() -> None:
    """Without a name or sites there is no cloud."""
    assert salvage({"sites": 5}, [("sites",), ("cloud",)]) is None
