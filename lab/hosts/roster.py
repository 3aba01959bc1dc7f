"""The hosts of a lab, found in its folders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.hosts import groups
from lab.hosts.machine import Machine

HOSTS = "hosts"
"""The folder of a site that has a folder for each of its hosts."""


@dataclass(frozen=True)
class HostStatus:
    """One booted or booting server; `memory_mib` is what it takes, 0 when it is off."""

    name: str
    uuid: str
    site: str
    running: bool
    memory_mib: float


def machines(namespace: str, folder: Path) -> Iterator[Machine]:
    """Yield the hosts of the site with this namespace and folder."""
    for entry in sorted((folder / HOSTS).glob("*")):
        machine = Machine(namespace, entry)
        if machine.known:
            yield machine


def look(site: str, found: Iterable[Machine]) -> tuple[HostStatus, ...]:
    """Return how the hosts of a site are, by name."""
    rows = (
        HostStatus(
            name=machine.spec.name,
            uuid=machine.uuid,
            site=site,
            running=machine.running(),
            memory_mib=groups.memory_mib(machine.group),
        )
        for machine in found
    )
    return tuple(sorted(rows, key=lambda row: row.name))
