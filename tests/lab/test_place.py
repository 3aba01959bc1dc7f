"""Where a lab lives."""

from __future__ import annotations

from pathlib import Path

from lab.place import find_place


def test_find_place_bare_environment_uses_system_folders() -> None:
    """Without any variable the lab lives in the system's folders."""
    place = find_place("city", {"HOME": "/home/u"})

    assert place.root == Path("/var/lib/govcloud/lab/city")
    assert place.cache == Path("/var/cache/govcloud")
    assert place.clouds_yaml == Path("/home/u/.config/openstack/clouds.yaml")


def test_find_place_variables_move_everything() -> None:
    """Root, cache and clouds.yaml follow their variables."""
    environ = {"GOVCLOUD_LAB_ROOT": "/a", "GOVCLOUD_CACHE": "/b", "OS_CLIENT_CONFIG_FILE": "/c/clouds.yaml"}
    place = find_place("city", environ)

    assert (place.root, place.cache, place.clouds_yaml) == (Path("/a/city"), Path("/b"), Path("/c/clouds.yaml"))


def test_mark_of_one_lab_never_begins_with_anothers() -> None:
    """Taking down `a` must not touch `a-b`."""
    assert not find_place("a-b", {}).mark.startswith(find_place("a", {}).mark)
