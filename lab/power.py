"""Takes the power from sites, feeds and hosts at once, with no orderly stop, and gives it back."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass

from failures import GateRefused, OutsideFailed, Text, WrongUsage
from lab import cut
from lab.hosts import groups
from lab.hosts.machine import Machine
from lab.hosts.roster import find
from lab.locks import locked
from lab.openstack import probe
from lab.openstack.database import data_lock
from lab.outages import dark, write_dark
from lab.passwords import keep_passwords
from lab.place import Place
from lab.processes import holder, kill
from lab.services import SERVICES
from lab.site import LabSite
from lab.up import Listen, known_sites, ready_mark, up
from lab.wan.settle import read_faults
from topology.model import Cloud

START_S = 60.0
NOVA_FIRST = sorted(SERVICES, key=lambda service: service.name != "nova")
"""Nova goes first: it must not see its hosts die, or it would not boot them again."""


@dataclass(frozen=True)
class Targets:
    """Names of sites, of feeds (a feed is all its sites) and of hosts."""

    sites: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


def sites_of(cloud: Cloud, targets: Targets) -> tuple[str, ...]:
    """Return the sites meant, in the order of the file; WrongUsage for a name that is none."""
    feeds = {feed for site in cloud.sites.values() for feed in site.power}
    for names, known, word in (
        (targets.sites, set(cloud.sites), Text("site", "站点")),
        (targets.feeds, feeds, Text("feed", "供电")),
    ):
        for name in names:
            if name not in known:
                there = ", ".join(sorted(known))
                raise WrongUsage(
                    Text(f"no {word.en} is called {name}", f"没有名为 {name} 的{word.zh}"),
                    where=cloud.name,
                    fix=Text(f"there are: {there}", f"现有：{there}"),
                )
    chosen = [name for name, site in cloud.sites.items() if name in targets.sites or {*site.power} & {*targets.feeds}]
    return tuple(chosen)


def off(cloud: Cloud, place: Place, targets: Targets) -> tuple[str, ...]:
    """Kill what runs at the targets, at once; return the sites and hosts. Repeating it changes nothing."""
    names = _some(cloud, targets)
    sites = {site.name: site for site in known_sites(cloud, place)}
    hosts = [find(sites.values(), name) for name in targets.hosts]
    with locked(place.run / "up.lock"):
        already = dark(place)
        was_cut = {fault.name for fault in read_faults(place.run) if fault.act == "cut" and fault.kind == "site"}
        write_dark(place, {**{name: name in was_cut for name in names}, **already})
        for name in names:
            _kill_site(sites[name])
        if names:
            cut.cut(cloud, place, cut.Targets(sites=names))
        for host in hosts:
            host.stop()
    return (*names, *targets.hosts)


def on(cloud: Cloud, place: Place, targets: Targets, listen: Listen) -> tuple[str, ...]:
    """Bring back what ran at the targets when it lost its power; return the sites and hosts.

    Raises GateRefused for a host of a site that has no power itself, OutsideFailed when something does not come back.
    """
    names = _some(cloud, targets)
    sites = {site.name: site for site in known_sites(cloud, place)}
    hosts = [find(sites.values(), name) for name in targets.hosts]
    before = dark(place)
    left = {name: cut_before for name, cut_before in before.items() if name not in names}
    _refuse_dark(sites.values(), hosts, left)
    healed = tuple(name for name in names if before.get(name) is False)
    if healed:
        cut.heal(cloud, place, cut.Targets(sites=healed))
    if names:
        up(cloud, place, listen, despite=names)
    write_dark(place, left)  # last: what did not come back is still without power
    for host in hosts:
        _start(place, next(site for site in sites.values() if site.namespace == host.site), host)
    return (*names, *targets.hosts)


def _some(cloud: Cloud, targets: Targets) -> tuple[str, ...]:
    if targets == Targets():
        raise WrongUsage(
            Text("nothing says what", "没有说明对象"),
            fix=Text("add --site, --feed or --host", "请加上 --site、--feed 或 --host"),
        )
    return sites_of(cloud, targets)


def _kill_site(site: LabSite) -> None:
    ready_mark(site).unlink(missing_ok=True)
    locks = [*(site.lock(service) for service in NOVA_FIRST), data_lock(site.data)]
    kill([pid for lock in locks if (pid := holder(lock))])
    if groups.populated(site.namespace) and not groups.kill(site.namespace):
        raise OutsideFailed(Text("the hosts cannot be killed", "主机无法终止"), where=site.name)


def _refuse_dark(sites: Collection[LabSite], hosts: Collection[Machine], without: Collection[str]) -> None:
    for site in sites:
        if site.name in without and any(host.site == site.namespace for host in hosts):
            raise GateRefused(
                Text("the site of this host has no power", "该主机所在站点没有供电"),
                where=site.name,
                fix=Text(f"power the site on: --site {site.name}", f"请先给站点供电：--site {site.name}"),
            )


def _start(place: Place, site: LabSite, host: Machine) -> None:
    """Ask Nova to start the server, as soon as it has noticed that the host is off."""
    password = keep_passwords(place.root).admin
    asked, end = False, time.monotonic() + START_S
    while not host.running():
        if time.monotonic() > end:
            raise OutsideFailed(
                Text("Nova does not start the host", "Nova 没有启动该主机"),
                where=host.spec.name,
                fix=Text(f"see {site.log}/nova.log", f"请查看 {site.log}/nova.log"),
            )
        asked = asked or probe.start_server(site, password, host.uuid)
        time.sleep(0.2)
