#!/usr/bin/python3
"""Tells the metrics exporter when each cluster was last backed up and its log last archived, in seconds since 1970."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

KINDS = {"full": "full", "diff": "incremental", "incr": "incremental"}
HELP = """\
# HELP govcloud_backup_timestamp_seconds When the last good backup of a kind ended.
# TYPE govcloud_backup_timestamp_seconds gauge
# HELP govcloud_archive_timestamp_seconds When the newest piece of the log was archived.
# TYPE govcloud_archive_timestamp_seconds gauge
"""


def backups(stanza: dict) -> Iterator[str]:
    ends = {}
    for backup in stanza["backup"]:
        if not backup["error"]:
            ends[KINDS[backup["type"]]] = backup["timestamp"]["stop"]
    for kind, end in ends.items():
        yield f'govcloud_backup_timestamp_seconds{{stanza="{stanza["name"]}",kind="{kind}"}} {end}'


def archived(home: Path, stanza: dict) -> Iterator[str]:
    """Look at the newest folder of each timeline alone: an archive has thousands."""
    newest = 0.0
    for database in stanza["archive"]:
        folders = [f for f in (home / "archive" / stanza["name"] / database["id"]).iterdir() if f.is_dir()]
        latest = {folder.name[:8]: folder for folder in sorted(folders)}
        newest = max([newest, *(file.stat().st_mtime for folder in latest.values() for file in folder.iterdir())])
    if newest:
        yield f'govcloud_archive_timestamp_seconds{{stanza="{stanza["name"]}"}} {newest:.0f}'


def main() -> None:
    home, target = Path(sys.argv[1]), Path(sys.argv[2]) / "govcloud_backup.prom"
    asked = subprocess.run(["pgbackrest", "info", "--output=json"], capture_output=True, check=True, timeout=50)
    lines = [line for stanza in json.loads(asked.stdout) for line in (*backups(stanza), *archived(home, stanza))]
    fresh = target.with_suffix(".new")
    fresh.write_text(HELP + "".join(f"{line}\n" for line in lines))
    fresh.chmod(0o644)
    fresh.rename(target)


if __name__ == "__main__":
    main()
