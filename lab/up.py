"""Raises a lab: what is missing is made, what runs is left alone."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from failures import GateRefused, OutsideFailed, Text
from lab import check, clouds, network
from lab.addresses import choose_slot
from lab.hosts.base import make_base
from lab.hosts.limits import raise_limits
from lab.locks import locked
from lab.namespaces import is_inside
from lab.openstack import config, database, install, launch, template
from lab.outages import dark
from lab.passwords import Passwords, keep_passwords, write_private
from lab.personal import personalise
from lab.place import Place
from lab.services import SERVICES, Service
from lab.settings import keep_boot
from lab.site import LabSite, plan_sites
from topology.model import Cloud

Listen = Callable[[str, str, float], None]
Started = dict[Service, list[LabSite]]


@dataclass(frozen=True)
class Raised:
    """`clouds_yaml` has an entry per site; `changed` is False when the lab was up already; `hint` may be empty."""

    sites: tuple[LabSite, ...]
    clouds_yaml: Path
    changed: bool
    hint: Text


@dataclass
class _Watch:
    """Tells the listener what has ended: site ("" for the machine), stage, seconds since the beginning."""

    listen: Listen
    began: float = field(default_factory=time.monotonic)

    def tell(self, site: str, stage: str) -> None:
        self.listen(site, stage, time.monotonic() - self.began)


def up(
    cloud: Cloud,
    place: Place,
    listen: Listen,
    *,
    recipes: Sequence[Path] = (),
    boot: config.Boot | None = None,
    despite: Collection[str] = (),
) -> Raised:
    """Return the running lab of the cloud; base systems for the `recipes` are built on the way.

    The listener hears installed, checked, template, base, published of the machine (site ""), prepared, ready of each
    site. `boot` says which servers become hosts; without it, it stays as it was.
    A site whose power was taken stays off, but for those in `despite`. Raises GateRefused when the machine cannot do it
    or another `up` is at work, OutsideFailed when something failed; repeating it goes on where it stopped.
    """
    watch = _Watch(listen)
    _refuse_seat(place)
    check.refuse(check.quick(cloud, place))
    with locked(place.run / "up.lock"):
        if install.missing_packages():
            install.install_packages()
        with _bases(recipes, place.cache, watch):
            return _up(cloud, place, watch, boot, despite)


def _refuse_seat(place: Place) -> None:
    if is_inside(place.mark):
        raise GateRefused(
            Text(
                "a seat inside a site cannot raise the lab, or power it on",
                "数据中心内的席位不能启动实验环境或供电",
            ),
            where=place.cloud,
            fix=Text("do it on the machine itself, outside the seat", "请离开席位，在本机上执行"),
        )


@contextmanager
def _bases(recipes: Sequence[Path], cache: Path, watch: _Watch) -> Iterator[None]:
    """Build base systems beside the block; the block's failure comes first, then theirs."""

    def build() -> None:
        for recipe in recipes:
            make_base(cache, recipe.read_text(errors="replace"))
        watch.tell("", "base")

    with ThreadPoolExecutor(1) as pool:
        bases = pool.submit(build) if recipes else None
        yield
        if bases:
            bases.result()


def _up(cloud: Cloud, place: Place, watch: _Watch, boot: config.Boot | None, despite: Collection[str]) -> Raised:
    raise_limits()
    venv = install.install_openstack(place.cache)
    watch.tell("", "installed")
    check.refuse(check.check(cloud, place))
    watch.tell("", "checked")
    pristine = template.make_template(place, venv)
    watch.tell("", "template")
    passwords = _own(place)
    hosting = config.Hosting(keep_boot(place, boot), place.cache)
    sites = assign(cloud, place)
    entries = {site.entry: clouds.entry(site, passwords.admin) for site in sites}
    clouds.refuse_taken(place, entries)
    without = dark(place).keys() - {*despite}
    lit = [site for site in sites if site.name not in without]
    means = _Means(venv, pristine, passwords, hosting)
    changed = _raise_sites(lit, means, watch, lambda: network.raise_network(cloud, place, sites))
    file = clouds.publish(place, entries)
    watch.tell("", "published")
    return Raised(sites, file, changed, _hint(place, file))


def _own(place: Place) -> Passwords:
    place.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    return keep_passwords(place.root)


