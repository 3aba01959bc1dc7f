"""Gets to know new servers and finds out which hosts let us in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from threading import Event as Flag

from failures import GovcloudError
from inventories.consoles import Connect, Shown, collect
from inventories.hostkeys import KnownHosts
from inventories.opening import KNOWN_HOSTS, Opened
from playbooks.configured import Entry
from playbooks.reach import Enter, reach

BOOT_SECONDS = 300.0
"""How long a new server may take to boot and let us in."""
REACH_SECONDS = 20.0
"""How long one may take that was configured before."""


@dataclass(frozen=True)
class Ways:
    """How the world is reached; None is the real way."""

    consoles: Connect | None = None
    enter: Enter | None = None


def enter_all(
    opened: Opened, hosts: Iterable[str], entries: Mapping[str, Entry], stop: Flag, ways: Ways, *, refresh: bool
) -> dict[str, GovcloudError]:
    """Return why each host that cannot be entered cannot.

    The keys of servers that were not there before are read from their consoles first; with `refresh` those of all.
    """
    wanted = {host: (opened.register.by_name[host].address, opened.built.servers[host]) for host in hosts}
    known = KnownHosts(opened.home.folder / KNOWN_HOSTS)
    strange = tuple(wanted) if refresh else known.unknown(wanted)
    shown: dict[str, list[Shown]] = {}
    for host in strange:
        site = opened.cloud.sites[opened.register.by_name[host].site].openstack
        shown.setdefault(site, []).append(Shown(host, *wanted[host]))
    collected = collect(shown, BOOT_SECONDS, stop, ways.consoles)
    if collected.keys:
        known.keep(collected.keys)
    doors = {host: (wanted[host][0], opened.doors[host]) for host in wanted if host not in collected.failures}
    patience = {host: REACH_SECONDS if _met(entries.get(host), wanted[host][1]) else BOOT_SECONDS for host in doors}
    return {**collected.failures, **reach(doors, patience, stop, ways.enter)}


def _met(entry: Entry | None, server: str) -> bool:
    return entry is not None and entry.server == server
