"""Finding hosts in the folders of a lab."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from failures import WrongUsage
from lab.hosts.machine import Machine
from lab.hosts.roster import find, look, machines
from tests.lab.hosts.test_spec import SPEC

EAST = "0a0b0c0d-1111-2222-3333-000000000001"
WEST = "0a0b0c0d-1111-2222-3333-000000000002"
TWIN = "0a0b0c0d-1111-2222-3333-000000000003"


class Room(NamedTuple):
    """A site, as far as the roster needs it."""

    name: str
    namespace: str
    folder: Path


@pytest.fixture
def sites(tmp_path: Path) -> list[Room]:
    """Two sites: db-1 is in the east only, web in both; a folder without a spec is being made."""
    rooms = [Room(name, f"gc.nowhere.{name}", tmp_path / name) for name in ("east", "west")]
    for room, uuid, name in ((0, EAST, "db-1"), (0, TWIN, "web"), (1, WEST, "web")):
        machine = Machine(rooms[room].namespace, rooms[room].folder / "hosts" / uuid)
        machine.save(replace(SPEC, uuid=uuid, name=name))
    (rooms[0].folder / "hosts" / "unfinished").mkdir()
    return rooms


def test_find_by_name_by_site_and_by_identity(sites: list[Room]) -> None:
    """A host answers to its name, to site/name, and to its server's id."""
    assert find(sites, "db-1").uuid == EAST
    assert find(sites, "west/web").uuid == WEST
    assert find(sites, TWIN).uuid == TWIN


def test_find_of_an_unknown_name_lists_what_there_is(sites: list[Room]) -> None:
    """Who mistypes sees the names."""
    with pytest.raises(WrongUsage) as refused:
        find(sites, "db-2")

    assert "east/db-1, east/web, west/web" in refused.value.fix.en


def test_find_of_a_name_at_two_sites_asks_which(sites: list[Room]) -> None:
    """Nothing is done to one of two."""
    with pytest.raises(WrongUsage, match="several sites") as refused:
        find(sites, "web")

    assert "east/web, west/web" in refused.value.fix.en


def test_look_lists_hosts_by_name_and_leaves_out_the_unfinished(sites: list[Room]) -> None:
    """What was never specified is no host yet."""
    rows = look("east", machines(sites[0].namespace, sites[0].folder))

    assert [(row.name, row.running, row.address) for row in rows] == [
        ("db-1", False, "10.64.0.70"),
        ("web", False, "10.64.0.70"),
    ]
