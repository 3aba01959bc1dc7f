"""What the metrics exporter is told of the backups."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from backup_report import archived, backups


def kept(label: str, kind: str, stop: int, *, error: bool = False) -> dict[str, Any]:
    return {"label": label, "type": kind, "timestamp": {"start": stop - 1, "stop": stop}, "error": error}


def test_backups_of_both_kinds_tell_the_latest_of_each() -> None:
    """The age that counts is that of the newest backup of a kind."""
    stanza = {"name": "db", "backup": [kept("1F", "full", 100), kept("1F_2I", "incr", 200), kept("3F", "full", 300)]}

    assert list(backups(stanza)) == [
        'govcloud_backup_timestamp_seconds{stanza="db",kind="full"} 300',
        'govcloud_backup_timestamp_seconds{stanza="db",kind="incremental"} 200',
    ]


def test_backups_with_errors_are_not_told() -> None:
    """A backup with a damaged page is not a good one."""
    stanza = {"name": "db", "backup": [kept("1F", "full", 100), kept("2F", "full", 200, error=True)]}

    assert list(backups(stanza)) == ['govcloud_backup_timestamp_seconds{stanza="db",kind="full"} 100']


def test_archived_log_tells_when_its_newest_piece_came(tmp_path: Path) -> None:
    """The newest piece counts, whatever its timeline and folder."""
    folder = tmp_path / "archive/db/15-1"
    for name, when in (("0000000100000000/a", 50), ("0000000100000001/b", 70), ("0000000200000000/c", 90)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
        os.utime(folder / name, (when, when))
    stanza = {"name": "db", "archive": [{"id": "15-1"}]}

    assert list(archived(tmp_path, stanza)) == ['govcloud_archive_timestamp_seconds{stanza="db"} 90']


def test_archived_log_of_nothing_tells_nothing(tmp_path: Path) -> None:
    """No archive is not an archive of 1970."""
    (tmp_path / "archive/db/15-1").mkdir(parents=True)

    assert list(archived(tmp_path, {"name": "db", "archive": [{"id": "15-1"}]})) == []
