"""The runtime folder: in memory only, its owner's only; where keys and passwords lie in clear while they are used."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from failures import GateRefused, Text

IN_MEMORY = frozenset({"tmpfs", "ramfs"})


def runtime_folder(name: str, environ: Mapping[str, str], places: tuple[Path, ...] | None = None) -> Path:
    """Return the runtime folder of this name, made with mode 0700 below the first place that is in memory.

    Places are XDG_RUNTIME_DIR, /run and /dev/shm. Raises GateRefused when none of them is, or another user owns it.
    """
    for place in _places(environ) if places is None else places:
        if place.is_dir() and os.access(place, os.W_OK | os.X_OK) and file_system(place) in IN_MEMORY:
            return _private(_private(place / f"govcloud-{os.getuid()}") / name)
    raise GateRefused(
        Text(
            "no folder in memory (tmpfs) to lay keys in while they are used",
            "没有可暂存密钥的内存目录(tmpfs)",
        ),
        fix=Text("set XDG_RUNTIME_DIR to a folder on tmpfs", "请把 XDG_RUNTIME_DIR 设为 tmpfs 上的目录"),
    )


def file_system(path: Path) -> str:
    """Return the type of the file system that a path lies on; empty when it cannot be told."""
    found, best = "", -1
    target = path.resolve()
    for mount, kind in _mounts():
        if target.is_relative_to(mount) and len(mount.parts) >= best:
            found, best = kind, len(mount.parts)
    return found


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600; a reader sees the old text or the new one, whole."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)


def sweep(folder: Path) -> None:
    """Remove what an earlier run left in a folder, the folder too."""
    shutil.rmtree(folder, ignore_errors=True)


def _places(environ: Mapping[str, str]) -> Iterator[Path]:
    if environ.get("XDG_RUNTIME_DIR"):
        yield Path(environ["XDG_RUNTIME_DIR"])
    yield Path("/run")
    yield Path("/dev/shm")  # noqa: S108 - checked to be in memory; the folder in it must be ours alone


def _private(folder: Path) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    if not ours or found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise GateRefused(
            Text("others can read or own the runtime folder", "运行时目录属于他人或可被他人读取"),
            where=str(folder),
            fix=Text("remove it, then run again", "请删除该目录后重试"),
        )
    return folder


def _mounts() -> Iterator[tuple[Path, str]]:
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        head, _, tail = line.partition(" - ")
        yield Path(head.split(" ")[4].replace("\\040", " ")), tail.split(" ")[0]
