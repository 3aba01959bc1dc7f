"""Says of every site of a lab whether it is up, down or cut, how fast it answers and what it takes."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Literal

from lab import namespaces
from lab.hosts.roster import HostStatus, look, machines
from lab.openstack.database import data_lock
from lab.openstack.probe import ask
from lab.outages import dark
from lab.place import Place
from lab.processes import holder, memory_mib, uptime_s
from lab.services import PORTS, SERVICES
from lab.site import LabSite
from lab.up import known_sites
from lab.wan.settle import read_faults
from topology.model import Cloud

PROBE_S = 2.0
State = Literal["up", "down", "cut", "partial", "off"]
"""`off` has no power, `down` does not answer although it has."""


@dataclass(frozen=True)
class SiteStatus:
    """`answers` is seconds per service, None where it does not answer; a cut site is asked from inside."""

    site: str
    state: State
    url: str
    answers: Mapping[str, float | None]
    memory_mib: float
    uptime_s: float
    hosts: tuple[HostStatus, ...] = ()


def status(cloud: Cloud, place: Place) -> tuple[SiteStatus, ...]:
    """Return one row per site; OutsideFailed when the lab has never been raised."""
    sites = known_sites(cloud, place)
    cut = {fault.name for fault in read_faults(place.run) if fault.act == "cut" and fault.kind == "site"}
    without = dark(place)
    with ThreadPoolExecutor(len(sites)) as pool:
        looked = pool.map(lambda site: _status(site, cut=site.name in cut), sites)
        return tuple(replace(row, state="off") if row.site in without else row for row in looked)


def _status(site: LabSite, *, cut: bool) -> SiteStatus:
    running = [pid for service in SERVICES if (pid := holder(site.lock(service)))]
    server = holder(data_lock(site.data))
    exists = namespaces.exists(site.namespace)
    answers = namespaces.within(site.namespace, lambda: _answers(site)) if exists else dict.fromkeys(PORTS)
    everything = [*running, server] if server else running
    return SiteStatus(
        site=site.name,
        state=_state(answers, cut=cut),
        url=site.auth_url,
        answers=answers,
        memory_mib=sum(memory_mib(pid) for pid in everything),
        hosts=look(site.name, machines(site.namespace, site.folder)),
        uptime_s=min((uptime_s(pid) for pid in running), default=0.0),
    )


def _answers(site: LabSite) -> dict[str, float | None]:
    return {service.name: ask(site, service, PROBE_S) for service in SERVICES}


def _state(answers: Mapping[str, float | None], *, cut: bool) -> State:
    if all(seconds is None for seconds in answers.values()):
        return "down"
    if cut:
        return "cut"
    return "partial" if None in answers.values() else "up"
