"""Keys in clear lie in memory, and only their owner can read them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from failures import GateRefused
from inventories.runtime import file_system, runtime_folder, write_private

SHM = Path("/dev/shm")


@pytest.fixture
def memory() -> Path:
    """Return a folder in memory of this test's own."""
    if file_system(SHM) != "tmpfs":
        pytest.skip("no tmpfs at /dev/shm")
    folder = SHM / f"govcloud-test-{os.getpid()}"
    folder.mkdir()
    return folder


def test_runtime_folder_is_private_and_in_memory(memory: Path) -> None:
    """Mode 0700, below the first place that is in memory."""
    try:
        folder = runtime_folder("city", {"XDG_RUNTIME_DIR": str(memory)})

        assert folder == memory / f"govcloud-{os.getuid()}" / "city"
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder.parent.stat().st_mode & 0o777 == 0o700
    finally:
        for path in (folder, folder.parent, memory):
            path.rmdir()


def test_runtime_folder_on_a_disk_is_refused(tmp_path: Path) -> None:
    """A place that is not in memory is never used."""
    if file_system(tmp_path) in {"tmpfs", "ramfs"}:
        pytest.skip("the tests' own folder is in memory")

    with pytest.raises(GateRefused, match="no folder in memory"):
        runtime_folder("city", {}, (tmp_path,))
    assert list(tmp_path.iterdir()) == []


def test_runtime_folder_that_others_can_read_is_refused(memory: Path) -> None:
    """Somebody who made the folder first does not get to read our keys."""
    ours = memory / f"govcloud-{os.getuid()}"
    ours.mkdir(mode=0o755)
    ours.chmod(0o755)
    try:
        with pytest.raises(GateRefused, match="others can read"):
            runtime_folder("city", {}, (memory,))
    finally:
        ours.rmdir()
        memory.rmdir()


def test_write_private_keeps_others_out_from_the_first_byte(tmp_path: Path) -> None:
    """Mode 0600, whatever the umask says."""
    before = os.umask(0)
    try:
        write_private(tmp_path / "key", "text")
    finally:
        os.umask(before)

    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
