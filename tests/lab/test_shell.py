"""The way into a host or a site."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from failures import OutsideFailed, WrongUsage
from lab.hosts.machine import Machine
from lab.place import Place, find_place
from lab.shell import way_in
from tests.lab.conftest import read_city
from tests.lab.hosts.test_spec import SPEC


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A lab that has been raised and is not up any more; db-1 is a host of its east site."""
    place = replace(find_place("nowhere", {}), root=tmp_path)
    (tmp_path / "addresses.json").write_text(json.dumps({"slot": 0, "sites": {}}))
    Machine("gc.nowhere.east", place.sites / "east/hosts" / SPEC.uuid).save(SPEC)
    return place


@pytest.mark.parametrize("name", ["db-1", "east/db-1", "east"])
def test_way_in_to_what_is_off_says_how_to_start_it(place: Place, name: str) -> None:
    """A host without a process and a site without a seat are not entered."""
    with pytest.raises(OutsideFailed, match="not up") as failed:
        way_in(read_city(), place, name, [])

    assert failed.value.fix.en


def test_way_in_to_an_unknown_name_lists_the_hosts(place: Place) -> None:
    """Who mistypes sees the names."""
    with pytest.raises(WrongUsage) as refused:
        way_in(read_city(), place, "db-2", [])

    assert "east/db-1" in refused.value.fix.en
