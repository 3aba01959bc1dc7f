"""The records of what was last built."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stacks.rollout.records import Record, Records, Result

RECORD = Record("c.east.a", "east", "department", "d1", "p1", "embedded", Result.DONE, "2026-01-01T00:00:00+00:00")


def test_finish_then_read_gives_the_record_back(tmp_path: Path) -> None:
    """What was written is read."""
    Records(tmp_path).finish(RECORD)
    assert Records(tmp_path).read() == {"c.east.a": RECORD}


def test_begin_makes_the_record_unfinished(tmp_path: Path) -> None:
    """A stack that was touched and not finished must not look unchanged."""
    records = Records(tmp_path)
    records.finish(RECORD)
    records.begin(replace(RECORD, digest="d2"))
    assert records.read()["c.east.a"].result is Result.ACTING


@pytest.mark.parametrize("text", ["", "{", '{"stack": "c.east.a"}', "[]", '{"result": "fine"}'])
def test_read_of_a_damaged_record_leaves_it_out(tmp_path: Path, text: str) -> None:
    """A record that cannot be read makes its stack be looked at, not skipped."""
    records = Records(tmp_path)
    records.finish(RECORD)
    records.finish(replace(RECORD, stack="c.east.b"))
    (tmp_path / "c.east.a.json").write_text(text)
    assert list(records.read()) == ["c.east.b"]


def test_read_of_a_missing_folder_is_empty(tmp_path: Path) -> None:
    """A cloud never deployed has no records."""
    assert Records(tmp_path / "none").read() == {}


def test_forget_removes_the_record(tmp_path: Path) -> None:
    """A destroyed stack leaves nothing."""
    records = Records(tmp_path)
    records.finish(RECORD)
    records.forget("c.east.a")
    assert list(tmp_path.iterdir()) == []
