#!/usr/bin/python3
"""Proves a backup: `mark` a point on the primary with sums of its tables, `restore` to it elsewhere, compare."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
# what a standby needs at least as much of as its primary had
KEPT = {
    "max_connections": "max_connections",
    "max_worker_processes": "max_worker_processes",
    "max_wal_senders": "max_wal_senders",
    "max_prepared_xacts": "max_prepared_transactions",
    "max_locks_per_xact": "max_locks_per_transaction",
}
# how a row is written must not depend on the settings of either server
ALIKE = "TimeZone=UTC DateStyle=ISO IntervalStyle=postgres extra_float_digits=1 bytea_output=hex lock_timeout=10s"
TABLES = """
SELECT json_agg(format('%I.%I', nspname, relname) ORDER BY nspname, relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind IN ('r', 'm') AND relpersistence = 'p' AND nspname !~ '^pg_' AND nspname <> 'information_schema'
"""
DATABASES = "SELECT json_agg(datname ORDER BY datname) FROM pg_database WHERE datallowconn AND NOT datistemplate"
WAIT = 120

Sums = dict[str, list[int | str]]


class Failed(Exception):
    """What went wrong, for the operator."""


def run(words: list[str | Path], text: str = "", seconds: float = 3600) -> str:
    """Return what a program printed. Raises: Failed, with what it complained about."""
    environment = os.environ | {"LC_ALL": "C", "PGOPTIONS": " ".join(f"-c {setting}" for setting in ALIKE.split())}
    try:
        done = subprocess.run(
            words, input=text, capture_output=True, text=True, timeout=seconds, env=environment, check=False
        )
    except subprocess.TimeoutExpired as late:
        raise Failed(f"{words[0]} did not end within {seconds:.0f} s") from late
    if done.returncode:
        raise Failed(f"{' '.join(map(str, words[:3]))}: {(done.stderr or done.stdout).strip()[-2000:]}")
    return done.stdout


SUM = """
SELECT json_build_array($name$TABLE$name$, coalesce(sum(rows), 0), md5(coalesce(string_agg(sum, '' ORDER BY head), '')))
FROM (
    SELECT left(sum, 2) AS head, count(*) AS rows, md5(string_agg(sum, '' ORDER BY sum)) AS sum
    FROM (SELECT md5(row::text) AS sum FROM TABLE AS row) AS sums
    GROUP BY 1
) AS heads;
"""


def sum_of(table: str) -> str:
    """Return the query of a table's line: its (quoted) name, how many rows, a sum over all of them in one order.

    Rows are summed by the first two digits of their own sums first: one string of all of them has a limit of 1 GB.
    """
    return SUM.replace("TABLE", table)


def marking(tables: list[str], point: str) -> str:
    """Return the script that makes `point` and sums the tables as they were at that very point.

    Writers are held only while the point is made: the savepoint gives the locks back, and the snapshot stays.
    """
    return "\n".join(
        [
            "BEGIN ISOLATION LEVEL REPEATABLE READ;",
            "SAVEPOINT held;",
            f"LOCK TABLE {', '.join(tables)} IN SHARE MODE;",
            f"SELECT pg_create_restore_point('{point}') IS NULL;",
            "ROLLBACK TO held;",
            *map(sum_of, tables),
            "COMMIT;",
        ]
    )


def read_sums(printed: str) -> Sums:
    lines = [json.loads(line) for line in printed.splitlines() if line.startswith("[")]
    return {name: [rows, total] for name, rows, total in lines}


def differences(wanted: Sums, found: Sums) -> list[str]:
    """Return one line for each table that is missing, new, or not the same."""
    told = []
    for table in sorted(wanted.keys() | found.keys()):
        was, now = wanted.get(table), found.get(table)
        if was is None or now is None:
            told.append(f"{table} is {'missing' if now is None else 'new'}")
        elif was[0] != now[0]:
            told.append(f"{table} had {was[0]} rows, has {now[0]}")
        elif was != now:
            told.append(f"{table} has {now[0]} rows, but not the same ones")
    return told


def settings_of(control: str) -> dict[str, str]:
    """Return the server settings that pg_controldata's text asks for."""
    rows = dict(line.split(":", 1) for line in control.splitlines() if ":" in line)
    return {name: rows[f"{label} setting"].strip() for label, name in KEPT.items()}


def mark() -> dict[str, object]:
    """Mark each database of this primary, wait until the log up to there is archived, return points and sums."""
    psql = ["psql", "--no-psqlrc", "-qAtX", "-v", "ON_ERROR_STOP=1"]
    if run([*psql, "-c", "SELECT pg_is_in_recovery()", "postgres"]).strip() == "t":
        return {"primary": False}
    begin, databases = time.time(), {}
    for number, database in enumerate(json.loads(run([*psql, "-c", DATABASES, "postgres"])), 1):
        tables = json.loads(run([*psql, "-c", TABLES, database]).strip() or "[]") or []
        if tables:
            point = f"restore-check-{begin:.0f}-{number}"
            databases[database] = {"point": point, "tables": read_sums(run([*psql, database], marking(tables, point)))}
    last = run([*psql, "-c", "SELECT pg_walfile_name(pg_switch_wal())", "postgres"]).strip()
    while run([*psql, "-c", "SELECT last_archived_wal FROM pg_stat_archiver", "postgres"]).strip() < last:
        if time.time() - begin > WAIT:
            raise Failed(f"the log up to {last} was not archived within {WAIT} s: see pg_stat_archiver and the journal")
        time.sleep(0.5)
    return {"primary": True, "databases": databases}


class Scratch:
    """A server in `folder` that replays a backup and takes no connection but from its own socket."""

    def __init__(self, folder: Path, stanza: str, home: Path) -> None:
        self.folder, self.stanza, self.home = folder, stanza, home
        self.data = folder / "data"

    def clear(self) -> None:
        if (self.data / "postmaster.pid").exists():
            stop = [PROGRAMS / "pg_ctl", "-D", self.data, "-m", "immediate", "stop"]
            subprocess.run(stop, capture_output=True, timeout=60, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def room(self) -> dict[str, object]:
        """Return the latest backup. Raises: Failed, if there is none or no room for it."""
        words = ["pgbackrest", f"--stanza={self.stanza}", "info", "--output=json"]
        backups = json.loads(run(words, seconds=60))[0]["backup"]
        if not backups:
            raise Failed(f"{self.stanza} has no backup yet: systemctl start govcloud-backup-full@{self.stanza}")
        need, free = backups[-1]["info"]["size"], shutil.disk_usage(self.folder.parent).free
        if free < need * 1.2 + 2**30:
            raise Failed(
                f"{self.folder.parent} has {free >> 20} MB free, the restored cluster needs {need >> 20} MB and some"
            )
        return {"backup": backups[-1]["label"], "bytes": need}

    def restore(self, point: str) -> None:
        for name in ("data", "socket", "tablespaces"):
            (self.folder / name).mkdir(parents=True, mode=0o700)
        settings = self.folder / "pgbackrest.conf"
        settings.write_text(
            f"[global]\nrepo1-path={self.home}\nlog-level-file=off\n[{self.stanza}]\npg1-path={self.data}\n"
        )
        words = [
            f"--config={settings}",
            f"--stanza={self.stanza}",
            f"--tablespace-map-all={self.folder / 'tablespaces'}",
        ]
        run(["pgbackrest", *words, "--type=name", f"--target={point}", "--target-action=pause", "restore"])

    def replay(self, point: str) -> None:
        """Start the server, or start it again, and wait until it has stopped at `point`."""
        (self.folder / "hba.conf").write_text("local all all peer\n")
        (self.folder / "server.conf").write_text("")
        kept = settings_of(run([PROGRAMS / "pg_controldata", self.data]))
        own = {
            "config_file": self.folder / "server.conf",
            "hba_file": self.folder / "hba.conf",
            "data_directory": self.data,
            "unix_socket_directories": self.folder / "socket",
            "listen_addresses": "",
            "hot_standby": "on",
            "archive_mode": "off",
            "primary_conninfo": "",
            "recovery_target_name": point,
            "shared_buffers": "64MB",
        }
        options = " ".join(f"-c {name}='{value}'" for name, value in (kept | own).items())
        log = self.folder / "log"
        running = (self.data / "postmaster.pid").exists()
        try:
            run(
                [
                    PROGRAMS / "pg_ctl",
                    "-D",
                    self.data,
                    "-l",
                    log,
                    "-t",
                    "600",
                    "-w",
                    "-o",
                    options,
                    "restart" if running else "start",
                ]
            )
            self.wait_for_pause()
        except Failed as failed:
            raise Failed(f"{failed}\n{log.read_text()[-1500:] if log.exists() else ''}") from failed

    def wait_for_pause(self) -> None:
        until = time.monotonic() + 600
        while self.ask("postgres", "SELECT pg_get_wal_replay_pause_state()").strip() != "paused":
            if time.monotonic() > until:
                raise Failed("the log was not replayed to the point within 600 s")
            time.sleep(0.2)

    def ask(self, database: str, text: str) -> str:
        words = ["psql", "--no-psqlrc", "-qAtX", "-v", "ON_ERROR_STOP=1", "-h", self.folder / "socket", database]
        return run(words, text)

    def sums(self, database: str) -> Sums:
        tables = json.loads(self.ask(database, TABLES).strip() or "[]") or []
        return read_sums(self.ask(database, "\n".join(map(sum_of, tables))))


def restore(stanza: str, home: Path, folder: Path, marked: dict[str, dict]) -> dict[str, object]:
    """Restore the latest backup to each marked point in turn and compare; nothing of it is left."""
    if not marked:
        raise Failed(f"{stanza} has no table to compare")
    scratch = Scratch(folder / stanza, stanza, home)
    report: dict[str, object] = {"stanza": stanza}
    told, rows, begin = [], 0, time.monotonic()
    scratch.clear()
    try:
        report |= scratch.room()
        scratch.restore(next(iter(marked.values()))["point"])
        report["restored_seconds"] = round(time.monotonic() - begin, 1)
        for database, wanted in marked.items():
            scratch.replay(wanted["point"])
            told += [f"{database}: {line}" for line in differences(wanted["tables"], scratch.sums(database))]
            rows += sum(int(table[0]) for table in wanted["tables"].values())
    finally:
        scratch.clear()
    tables = sum(len(wanted["tables"]) for wanted in marked.values())
    return report | {"tables": tables, "rows": rows, "differences": told, "seconds": round(time.monotonic() - begin, 1)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("mark")
    second = verbs.add_parser("restore", help="the marked points are read from standard input")
    second.add_argument("stanza")
    second.add_argument("home", type=Path, help="the repository")
    second.add_argument("folder", type=Path, help="where there is room for a cluster")
    asked = parser.parse_args()
    try:
        if asked.verb == "mark":
            print(json.dumps(mark()))
            return 0
        with (asked.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            report = restore(asked.stanza, asked.home, asked.folder, json.load(sys.stdin))
    except Failed as failed:
        print(failed, file=sys.stderr)
        return 2
    print(json.dumps(report))
    return 1 if report["differences"] else 0


if __name__ == "__main__":
    sys.exit(main())
