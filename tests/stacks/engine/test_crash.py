"""Kills at every point of every kind of run, with a real SIGKILL; then the rerun is counted."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.stacks.engine.crash import SCENARIOS

pytestmark = pytest.mark.slow

_MEMORY = Path("/dev/shm")
_FEWEST_POINTS = 8


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as name:
        yield Path(name)


def _kills(scenario: str, folder: Path, *options: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "tests.stacks.engine.crash", scenario, str(folder), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def _wrong(row: dict[str, Any]) -> list[str]:
    found = []
    for way in ("on", "back"):
        rerun = row.get(way)
        if rerun and (rerun["failed"] or rerun["faults"] or rerun["census"] != row["wanted"][way]):
            found.append(f"killed at point {row['n']}, then {way}: {rerun['failed']} {rerun['faults']}")
    return found


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_kill_at_every_point_the_rerun_has_each_object_once(scenario: str, folder: Path) -> None:
    """Going on or going back after a kill ends with exactly the declared objects, all of them held, none pending."""
    rows = _kills(scenario, folder)

    assert [row["signal"] for row in rows[:-1]] == [signal.SIGKILL] * (len(rows) - 1)
    assert len(rows) > _FEWEST_POINTS
    assert not [fault for row in rows for fault in _wrong(row)]


def test_kill_without_recovery_is_noticed(folder: Path) -> None:
    """The control: an engine that does not look for what it began doubles or loses objects, and the count sees it."""
    rows = _kills("create", folder, "--blind")

    assert [fault for row in rows for fault in _wrong(row)]
