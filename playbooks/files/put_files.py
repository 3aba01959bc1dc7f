"""Writes a host's files, acts on what changed and lets units run, at once: a task of Ansible for each costs seconds."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

SECONDS = 120
# Kept until done: who is killed between writing a file and acting on it acts the next time.
PENDING = Path("/var/lib/govcloud/pending.json")
RUNS_WITH = Path("/var/lib/govcloud/runs-with")
UNITS = Path("/etc/systemd/system")
RELOAD = ["systemctl", "daemon-reload"]


def put(files: list[dict[str, Any]], *, dry: bool) -> list[str]:
    """Return the paths that changed; a file is {path, content, mode?, group?, once?, check?, run?, restart?}.

    `once` leaves alone what is there already; `check` is a command that must accept the new file, named %s in it; `run`
    is a command and `restart` a unit for when the file is new or has changed.
    """
    pending = json.loads(PENDING.read_text()) if PENDING.exists() else []
    if not dry:
        pending = act_on(pending, "run")
    changed = []
    for file in files:
        if not differs(file):
            continue
        changed.append(file["path"])
        if dry:
            continue
        todo = acts(file)
        # What the files before asked for may make what this one needs; what this one asks for as well is done once.
        if any(kind == "run" and [kind, what] not in todo for kind, what in pending):
            pending = act_on(pending, "run")
        pending += [act for act in todo if act not in pending]
        note(pending)
        write(file)
    if not dry:
        act_on(act_on(pending, "run"), "restart")
    return changed


def acts(file: dict[str, Any]) -> list[Any]:
    """Return what a new or changed file asks for."""
    runs = [file["run"]] if "run" in file else []
    if UNITS in Path(file["path"]).parents:
        runs.append(RELOAD)
    return [["run", words] for words in runs] + ([["restart", file["restart"]]] if "restart" in file else [])


def differs(file: dict[str, Any]) -> bool:
    path = Path(file["path"])
    try:
        state = path.stat()
        if file.get("once"):
            return False
        same = path.read_bytes() == file["content"].encode() and state.st_mode & 0o7777 == mode(file)
        return not same or (path.owner(), path.group()) != ("root", file.get("group", "root"))
    except (FileNotFoundError, KeyError):
        return True


def mode(file: dict[str, Any]) -> int:
    return int(file.get("mode", "0644"), 8)


def write(file: dict[str, Any]) -> None:
    path = Path(file["path"])
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.govcloud")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(file["content"].encode())
        os.fsync(opened.fileno())
    if "check" in file:
        do([word.replace("%s", str(new)) for word in file["check"]], path)
    shutil.chown(new, "root", file.get("group", "root"))
    new.chmod(mode(file))
    new.rename(path)


def act_on(pending: list[Any], kind: str) -> list[Any]:
    """Do what is pending of a kind and return the rest."""
    mine, rest = [act for act in pending if act[0] == kind], [act for act in pending if act[0] != kind]
    if not mine:
        return pending
    for _, what in mine:
        do(what if kind == "run" else ["systemctl", "restart", what])
    note(rest)
    return rest


def serve(units: dict[str, list[str]], *, dry: bool) -> list[str]:
    """Return what was to be done so that each unit runs from boot on, with the files and folders it reads as they are.

    What it runs with is written down once it does: who is killed in between does it the next time.
    """
    done = []
    for unit, reads in units.items():
        record, found = RUNS_WITH / unit, digest(reads)
        renewed = bool(reads) and not (record.exists() and record.read_text() == found)
        todo = ["enable"] if says("is-enabled", unit) != "enabled" else []
        if says("is-active", unit) != "active":
            todo.append("start")
        elif renewed:
            todo.append("restart")
        done += [f"{verb} {unit}" for verb in todo]
        if dry:
            continue
        if todo and says("show", "--property=NeedDaemonReload", unit).endswith("=yes"):
            do(RELOAD)
        for verb in todo:
            do(["systemctl", verb, unit])
        if renewed:
            record.parent.mkdir(parents=True, exist_ok=True)
            record.write_text(found)
    return done


def digest(reads: list[str]) -> str:
    """Return a digest over files and all files in folders; one that is not there counts as empty."""
    files = [file for read in map(Path, reads) for file in (sorted(read.rglob("*")) if read.is_dir() else [read])]
    held = hashlib.sha256()
    for file in files:
        if file.is_file() and file.suffix != ".pyc":
            held.update(f"{file}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return held.hexdigest()


def says(*question: str) -> str:
    asked = ["systemctl", *question]
    return subprocess.run(asked, capture_output=True, text=True, timeout=SECONDS, check=False).stdout.strip()


def note(pending: list[Any]) -> None:
    PENDING.parent.mkdir(parents=True, exist_ok=True)
    PENDING.write_text(json.dumps(pending))


def do(words: list[str], path: Path | None = None) -> None:
    ended = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=False)
    if ended.returncode:
        said = (ended.stderr or ended.stdout).strip()
        sys.exit(f"{path or ' '.join(words)}: {said} (exit code {ended.returncode})")


def main() -> None:
    asked = json.load(sys.stdin)
    try:
        changed = put(asked.get("files", []), dry=asked["dry"])
        print(json.dumps(changed + serve(asked.get("serve", {}), dry=asked["dry"])))
    except OSError as error:
        sys.exit(f"{error.filename or 'the disk'}: {error.strerror}")


if __name__ == "__main__":
    main()