def assign(cloud: Cloud, place: Place) -> tuple[LabSite, ...]:
    """Return the sites with the addresses they had, else with free ones, and remember them."""
    path = place.root / "addresses.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    taken = [route.network for route in network.machine_routes(place.mark)]
    slot = choose_slot(place.cloud, cloud.management, taken, kept.get("slot"))
    if slot is None:
        raise GateRefused(
            Text("198.18.0.0/15 has no free /24 left", "198.18.0.0/15 中已没有空闲的 /24"), where=place.cloud
        )
    sites = plan_sites(cloud, place, slot, kept.get("sites", {}))
    numbers = {site.name: site.number for site in sites}
    now = {"slot": slot, "sites": {**kept.get("sites", {}), **numbers}}
    if now != kept:
        write_private(path, json.dumps(now))
    return sites


def known_sites(cloud: Cloud, place: Place) -> tuple[LabSite, ...]:
    """Return the sites of a lab that has been raised; OutsideFailed when it has not."""
    path = place.root / "addresses.json"
    if not path.exists():
        raise not_up(place)
    kept = json.loads(path.read_text())
    return plan_sites(cloud, place, kept["slot"], kept["sites"])


def not_up(place: Place) -> OutsideFailed:
    """Return why nothing can be done to a lab that was never raised, or is down."""
    return OutsideFailed(
        Text("this lab is not up", "该实验环境没有启动"),
        where=place.cloud,
        fix=Text("govcloud lab up TOPOLOGY", "govcloud lab up 拓扑文件"),
    )


@dataclass(frozen=True)
class _Means:
    """What every site is raised with."""

    venv: Path
    pristine: Path
    passwords: Passwords
    hosting: config.Hosting


def _raise_sites(sites: Sequence[LabSite], means: _Means, watch: _Watch, wire: Callable[[], bool]) -> bool:
    """Bring every site to where all services answer; return whether anything had to be done.

    The network is wired before the services start: Nova boots at its start the servers it had.
    """

    def prepare(site: LabSite) -> None:
        _prepare(site, means)
        watch.tell(site.name, "prepared")

    with ThreadPoolExecutor(max(1, len(sites))) as pool:
        list(pool.map(prepare, sites))
    wired = wire()
    absent = launch.missing(sites)
    waiting = [
        site for site in sites if not ready_mark(site).exists() or any(site in where for where in absent.values())
    ]
    for site in waiting:
        ready_mark(site).unlink(missing_ok=True)
    if absent:
        launch.start(absent, means.venv, sites[0].folder.parent / "zygotes.log")

    def finish(site: LabSite) -> None:
        launch.await_site(site, means.passwords.admin)
        ready_mark(site).touch()
        watch.tell(site.name, "ready")

    with ThreadPoolExecutor(max(1, len(sites))) as pool:
        list(pool.map(finish, waiting))
    return wired or bool(waiting)


def ready_mark(site: LabSite) -> Path:
    """Return the file that says that all services of the site have answered."""
    return site.run / "ready"


def _prepare(site: LabSite, means: _Means) -> None:
    """Namespace, folders, configuration and databases of one site; ends the services whose configuration changed."""
    network.connect(site)
    for folder in (site.etc, site.state, site.log, site.run):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    outdated = _configure(site, means)
    launch.stop(site, outdated)
    database.clone(means.pristine, site)
    log = site.log / "mariadb.log"
    database.start(site.data, site.socket, log, site.namespace)
    database.wait(site.data, site.socket, log)
    personalise(site, means.passwords)


def _configure(site: LabSite, means: _Means) -> list[Service]:
    """Write the files that differ and return the services that read them."""
    outdated = []
    for name, text in config.render(site, means.venv, means.passwords.service, means.hosting).items():
        path = site.etc / name
        if not path.exists() or path.read_text() != text:
            write_private(path, text)
            outdated += [service for service in SERVICES if name.startswith(service.name)]
    return outdated


def _hint(place: Place, file: Path) -> Text:
    if file == place.clouds_yaml:
        return Text("", "")
    return Text(
        f"{place.clouds_yaml} is your own and was left alone: export OS_CLIENT_CONFIG_FILE={file}",
        f"{place.clouds_yaml} 是您自己的文件，未作改动：请执行 export OS_CLIENT_CONFIG_FILE={file}",
    )
