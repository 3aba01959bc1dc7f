"""What a restored backup is compared with, and how differences are told."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

import restore_check
from restore_check import Failed, Scratch, differences, marking, read_sums, run, settings_of, sum_of

SUMS: restore_check.Sums = {"public.a": [3, "x"], "public.b": [0, "y"]}
CONTROL = """\
pg_control version number:            1300
max_connections setting:              200
max_worker_processes setting:         8
max_wal_senders setting:              10
max_prepared_xacts setting:           0
max_locks_per_xact setting:           64
track_commit_timestamp setting:       off
"""


def test_differences_of_equal_sums_are_none() -> None:
    """The same rows are the same rows."""
    assert differences(SUMS, dict(SUMS)) == []


@pytest.mark.parametrize(
    ("found", "line"),
    [
        ({"public.a": [3, "x"]}, "public.b is missing"),
        (SUMS | {"public.c": [1, "z"]}, "public.c is new"),
        (SUMS | {"public.a": [2, "w"]}, "public.a had 3 rows, has 2"),
        (SUMS | {"public.a": [3, "w"]}, "public.a has 3 rows, but not the same ones"),
    ],
)
def test_differences_of_one_table_are_told(found: restore_check.Sums, line: str) -> None:
    """A table that is missing, new, shorter or merely changed fails the test of a backup."""
    assert differences(SUMS, found) == [line]


def test_marking_script_gives_locks_back_before_it_sums() -> None:
    """Writers wait for the point alone, and the snapshot is taken before the locks are given back."""
    lines = marking(["public.a", "public.b"], "restore-check-1-1").splitlines()
    locked, made, freed = (
        next(n for n, line in enumerate(lines) if line.startswith(word))
        for word in ("LOCK TABLE public.a, public.b IN SHARE MODE", "SELECT pg_create_restore_point", "ROLLBACK TO")
    )

    assert lines[0] == "BEGIN ISOLATION LEVEL REPEATABLE READ;"
    assert locked < made < freed < "\n".join(lines[:]).count("\n")
    assert all("md5" not in line for line in lines[: freed + 1])
    assert lines[-1] == "COMMIT;"


def test_sum_of_a_quoted_table_keeps_its_name_whole() -> None:
    """A name with quotes and spaces is read as one name, and told as one."""
    assert sum_of('public."odd name"').count('"odd name"') == 2


def test_sums_printed_by_psql_are_read_past_other_lines() -> None:
    """What the script prints besides is not taken for a table."""
    assert read_sums('f\n["public.a", 3, "x"]\n\n["public.b", 0, "y"]\n') == SUMS


def test_settings_of_control_data_are_those_a_standby_needs() -> None:
    """A standby with fewer connections than its primary refuses to start."""
    assert settings_of(CONTROL) == {
        "max_connections": "200",
        "max_worker_processes": "8",
        "max_wal_senders": "10",
        "max_prepared_transactions": "0",
        "max_locks_per_transaction": "64",
    }


def test_run_of_a_failing_program_tells_its_complaint() -> None:
    """The operator reads what the program said."""
    with pytest.raises(Failed, match="no such thing"):
        run(["sh", "-c", "echo no such thing >&2; exit 3"])


def test_run_of_an_endless_program_ends() -> None:
    """Nothing waits for ever."""
    with pytest.raises(Failed, match="did not end"):
        run(["sleep", "60"], seconds=0.05)


def answer_info(monkeypatch: pytest.MonkeyPatch, backups: list[dict[str, object]]) -> None:
    def say(words: list[str | Path], text: str = "", seconds: float = 3600) -> str:
        return json.dumps([{"name": "db", "backup": backups}])

    monkeypatch.setattr(restore_check, "run", say)


def test_room_without_a_backup_names_the_unit_that_makes_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A cluster without a backup is an error with a next step, not a success."""
    answer_info(monkeypatch, [])

    with pytest.raises(Failed, match="govcloud-backup-full@db"):
        Scratch(tmp_path / "db", "db", tmp_path).room()


def test_room_too_small_refuses_before_anything_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The disk of the repository is not filled by a test."""
    answer_info(monkeypatch, [{"label": "1F", "info": {"size": 1 << 60}}])

    with pytest.raises(Failed, match="MB free"):
        Scratch(tmp_path / "db", "db", tmp_path).room()
    assert not (tmp_path / "db").exists()


def test_clear_after_a_killed_run_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a killed test left is stopped and removed by the next."""
    stopped: list[object] = []
    (tmp_path / "db/data").mkdir(parents=True)
    (tmp_path / "db/data/postmaster.pid").write_text("1")
    monkeypatch.setattr(subprocess, "run", lambda words, **_: stopped.append(words[-1]))

    Scratch(tmp_path / "db", "db", tmp_path).clear()

    assert stopped == ["stop"]
    assert not (tmp_path / "db").exists()
