"""Tests of what is read from clouds.yaml for a department's own account."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from failures import InputInvalid
from lab import clouds
from stacks.access import GENERATION, SiteAccess, read_access, read_generations


def write_clouds(folder: Path, monkeypatch: pytest.MonkeyPatch, **entry: Any) -> None:
    path = folder / "clouds.yaml"
    path.write_text(yaml.safe_dump({"clouds": {"east": entry}}), encoding="utf-8")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(path))


def test_read_access_full_entry_is_read_without_its_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Address, region, certificate and interface are kept; the administrator's password is not."""
    write_clouds(
        tmp_path,
        monkeypatch,
        auth={"auth_url": "https://east.test/v3", "username": "admin", "password": "hidden"},
        region_name="r1",
        cacert="/etc/east.pem",
        interface="internal",
    )

    access = read_access("east")

    assert access == SiteAccess("https://east.test/v3", "r1", "/etc/east.pem", None, "internal")
    assert "hidden" not in repr(access)


def test_read_access_unverified_entry_is_insecure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry that turns certificate checks off is obeyed for departments too."""
    write_clouds(tmp_path, monkeypatch, auth={"auth_url": "https://east.test/v3"}, verify=False)

    assert read_access("east").insecure is True


def test_read_access_unknown_entry_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the entry and how to add it."""
    write_clouds(tmp_path, monkeypatch, auth={"auth_url": "https://east.test/v3"})

    with pytest.raises(InputInvalid, match=r"clouds\.yaml has no usable entry west"):
        read_access("west")


def test_read_generations_of_what_has_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cloud for good has none, nor has an entry that is not there."""
    write_clouds(tmp_path, monkeypatch, auth={"auth_url": "https://east.test/v3"}, **{GENERATION: "1f"})

    assert read_generations({"donghai": "east", "anxi": "west"}) == {"donghai": "1f", "anxi": ""}


def test_lab_and_stacks_mean_the_same_by_a_generation() -> None:
    """One writes it and the other reads it."""
    assert clouds.GENERATION == GENERATION
