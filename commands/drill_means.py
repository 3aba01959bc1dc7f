"""Joins a rehearsal with the cloud: its clients, the planner's eyes and hands, and the faults of its lab."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from failures import GateRefused, InputInvalid, OutsideFailed, Text

if TYPE_CHECKING:
    from dr_drills.actions.execute import StepResult
    from dr_drills.actions.tools import Tools
    from dr_drills.clients.attempts import Client
    from dr_drills.clients.watch import Watch
    from dr_drills.detection.watch import Sighting
    from dr_drills.faults.table import InForce, Injector
    from dr_drills.journal.event import Event as Journaled
    from dr_drills.observe.observer import Observer
    from dr_drills.planning.steps import Case, Step
    from dr_drills.planning.world import World
    from dr_drills.probes.scene import Scene
    from dr_drills.probes.trust import Keys
    from dr_drills.rehearsal.forecast import Foreseen
    from dr_drills.rehearsal.means import Means, OutOfBand
    from lab.fence import LabBorders
    from lab.injector import LabInjector
    from stacks.rollout.home import Home
    from topology.model import Cloud

HZ = 10.0
LOOK_PAUSE_S = 0.1
GLANCE_S = 3.0
_FIRST = Text("deploy it first: govcloud deploy", "请先部署：govcloud deploy")


@dataclass
class Desk:
    """A cloud as a drill sees it; `watch` is the one that is open."""

    path: Path
    cloud: Cloud
    digest: str
    home: Home
    scene: Scene
    variables: Mapping[str, Mapping[str, Any]]
    keys: Keys
    observer: Observer
    injector: LabInjector | NoInjector
    borders: LabBorders | None
    watch: Watch | None = field(default=None)

    def hosts(self) -> dict[tuple[str, str], str]:
        """Return the first database server of each service and site."""
        rows = [
            ((name, place.site), place.host)
            for name, database in self.observer.databases.items()
            for place in database.places
        ]
        return dict(reversed(rows))


class NoInjector:
    """For a cloud that is no lab of this machine: nothing is in force, and nothing can be broken."""

    faults: frozenset[str] = frozenset()

    def inject(self, fault: str, kind: str, name: str) -> None:
        raise no_lab(f"{fault} {kind} {name}")

    def heal(self, fault: str, kind: str, name: str) -> None:
        raise no_lab(f"{fault} {kind} {name}")

    def in_force(self) -> set[InForce]:
        return set()


def no_lab(what: str) -> GateRefused:
    """Return why nothing can be broken where no lab is."""
    return GateRefused(
        Text("faults can be injected into a lab on this machine only", "只能对本机的实验环境注入故障"),
        where=what,
        fix=Text("govcloud lab up TOPOLOGY, or rehearse a switchover", "govcloud lab up 拓扑文件，或演练切换"),
    )


def open_desk(path: Path, note: Callable[[Text], None]) -> Desk:
    """Return the desk of a cloud. Raises InputInvalid when it has no credentials yet."""
    from dr_drills.observe.observer import Observer
    from dr_drills.probes.scene import scene
    from dr_drills.probes.trust import Keys
    from inventories.keys import operator_keys
    from stacks.rollout.home import home_of
    from topology.load import load_cloud, read

    cloud = load_cloud(path)
    home = home_of(cloud.name, os.environ)
    found = operator_keys(home, os.environ, note)
    if found is None:
        raise InputInvalid(Text("this cloud was never configured", "该云尚未配置"), where=cloud.name, fix=_FIRST)
    keys = Keys.of(found)
    variables = variables_of(path, cloud)
    everyone = scene(variables)
    injector, borders = lab_means(cloud)
    observer = Observer(everyone, keys, borders)
    return Desk(path, cloud, read(path).digest, home, everyone, variables, keys, observer, injector, borders)


def lab_means(cloud: Cloud) -> tuple[LabInjector | NoInjector, LabBorders | None]:
    """Return what can break and fence the cloud's lab, if it is up on this machine."""
    from lab.fence import LabBorders
    from lab.injector import LabInjector
    from lab.place import find_place
    from lab.wan.wiring import wiring_file

    place = find_place(cloud.name)
    if not wiring_file(place.run).exists():
        return NoInjector(), None
    return LabInjector(cloud, place), LabBorders(place)


def means_of(desk: Desk, run: str, tell: Callable[[Journaled], None], note: Callable[[Text], None]) -> Means:
    """Return what a run works with."""
    from dr_drills.clients.clients import clients_of
    from dr_drills.clients.markers import Markers
    from dr_drills.rehearsal.means import Means
    from dr_drills.rehearsal.measure import measured
    from dr_drills.rehearsal.runs import drills_folder
    from dr_drills.report.assemble import verdict_of
    from dr_drills.report.files import attempts_of

    clients: tuple[Client, ...] = clients_of(desk.scene, desk.keys, run)
    markers = Markers(desk.scene, desk.keys, run)
    act = _hands(desk)
    folder = drills_folder(desk.home) / run
    return Means(
        injector=_Named(desk.injector),
        out_of_band=_OutOfBand(desk.scene, desk.injector, desk.borders),
        observe=desk.observer.look,
        act=act,
        unwell=lambda: unwell(desk),
        watch=lambda record: _watched(desk, clients, record),
        sight=lambda sites: _sighting(desk, sites),
        prepare=markers.prepare,
        present=markers.present,
        forget=markers.forget,
        measure=lambda counted: measured(clients, counted),
        judge=lambda events: verdict_of(events, attempts_of(folder)),
        tell=tell,
        note=note,
    )


