"""Backups leave the city."""

from __future__ import annotations

import pytest

from failures import InputInvalid
from inventories.derive import derive
from tests.inventories import clouds


def test_backup_of_each_cluster_goes_to_another_city() -> None:
    """The city backs up to the DR site, the DR cluster to the city."""
    found = derive(clouds.hosts()).variables

    assert found["citizen-db-east-1"]["backup_repository"]["name"] == "files-far-1"
    assert found["citizen-db-far-1"]["backup_repository"]["name"] == "files-east-1"
    assert [stanza["name"] for stanza in found["files-far-1"]["backup_stanzas"]] == ["citizen-db"]
    assert found["files-west-1"]["backup_server"] is False


def test_backup_with_a_store_in_the_same_city_only_is_refused() -> None:
    """A fire must not take both."""
    with pytest.raises(InputInvalid, match="files has no server outside quanzhou"):
        derive(clouds.hosts(files=clouds.service("object-store", 1, 1, 0)))


def test_backup_without_any_store_is_left_out() -> None:
    """A cloud without an object store has no backups, and says nothing of them."""
    found = derive(clouds.hosts(files=None))

    assert "runs_backup" not in found.groups
