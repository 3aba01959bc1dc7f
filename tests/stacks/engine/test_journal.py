"""Tests of stacks.engine.journal."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from failures import InputInvalid, OutsideFailed
from stacks.engine.journal import Journal, read


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "s.journal"


def _filled(path: Path, count: int = 3) -> None:
    book = Journal(path, 0)
    for number in range(count):
        book.append({"n": number})
    book.close()


def test_read_what_was_appended_comes_back_in_order(path: Path) -> None:
    """Records come back as written; the file is for its owner only."""
    _filled(path)

    records, good = read(path)

    assert [record["n"] for record in records] == [0, 1, 2]
    assert good == path.stat().st_size
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("cut", range(1, 20))
def test_read_torn_last_line_is_left_out_and_written_over(path: Path, cut: int) -> None:
    """A last line that lacks its end is not a record, and the next record does not stick to it."""
    _filled(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - min(cut, len(whole) // 3)])

    records, good = read(path)
    book = Journal(path, good)
    book.append({"n": "next"})
    book.close()

    assert [record["n"] for record in records] == [0, 1]
    assert [record["n"] for record in read(path)[0]] == [0, 1, "next"]


@pytest.mark.parametrize("line", [1, 2, 3])
def test_read_damaged_line_is_named_with_a_way_out(path: Path, line: int) -> None:
    """A whole line with one wrong byte is damage: file and line are named, the file stays as it is."""
    _filled(path)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[line - 1] = lines[line - 1].replace(b'"n"', b'"m"')
    path.write_bytes(b"".join(lines))

    with pytest.raises(InputInvalid) as caught:
        read(path)

    assert f"s.journal:{line}" in caught.value.say("en")
    assert f"head -n {line - 1}" in caught.value.say("en")
    assert path.read_bytes() == b"".join(lines)


def test_append_full_disk_leaves_no_half_line(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that found no room is refused clearly and leaves the journal readable; later ones go on."""
    _filled(path, 1)
    book = Journal(path, read(path)[1])
    real = os.write

    def half(fd: int, data: bytes) -> int:
        return real(fd, data[: len(data) // 2])

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", half)
        with pytest.raises(OutsideFailed) as caught:
            book.append({"n": "lost"})
    book.append({"n": "later"})
    book.close()

    assert "disk is full" in caught.value.say("en")
    assert [record["n"] for record in read(path)[0]] == [0, "later"]


def test_append_failed_sync_is_never_trusted_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failed fsync every further record is refused: the kernel may have dropped what was written."""

    def broken(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    book = Journal(path, 0)
    book.append({"n": 0})
    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", broken)
        with pytest.raises(OutsideFailed):
            book.append({"n": 1})

    with pytest.raises(OutsideFailed):
        book.append({"n": 2})
    book.close()


def test_append_many_threads_share_syncs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Concurrent records are all durable with fewer waits for the disk than records."""
    syncs: list[int] = []
    real: Callable[[int], None] = os.fdatasync

    def counted(fd: int) -> None:
        syncs.append(fd)
        real(fd)

    monkeypatch.setattr(os, "fdatasync", counted)
    book = Journal(path, 0)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: book.append({"n": number}), range(400)))
    book.close()

    assert sorted(record["n"] for record in read(path)[0]) == list(range(400))
    assert len(syncs) < 400
