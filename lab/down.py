"""Takes a lab down by names alone: works when everything that kept state was killed."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from lab import check, clouds
from lab.commands import run
from lab.hosts import disks, groups
from lab.hosts.machine import Machine
from lab.hosts.roster import HOSTS
from lab.locks import locked
from lab.namespaces import NETNS, namespaces
from lab.network import disconnect
from lab.openstack.database import data_lock
from lab.place import Place
from lab.processes import holder, inside, kill, of_lab

GRACE_S = 10.0
ROUNDS = 5


def down(cloud_name: str, place: Place, *, wipe: bool = True) -> None:
    """Remove the lab's processes, namespaces, lines, mounts and, with `wipe`, its files; caches stay.

    Without `wipe` the databases end in order and a later `up` goes on with them. Raises GateRefused when an `up`
    of the same lab is at work.
    """
    assert cloud_name == place.cloud
    with locked(place.run / "up.lock"):
        if not wipe:
            _end_databases(place)
        _kill_all(place)
        _forget_hosts(place)
        for namespace in namespaces(place.mark):
            run("ip", "netns", "delete", namespace)
        disconnect(place.mark)
        _unmount(place)
        disks.release_below(place.root)
        for group in groups.begin_with(place.mark):
            groups.remove(group)
        check.sweep(place)
        run("rm", "-rf", "--one-file-system", *(entry for entry in place.run.glob("*") if entry.name != "up.lock"))
        if wipe:
            clouds.withdraw(place)
            run("rm", "-rf", "--one-file-system", place.root, seconds=120)
        run("rm", "-rf", place.run)


def _end_databases(place: Place) -> None:
    """Ask every database to write what it has and end; who takes too long is killed with the rest."""
    asked = {pid for data in place.sites.glob("*/db") if (pid := holder(data_lock(data)))}
    for pid in asked:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + GRACE_S
    while any(holder(data_lock(data)) for data in place.sites.glob("*/db")) and time.monotonic() < end:
        time.sleep(0.05)


def _kill_all(place: Place) -> None:
    """Kill whatever runs in the lab's namespaces and control groups or names its folders, until nothing is left."""
    for _ in range(ROUNDS):
        numbers = {(NETNS / name).stat().st_ino for name in namespaces(place.mark)}
        found = inside(numbers) | of_lab((place.root, place.run))
        hosts = [group for group in groups.begin_with(place.mark) if groups.populated(group)]
        if not found and not hosts:
            return
        kill(found)
        for group in hosts:
            groups.kill(group)


def _forget_hosts(place: Place) -> None:
    """Remove what systemd-nspawn keeps for each host outside the lab's folders."""
    for folder in place.sites.glob(f"*/{HOSTS}/*"):
        Machine("", folder).forget()


def _unmount(place: Place) -> None:
    """Unmount what is mounted below the lab's folders, the innermost first."""
    lines = Path("/proc/self/mounts").read_text().splitlines()
    points = [line.split()[1].encode().decode("unicode_escape") for line in lines]
    below = [point for point in points if point.startswith((f"{place.root}/", f"{place.run}/"))]
    for point in sorted(below, reverse=True):
        run("umount", "-l", point)