def unwell(desk: Desk) -> tuple[str, ...]:
    """Return what the glance does not know to be well."""
    from dr_drills.glance.report import glance

    report = glance(desk.cloud, desk.variables, desk.keys, GLANCE_S)
    return tuple(f"{row.rule} {row.subject} {row.where}: {row.message.en}" for row in report.remarks)


def named_injector(injector: LabInjector | NoInjector) -> Injector:
    """Return the lab's injector with the names that drills give its answers."""
    return _Named(injector)


class _Named:
    def __init__(self, injector: LabInjector | NoInjector) -> None:
        self._injector = injector

    def inject(self, fault: str, kind: str, name: str) -> None:
        self._injector.inject(fault, kind, name)

    def heal(self, fault: str, kind: str, name: str) -> None:
        self._injector.heal(fault, kind, name)

    def in_force(self) -> set[InForce]:
        from dr_drills.faults.table import InForce

        return {InForce(*applied) for applied in self._injector.in_force()}


class _OutOfBand:
    def __init__(self, scene: Scene, injector: LabInjector | NoInjector, borders: LabBorders | None) -> None:
        self._scene, self._injector, self._borders = scene, injector, borders

    def stop_databases(self, site: str) -> None:
        if isinstance(self._injector, NoInjector):
            raise no_lab(site)
        for place in self._scene.running("patroni_scope"):
            if place.site == site:
                self._injector.hold_down(place.host)

    def is_shut_out(self, site: str) -> bool:
        return any(self._fences(site).fenced(site).values())

    def let_in(self, site: str) -> None:
        self._fences(site).unfence(site)

    def _fences(self, site: str) -> LabBorders:
        if self._borders is None:
            raise no_lab(site)
        return self._borders


def out_of_band(path: Path, cloud: Cloud, injector: LabInjector | NoInjector, borders: LabBorders | None) -> OutOfBand:
    """Return the way to the sites of a cloud's lab that needs none of its lines, and no credentials."""
    return _OutOfBand(scene_of(path, cloud), injector, borders)


def scene_of(path: Path, cloud: Cloud) -> Scene:
    """Return the hosts of a cloud with what they run."""
    from dr_drills.probes.scene import scene

    return scene(variables_of(path, cloud))


def variables_of(path: Path, cloud: Cloud) -> Mapping[str, Mapping[str, Any]]:
    """Return the inventory's variables by host."""
    from inventories.derive import derive
    from inventories.hosts import register
    from topology.ledger import plan_for

    return derive(register(cloud, plan_for(cloud, path))).variables


class _LabHosts:
    """Enters a lab's hosts from this machine, whatever is cut; implements Hosts and Power of the actions."""

    def __init__(self, injector: LabInjector) -> None:
        self._injector = injector

    def run(self, host: str, words: Sequence[str], seconds: float) -> str:
        """Return what a command printed. Raises NoAnswer when it did not run or end, OutsideFailed when it failed."""
        from dr_drills.probes.budget import NoAnswer

        if self._injector.is_off(host):
            raise NoAnswer(Text(f"{host} is not up", f"{host} 没有启动"))
        try:
            return self._injector.enter(host, words, seconds)
        except OutsideFailed as error:
            if error.__cause__ is None:
                raise
            raise NoAnswer(error.what) from error

    def off(self, host: str) -> bool:
        return self._injector.is_off(host)


def _hosts(desk: Desk) -> _LabHosts | None:
    """Return the way into the hosts of a cloud, None where it is no lab of this machine."""
    return None if isinstance(desk.injector, NoInjector) else _LabHosts(desk.injector)


def refuse_lacking(desk: Desk, steps: Sequence[Foreseen]) -> None:
    """Raise GateRefused when a step of a plan cannot be done from here, before anything is."""
    from dr_drills.actions.table import require

    for service in dict.fromkeys(one.service for one in steps):
        require((one.step for one in steps if one.service == service), _tools(desk, service))


def _tools(desk: Desk, service: str) -> Tools:
    from dataclasses import replace

    from dr_drills.actions.tools import Tools

    lab = _hosts(desk)
    made = Tools.of(desk.scene, service, desk.keys)
    return replace(made, borders=desk.borders, hosts=lab, power=lab, evidence=desk.observer.evidence)


def _hands(desk: Desk) -> Callable[[str, Step, Case], StepResult]:
    from dr_drills.actions.execute import run_step

    tools = cache(partial(_tools, desk))

    def act(service: str, step: Step, case: Case) -> StepResult:
        def look() -> World:
            return desk.observer.world(service)

        return run_step(step, case, tools(service), look)

    return act


@contextmanager
def _sighting(desk: Desk, sites: Sequence[str]) -> Iterator[Sighting]:
    """Let observers look at sites; the planner's eyes get used to the dark meanwhile, or their first look is slow."""
    from dr_drills.detection.eyes import CONNECT_S, observers
    from dr_drills.detection.watch import Sighting
    from dr_drills.probes.web import Web

    watching = observers(desk.scene, sites, Web(desk.keys, CONNECT_S), _hosts(desk)) if sites else ()
    over = Event()
    eyes = Thread(target=_look_until, args=(desk, over), daemon=True)
    with Sighting(watching) as sighting:
        if sites:
            eyes.start()
        try:
            yield sighting
        finally:
            over.set()
            if sites:
                eyes.join()


def _look_until(desk: Desk, over: Event) -> None:
    while not over.wait(LOOK_PAUSE_S):
        desk.observer.look()


@contextmanager
def _watched(desk: Desk, clients: Sequence[Client], record: Path) -> Iterator[Watch]:
    from dr_drills.clients.watch import Watch

    with Watch(clients, HZ, record) as watch:
        desk.watch = watch
        try:
            yield watch
        finally:
            desk.watch = None
