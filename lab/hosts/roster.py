"""The hosts of a lab, found in its folders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from failures import Text, WrongUsage
from lab.hosts import groups
from lab.hosts.machine import Machine

HOSTS = "hosts"
"""The folder of a site that has a folder for each of its hosts."""


@dataclass(frozen=True)
class HostStatus:
    """One booted or booting server; `memory_mib` is what it takes, `address` may be empty."""

    name: str
    uuid: str
    site: str
    running: bool
    memory_mib: float
    address: str


def machines(namespace: str, folder: Path) -> Iterator[Machine]:
    """Yield the hosts of the site with this namespace and folder."""
    for entry in sorted((folder / HOSTS).glob("*")):
        machine = Machine(namespace, entry)
        if machine.known:
            yield machine


class Placed(Protocol):
    """What the roster needs of a site: its name, its namespace and where it keeps its hosts."""

    @property
    def name(self) -> str: ...
    @property
    def namespace(self) -> str: ...
    @property
    def folder(self) -> Path: ...


def find(sites: Iterable[Placed], name: str) -> Machine:
    """Return the host with this name, `site/name` where two sites have one, or server id; WrongUsage for another."""
    rows = [(site.name, machine) for site in sites for machine in machines(site.namespace, site.folder)]
    names = [(f"{site}/{machine.spec.name}", machine) for site, machine in rows]
    found = [m for full, m in names if name in {full, full.partition("/")[2], m.uuid}]
    if len(found) == 1:
        return found[0]
    there = ", ".join(full for full, machine in names if not found or machine in found) or "-"
    if found:
        what = Text(f"several sites have a host {name}", f"多个站点有名为 {name} 的主机")
        raise WrongUsage(what, fix=Text(f"say which: {there}", f"请指明：{there}"))
    what = Text(f"no host is called {name}", f"没有名为 {name} 的主机")
    raise WrongUsage(what, fix=Text(f"there are: {there}", f"现有：{there}"))


def look(site: str, found: Iterable[Machine]) -> tuple[HostStatus, ...]:
    """Return how the hosts of a site are, by name."""
    rows = (
        HostStatus(
            name=machine.spec.name,
            uuid=machine.uuid,
            site=site,
            running=machine.running(),
            memory_mib=groups.memory_mib(machine.group),
            address=machine.spec.address,
        )
        for machine in found
    )
    return tuple(sorted(rows, key=lambda row: row.name))
