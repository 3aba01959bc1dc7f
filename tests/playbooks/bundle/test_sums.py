"""The list of checksums is the one of sha256sum, and damage is found."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from playbooks.bundle import sums


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "debs").mkdir()
    (tmp_path / "debs" / "a_1.deb").write_bytes(b"a")
    (tmp_path / "Release").write_bytes(b"r")
    sums.write(tmp_path)
    return tmp_path


def test_write_is_what_sha256sum_checks(folder: Path) -> None:
    """A person can check a bundle without govcloud."""
    subprocess.run(["sha256sum", "--check", "--quiet", sums.NAME], cwd=folder, check=True, timeout=10)


def test_damage_of_a_whole_folder_is_none(folder: Path) -> None:
    """What was written is found again."""
    assert sums.damage(sums.read(folder), sums.take(folder)) == []


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("debs/a_1.deb", b"b", ["debs/a_1.deb"]),
        ("debs/b_1.deb", b"b", ["debs/b_1.deb"]),
        ("debs/a_1.deb", None, ["debs/a_1.deb"]),
    ],
    ids=["changed", "added", "missing"],
)
def test_damage_names_the_file(folder: Path, name: str, content: bytes | None, found: list[str]) -> None:
    """Changed, added and missing files are all damage."""
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    assert sums.damage(sums.read(folder), sums.take(folder)) == found


def test_read_without_list_is_empty(tmp_path: Path) -> None:
    """A folder without a list has nothing to compare with."""
    assert sums.read(tmp_path) == {}
