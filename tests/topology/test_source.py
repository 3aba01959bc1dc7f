"""Which files belong to a topology, and what cannot be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from failures import InputInvalid
from topology import source
from topology.source import digest, printable, sources


def refusal(path: Path) -> str:
    with pytest.raises(InputInvalid) as caught:
        sources(path)
    assert caught.value.where
    assert caught.value.fix.zh
    return caught.value.what.en


def test_sources_of_missing_path_name_it(tmp_path: Path) -> None:
    """A path that is not there is named, with the system's reason."""
    assert refusal(tmp_path / "none.yaml") == "cannot be read: No such file or directory"


def test_sources_of_folder_without_yaml_are_refused(tmp_path: Path) -> None:
    """A folder holding something else is no topology."""
    (tmp_path / "notes.txt").write_text("cloud: x")

    assert "no *.yaml file" in refusal(tmp_path)


def test_sources_of_symlink_loop_are_refused(tmp_path: Path) -> None:
    """A link to itself ends in an error, not in a hang."""
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")

    assert "symbolic links" in refusal(tmp_path / "loop.yaml")


def test_sources_of_folder_that_holds_itself_end(tmp_path: Path) -> None:
    """A folder link to its parent is not followed."""
    (tmp_path / "a.yaml").write_text("cloud: a")
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)

    assert [s.path.name for s in sources(tmp_path)] == ["a.yaml"]


def test_sources_of_pipe_are_refused(tmp_path: Path) -> None:
    """A named pipe would block; it is refused at once, also inside a folder."""
    os.mkfifo(tmp_path / "pipe.yaml")

    assert "neither a file nor a folder" in refusal(tmp_path / "pipe.yaml")
    assert "not an ordinary file" in refusal(tmp_path)


def test_sources_of_large_file_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file over the limit is refused after reading one byte more than the limit."""
    monkeypatch.setattr(source, "MAX_FILE_BYTES", 1024 * 1024)
    (tmp_path / "big.yaml").write_bytes(b"#" * (1024 * 1024 + 1))

    assert "larger than 1 MiB" in refusal(tmp_path / "big.yaml")


def test_sources_of_many_large_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit on all files holds although each one is small enough."""
    monkeypatch.setattr(source, "MAX_TOTAL_BYTES", 1024 * 1024)
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_bytes(b"#" * (600 * 1024))

    assert "larger than 1 MiB" in refusal(tmp_path)


def test_sources_of_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with more files than a topology can have is refused before they are read."""
    monkeypatch.setattr(source, "MAX_FILES", 2)
    for name in "abc":
        (tmp_path / f"{name}.yaml").write_text("cloud: x")

    assert "more than 2 files" in refusal(tmp_path)


def test_sources_of_folder_skip_what_is_no_topology(tmp_path: Path) -> None:
    """Ledgers, credentials, image recipes and hidden files stay out; the rest comes sorted."""
    kept = ["cloud.yaml", "departments/b.yaml", "departments/deep/a.yml"]
    skipped = ["addresses.yaml", "x.addresses.yaml", "clouds.yaml", "secure.yaml", ".hidden.yaml", ".git/x.yaml"]
    for name in (*kept, *skipped, "images/debian-12.yaml", "readme.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("a: 1")

    assert [str(s.path.relative_to(tmp_path)) for s in sources(tmp_path)] == kept


def test_digest_changes_with_content_and_name_and_not_with_place(tmp_path: Path) -> None:
    """Two copies of a topology have one digest; another byte or name gives another."""
    for folder, name, text in (("a", "x", "1"), ("b", "x", "1"), ("c", "x", "2"), ("d", "y", "1")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.yaml").write_text(text)

    a, b, c, d = (digest(sources(tmp_path / f), tmp_path / f) for f in "abcd")

    assert a == b
    assert len({a, c, d}) == 3


def test_printable_of_hostile_name_is_plain_text() -> None:
    """A file name that is no UTF-8, or drives a terminal, is shown escaped."""
    name = os.fsdecode(b"\xff\x1b[31m.yaml")

    assert printable(Path(name)).isprintable()
    assert printable(Path("泉州.yaml")) == "泉州.yaml"
