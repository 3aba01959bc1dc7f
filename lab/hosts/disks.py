"""Gives hosts their disks: one of their own, and Cinder's files as block devices."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from failures import OutsideFailed
from lab.commands import run
from lab.hosts.spec import Volume

DISK_GROUP = 6


def loop(file: str) -> str:
    """Return the loop device of the file, made when there is none."""
    return attached(file) or run("losetup", "--find", "--show", file).strip()


def attached(file: str) -> str:
    """Return the loop device of the file, empty when there is none."""
    return run("losetup", "--associated", file, "--output", "NAME", "--noheadings").strip()


def release(file: str) -> None:
    """Take the loop device of the file away; one that is still in use goes when its last user does."""
    if device := attached(file):
        run("losetup", "--detach", device)


def grow(file: str) -> None:
    """Let the loop device of the file have the file's new size."""
    if device := attached(file):
        run("losetup", "--set-capacity", device)


def mount_own(file: Path, point: Path, gigabytes: int) -> None:
    """Mount the file system in the file, made when there is none; of the machine's disk it takes what is written to it.

    It has no journal: a lab does not outlive its machine, and a host that dies leaves the file system mounted.
    """
    if point.is_mount():
        return
    point.mkdir(exist_ok=True)
    if not file.exists():
        draft = file.with_suffix(".new")
        draft.unlink(missing_ok=True)
        run("truncate", "--size", f"{gigabytes}G", draft)
        run("mkfs.ext4", "-q", "-F", "-m0", "-i65536", "-O^has_journal", "-Elazy_itable_init=1,nodiscard", draft)
        draft.replace(file)
    run("mount", "-o", "loop,noatime,discard", file, point)


def release_below(folder: Path) -> None:
    """Take away the loop devices of all files below the folder."""
    rows = run("losetup", "--list", "--noheadings", "--raw", "--output", "NAME,BACK-FILE").splitlines()
    named = [row.split(" ", 1) for row in rows]
    for name in [name for name, *file in named if file and file[0].startswith(f"{folder}/")]:
        with contextlib.suppress(OutsideFailed):  # it went with its last mount
            run("losetup", "--detach", name)


def show(init: int, volume: Volume) -> None:
    """Make the volume's node in a host that runs; `init` is the host's first process."""
    number = Path(loop(volume.file)).stat().st_rdev
    with _devices(init) as folder:
        _unlink(folder, volume.name)
        os.mknod(volume.name, stat.S_IFBLK | 0o660, number, dir_fd=folder)
        os.chown(volume.name, 0, DISK_GROUP, dir_fd=folder)


def hide(init: int, volume: Volume) -> None:
    """Remove the volume's node from a host that runs."""
    with _devices(init) as folder:
        _unlink(folder, volume.name)


@contextlib.contextmanager
def _devices(init: int) -> Iterator[int]:
    """Open the host's /dev; the host cannot lead us elsewhere by putting a link there."""
    folder = os.open(f"/proc/{init}/root/dev", os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield folder
    finally:
        os.close(folder)


def _unlink(folder: int, name: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


def name_all(folder: Path, volumes: Iterable[Volume]) -> None:
    """Keep exactly these volumes' names in the folder that a host has as /dev/disk."""
    names = folder / "by-id"
    names.mkdir(parents=True, exist_ok=True)
    wanted = {volume.serial: f"../../{volume.name}" for volume in volumes}
    for link in names.iterdir():
        link.unlink()
    for name, target in wanted.items():
        (names / name).symlink_to(target)
