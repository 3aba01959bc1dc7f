"""The inventory of a cloud opens with what was built of it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from failures import InputInvalid
from inventories.opening import Opened, open_inventory
from inventories.runtime import file_system
from stacks.rollout.home import home_of
from tests.inventories.recorded import QUANZHOU, quanzhou, record, server_of

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nfor tests\n-----END OPENSSH PRIVATE KEY-----"
PHRASE = {"PULUMI_CONFIG_PASSPHRASE": "for tests"}

pytestmark = pytest.mark.skipif(file_system(Path("/dev/shm")) != "tmpfs", reason="no tmpfs at /dev/shm")


@pytest.fixture
def memory() -> Iterator[str]:
    """Return a folder in memory of this test's own."""
    folder = tempfile.mkdtemp(dir="/dev/shm", prefix="govcloud-test-")
    yield folder
    shutil.rmtree(folder)


def opened(home: Path, memory: str, **environ: str) -> Opened:
    return open_inventory(QUANZHOU, {"GOVCLOUD_HOME": str(home), "XDG_RUNTIME_DIR": memory, **environ}, lambda _: None)


def test_open_inventory_of_an_unbuilt_cloud_writes_nothing(tmp_path: Path, memory: str) -> None:
    """Looking makes no key, no salt, no folder."""
    found = opened(tmp_path / "home", memory)

    assert len(found.inventory.variables) == 18
    assert found.built.servers == {}
    assert not (tmp_path / "home").exists()


@pytest.mark.slow
def test_open_inventory_lays_keys_in_memory_for_their_owner_only(tmp_path: Path, memory: str) -> None:
    """One file per department and site, mode 0600, nothing below the home."""
    hosts = quanzhou()
    record(home_of("quanzhou", {"GOVCLOUD_HOME": str(tmp_path)}), hosts, KEY)

    found = opened(tmp_path, memory, **PHRASE)

    door = found.doors["quorum-anxi-1"]
    assert door.key.read_text(encoding="utf-8") == KEY + "\n"
    assert door.key.stat().st_mode & 0o777 == 0o600
    assert file_system(door.key) == "tmpfs"
    assert door.server == server_of(hosts.by_name["quorum-anxi-1"])
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"for tests" in path.read_bytes()]


@pytest.mark.slow
def test_open_inventory_of_one_built_site_knows_the_servers_of_that_site(tmp_path: Path, memory: str) -> None:
    """The others are planned: they have variables, and no server."""
    record(home_of("quanzhou", {"GOVCLOUD_HOME": str(tmp_path)}), quanzhou(), KEY, only=("donghai",))

    found = opened(tmp_path, memory, **PHRASE)

    assert {found.register.by_name[host].site for host in found.built.servers} == {"donghai"}
    assert len(found.inventory.variables) == 18


@pytest.mark.slow
def test_open_inventory_with_the_wrong_passphrase_is_refused(tmp_path: Path, memory: str) -> None:
    """No key comes out, and the message says why."""
    record(home_of("quanzhou", {"GOVCLOUD_HOME": str(tmp_path)}), quanzhou(), KEY, only=("donghai",))

    with pytest.raises(InputInvalid, match="passphrase does not open"):
        opened(tmp_path, memory, PULUMI_CONFIG_PASSPHRASE="another")


def test_open_inventory_below_a_path_with_blanks_is_refused(tmp_path: Path, memory: str) -> None:
    """Ssh would read such a path as two."""
    with pytest.raises(InputInvalid, match="ssh cannot be told of this path"):
        opened(tmp_path / "my home", memory)
