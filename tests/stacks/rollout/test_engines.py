"""Which engine a stack gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from failures import GateRefused, OutsideFailed
from stacks.rollout.engines import engine_name, refuse_other, require_pulumi
from stacks.rollout.records import Record, Result

PULUMI = Record("c.east.a", "east", "department", "d", "p", "pulumi", Result.DONE, "now")


@pytest.mark.parametrize(
    ("record", "asked", "expected"),
    [
        (None, "auto", "embedded"),
        (PULUMI, "auto", "pulumi"),
        (PULUMI, "embedded", "embedded"),
        (None, "pulumi", "pulumi"),
    ],
)
def test_engine_is_the_one_asked_for_else_the_first_else_ours(record: Record | None, asked: str, expected: str) -> None:
    """A CLI that happens to be on PATH changes nothing."""
    assert engine_name(record, asked) == expected


def test_engine_other_than_the_first_is_refused_with_the_way_to_move() -> None:
    """Another engine would build everything a second time."""
    with pytest.raises(GateRefused) as refused:
        refuse_other(PULUMI, "embedded")
    assert "govcloud state import c.east.a c.east.a.json --engine embedded" in refused.value.say("en")
    refuse_other(PULUMI, "pulumi")
    refuse_other(None, "embedded")


def test_pulumi_engine_without_the_cli_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One clear message, exit code 5."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OutsideFailed, match="not on PATH") as failed:
        require_pulumi()
    assert failed.value.exit_code == 5
