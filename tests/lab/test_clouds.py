"""Merging labs into clouds.yaml without harming anything."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from failures import GateRefused, InputInvalid
from lab import clouds
from lab.place import Place
from lab.site import plan_sites
from tests.lab.conftest import read_city

ENTRY: dict[str, Any] = {"auth": {"auth_url": "http://198.18.0.2:5000/v3", "password": "p"}}


def place(tmp_path: Path, cloud: str = "city") -> Place:
    """Return a place below a temporary folder."""
    root = tmp_path / "labs" / cloud
    root.mkdir(parents=True, exist_ok=True)
    return Place(cloud, root, tmp_path / "cache", tmp_path / "run" / cloud, tmp_path / "config" / "clouds.yaml")


def test_entry_tells_one_raising_of_a_lab_from_the_next(tmp_path: Path) -> None:
    """The same lab is told the same way each time it is raised further."""
    site = plan_sites(read_city(), place(tmp_path), 0, {})[0]
    first, again, next_one = (clouds.entry(site, password)[clouds.GENERATION] for password in ("aa", "aa", "bb"))

    assert first == again != next_one
    assert len(first) == 16


def test_publish_fresh_writes_a_private_marked_file(tmp_path: Path) -> None:
    """The file says who wrote it and only root reads it."""
    path = clouds.publish(place(tmp_path), {"east": ENTRY})

    assert path.read_text().splitlines()[0] == clouds.MARKER
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert yaml.safe_load(path.read_text())["clouds"] == {"east": ENTRY}


def test_publish_again_leaves_the_file_alone(tmp_path: Path) -> None:
    """The same entries are not written twice."""
    path = clouds.publish(place(tmp_path), {"east": ENTRY})
    before = path.stat()
    clouds.publish(place(tmp_path), {"east": ENTRY})

    assert (before.st_ino, before.st_mtime_ns) == (path.stat().st_ino, path.stat().st_mtime_ns)


def test_publish_second_lab_keeps_the_first(tmp_path: Path) -> None:
    """Labs share the file."""
    clouds.publish(place(tmp_path, "a"), {"east": ENTRY})
    path = clouds.publish(place(tmp_path, "b"), {"west": ENTRY})

    assert set(yaml.safe_load(path.read_text())["clouds"]) == {"east", "west"}


def test_publish_renamed_entry_removes_the_old(tmp_path: Path) -> None:
    """What the topology no longer names disappears."""
    clouds.publish(place(tmp_path), {"old": ENTRY})
    path = clouds.publish(place(tmp_path), {"new": ENTRY})

    assert set(yaml.safe_load(path.read_text())["clouds"]) == {"new"}


def test_publish_name_of_another_lab_is_refused(tmp_path: Path) -> None:
    """Two labs with one entry name would send a deployment to the wrong one."""
    path = clouds.publish(place(tmp_path, "a"), {"east": ENTRY})
    before = path.read_text()

    with pytest.raises(GateRefused, match="the lab a already has the entry east"):
        clouds.publish(place(tmp_path, "b"), {"east": ENTRY})
    assert path.read_text() == before


@pytest.mark.parametrize(
    "text",
    ["clouds: {mine: {}}\n", "", "\n# Written by `govcloud lab up`", "\xff binary"],
    ids=["yaml", "empty", "marker-not-first", "garbage"],
)
def test_publish_file_of_the_user_is_left_alone(tmp_path: Path, text: str) -> None:
    """A file without our first line is the user's; ours goes beside the lab."""
    here = place(tmp_path)
    here.clouds_yaml.parent.mkdir()
    here.clouds_yaml.write_bytes(text.encode("latin-1"))
    path = clouds.publish(here, {"east": ENTRY})

    assert path == here.root / "clouds.yaml"
    assert here.clouds_yaml.read_bytes() == text.encode("latin-1")


@pytest.mark.parametrize(
    "body", ["clouds: [", "- a\n- b\n", "clouds: 7\n", "govcloud-labs: {city: {a: 1}, b: 3}\nclouds: x\n"]
)
def test_publish_damaged_own_file_is_named(tmp_path: Path, body: str) -> None:
    """A file of ours that someone broke is reported, not overwritten."""
    here = place(tmp_path)
    here.clouds_yaml.parent.mkdir()
    here.clouds_yaml.write_text(f"{clouds.MARKER}\n{body}")

    with pytest.raises(InputInvalid) as error:
        clouds.publish(here, {"east": ENTRY})
    assert error.value.where == str(here.clouds_yaml)
    assert body in here.clouds_yaml.read_text()


def test_withdraw_one_of_two_keeps_the_other(tmp_path: Path) -> None:
    """Taking one lab down leaves the other's entries."""
    clouds.publish(place(tmp_path, "a"), {"east": ENTRY})
    path = clouds.publish(place(tmp_path, "b"), {"west": ENTRY})
    clouds.withdraw(place(tmp_path, "a"))

    assert set(yaml.safe_load(path.read_text())["clouds"]) == {"west"}


def test_withdraw_last_removes_the_file(tmp_path: Path) -> None:
    """Nothing stays when no lab is left."""
    path = clouds.publish(place(tmp_path), {"east": ENTRY})
    clouds.withdraw(place(tmp_path))

    assert not path.exists()
    assert [each for each in (tmp_path / "run").rglob("*") if each.is_file()] == []


def test_withdraw_never_touches_the_users_file(tmp_path: Path) -> None:
    """Not even when it has an entry of the lab's name."""
    here = place(tmp_path)
    here.clouds_yaml.parent.mkdir()
    here.clouds_yaml.write_text("clouds: {east: {}}\n")
    clouds.withdraw(here)

    assert here.clouds_yaml.read_text() == "clouds: {east: {}}\n"
