"""A repository starts a new bundle from what it has, and trusts only what it has read."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from gather import gather

FILES = {"debs/a_1.deb": b"a", "debs/b_1.deb": b"b", "Release": b"r"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a host's folder with an older bundle, which is served and lacks one file of the new one."""
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in FILES.items())
    (tmp_path / "bundle-new.sums").write_text(sums, encoding="utf-8")
    old = tmp_path / "bundle-old"
    (old / "debs").mkdir(parents=True)
    for name in ("debs/a_1.deb", "Release"):
        (old / name).write_bytes(FILES[name])
    (tmp_path / "bundle").symlink_to("bundle-old")
    return tmp_path


def test_gather_links_what_is_there_and_names_the_rest(home: Path) -> None:
    """Only what is missing has to be copied."""
    assert gather(home, "bundle-new") == ["debs/b_1.deb"]
    assert (home / "bundle-new" / "debs" / "a_1.deb").samefile(home / "bundle-old" / "debs" / "a_1.deb")


def test_gather_after_half_a_copy_names_the_broken_file(home: Path) -> None:
    """A file cut short is removed and asked for again; a stray one goes."""
    gather(home, "bundle-new")
    (home / "bundle-new" / "debs" / "b_1.deb").write_bytes(b"")
    (home / "bundle-new" / "stray").write_bytes(b"")
    assert gather(home, "bundle-new") == ["debs/b_1.deb"]
    assert not (home / "bundle-new" / "stray").exists()


def test_gather_takes_no_spoilt_file_of_an_old_bundle(home: Path) -> None:
    """The name alone proves nothing."""
    (home / "bundle-old" / "debs" / "a_1.deb").write_bytes(b"x")
    assert gather(home, "bundle-new") == ["debs/a_1.deb", "debs/b_1.deb"]


def test_gather_of_a_whole_bundle_misses_nothing(home: Path) -> None:
    """The second run copies nothing."""
    gather(home, "bundle-new")
    (home / "bundle-new" / "debs" / "b_1.deb").write_bytes(b"b")
    assert gather(home, "bundle-new") == []


def test_gather_keeps_what_is_served_and_clears_the_rest(home: Path) -> None:
    """A bundle from before the last goes; the served one stays until the switch."""
    (home / "bundle-older").mkdir()
    (home / "bundle-older.sums").touch()
    gather(home, "bundle-new")
    assert {p.name for p in home.iterdir()} == {"bundle", "bundle-old", "bundle-new", "bundle-new.sums"}
