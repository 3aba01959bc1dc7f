"""The faults a lab can do to its sites, lines and hosts, by name; each can be undone and both may be repeated."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from failures import Text, WrongUsage
from lab import clock, cut, power
from lab.commands import run
from lab.hosts import groups
from lab.hosts.machine import Machine
from lab.hosts.roster import find
from lab.locks import locked
from lab.namespaces import inside
from lab.outages import dark
from lab.passwords import write_private
from lab.place import Place
from lab.shell import way_in
from lab.site import LabSite
from lab.up import Listen, known_sites
from lab.wan.faults import Fault
from lab.wan.settle import CLEAR, read_faults
from topology.model import Cloud

FILE = "injected.json"
UNIT = "patroni"
DATA = "/var/lib/postgresql"
BALLAST = f"{DATA}/govcloud-drill-ballast"
FILL = """
free=$(df --output=avail -B1 "$(dirname "$1")" | tail -1)
fallocate --length "$free" "$1"
cat /dev/zero >> "$1" 2> /dev/null || true
"""
"""Takes what is free, to the last block: what `df` calls free may be less than there is."""
START_S = 60.0
WAIT_S = 10.0
API_TABLE = "govcloud_api_outage"
LINES = {"site": "sites", "link": "links", "carrier": "carriers", "host": "hosts"}
SLOWNESS = {"slow-50ms": cut.Slowness(latency_ms=50.0), "lossy-2pct": cut.Slowness(loss=0.02)}
SELF_KNOWN = {("power", "site"), *((fault, kind) for fault in ("cut", *SLOWNESS) for kind in LINES)}
"""What the lab remembers by itself where it does it."""
Applied = tuple[str, str, str]
"""Fault, kind of target and its name."""


@dataclass(frozen=True)
class Verb:
    """How a fault is done to a target of a kind, and undone."""

    inject: Callable[[str, str], None]
    heal: Callable[[str, str], None]


class LabInjector:
    """What a lab does on purpose; `listen` hears what comes back up when power does."""

    def __init__(self, cloud: Cloud, place: Place, listen: Listen = lambda *_: None) -> None:
        self._cloud, self._place, self._listen = cloud, place, listen
        self._verbs = {
            "cut": Verb(self._cut, self._uncut),
            **{fault: Verb(self._slow(slowness), self._uncut) for fault, slowness in SLOWNESS.items()},
            "power": Verb(self._power_off, self._power_on),
            "freeze": Verb(self._freeze, self._thaw),
            "crash-database": Verb(self._crash, self._start),
            "stop-database": Verb(self._stop, self._start),
            "disk-full": Verb(self._fill, self._empty),
            "clock-step": Verb(self._step, self._unstep),
            "api-outage": Verb(self._mute, self._unmute),
        }

    @property
    def faults(self) -> frozenset[str]:
        return frozenset(self._verbs)

    def inject(self, fault: str, kind: str, name: str) -> None:
        """Do it. Raises WrongUsage for a fault or target there is not, OutsideFailed when it cannot be done."""
        verb = self._verb(fault)
        if (fault, kind) not in SELF_KNOWN:
            self._note((fault, kind, name), there=True)  # first: a kill must not leave what nobody knows of
        verb.inject(kind, name)

    def heal(self, fault: str, kind: str, name: str) -> None:
        """Undo it. Raises OutsideFailed when it cannot be undone; it is then still in force."""
        verb = self._verb(fault)
        if (fault, kind, name) in self.in_force():
            verb.heal(kind, name)
        self._note((fault, kind, name), there=False)

    def in_force(self) -> set[Applied]:
        """Return what is in force, whoever did it."""
        without = dark(self._place)
        return self._noted() | self._on_lines(without) | {("power", "site", name) for name in without}

    def hold_down(self, host: str) -> None:
        """Stop the database of a host, by a way that needs no line, and keep it from starting with the host."""
        machine = self._machine(host)
        if machine.running():
            groups.freeze(machine.group, frozen=False)
            self._inside(host, "systemctl", "disable", "--now", UNIT)
        for top in (machine.root, machine.own / "upper"):
            (top / "etc/systemd/system/multi-user.target.wants" / f"{UNIT}.service").unlink(missing_ok=True)

    def is_off(self, host: str) -> bool:
        """Tell whether nothing of a host runs. Raises WrongUsage for a host there is not."""
        return not self._machine(host).running()

    def enter(self, host: str, words: Sequence[str], seconds: float) -> str:
        """Return what a command printed that ran as root in a host, whatever is cut. Raises OutsideFailed."""
        return run(*way_in(self._cloud, self._place, host, words), seconds=seconds)

    def _verb(self, fault: str) -> Verb:
        if fault not in self._verbs:
            there = ", ".join(self._verbs)
            raise WrongUsage(
                Text(f"the lab cannot do {fault}", f"实验环境无法实施 {fault}"),
                fix=Text(f"it can: {there}", f"可实施：{there}"),
            )
        return self._verbs[fault]

    def _noted(self) -> set[Applied]:
        path = self._place.run / FILE
        return {(row[0], row[1], row[2]) for row in json.loads(path.read_text())} if path.exists() else set()

    def _note(self, applied: Applied, *, there: bool) -> None:
        with locked(self._place.run / "injected.lock", seconds=WAIT_S):
            rows = self._noted()
            changed = rows | {applied} if there else rows - {applied}
            if changed != rows:
                write_private(self._place.run / FILE, json.dumps(sorted(changed)))

    def _on_lines(self, without: Mapping[str, bool]) -> set[Applied]:
        """Return cuts and slownesses, but for the cuts that come with a lack of power."""
        found: set[Applied] = set()
        for fault in read_faults(self._place.run):
            powerless = fault.kind == "site" and without.get(fault.name) is False
            if fault.act == "cut" and not powerless:
                found.add(("cut", fault.kind, fault.name))
            elif fault.act == "slow":
                found.add((_slow_name(fault), fault.kind, fault.name))
        return found

    def _cut(self, kind: str, name: str) -> None:
        cut.cut(self._cloud, self._place, _targets(kind, name))

    def _uncut(self, kind: str, name: str) -> None:
        cut.heal(self._cloud, self._place, _targets(kind, name))

    def _slow(self, slowness: cut.Slowness) -> Callable[[str, str], None]:
        def slow(kind: str, name: str) -> None:
            cut.slow(self._cloud, self._place, _targets(kind, name), slowness)

        return slow

    def _power_off(self, kind: str, name: str) -> None:
        power.off(self._cloud, self._place, _powered(kind, name))

    def _power_on(self, kind: str, name: str) -> None:
        power.on(self._cloud, self._place, _powered(kind, name), self._listen)

    def _machine(self, name: str) -> Machine:
        return find(known_sites(self._cloud, self._place), name)

    def _freeze(self, _kind: str, name: str) -> None:
        groups.freeze(self._machine(name).group, frozen=True)

    def _thaw(self, _kind: str, name: str) -> None:
        groups.freeze(self._machine(name).group, frozen=False)

    def _inside(self, name: str, *words: str) -> str:
        return self.enter(name, words, START_S)

    def _crash(self, _kind: str, name: str) -> None:
        self._inside(name, "systemctl", "kill", "--kill-who=all", "--signal=SIGKILL", UNIT)

    def _stop(self, _kind: str, name: str) -> None:
        self._inside(name, "systemctl", "stop", UNIT)

    def _start(self, _kind: str, name: str) -> None:
        self._inside(name, "systemctl", "reset-failed", UNIT)
        self._inside(name, "systemctl", "start", UNIT)

    def _fill(self, _kind: str, name: str) -> None:
        self._inside(name, "bash", "-c", FILL, "fill", BALLAST)

    def _empty(self, kind: str, name: str) -> None:
        self._inside(name, "rm", "-f", BALLAST)
        self._start(kind, name)

    def _step(self, kind: str, name: str) -> None:
        clock.put_ahead(self._machine(name).root, partial(self._inside, name), UNIT)
        self._crash(kind, name)

    def _unstep(self, kind: str, name: str) -> None:
        clock.put_right(self._machine(name).root, partial(self._inside, name), UNIT)
        self._crash(kind, name)
        self._start(kind, name)

    def _site(self, name: str) -> LabSite:
        sites = {site.name: site for site in known_sites(self._cloud, self._place)}
        if name not in sites:
            raise cut.unknown_name("site", name, sites)
        return sites[name]

    def _mute(self, _kind: str, name: str) -> None:
        inside(self._site(name).namespace, "nft", "-f", "-", stdin=mute_rules())

    def _unmute(self, _kind: str, name: str) -> None:
        inside(self._site(name).namespace, "nft", "-f", "-", stdin=CLEAR.format(family="inet", table=API_TABLE))


def mute_rules() -> str:
    """Return the rules by which a control plane hears nobody but itself."""
    clear = CLEAR.format(family="inet", table=API_TABLE)
    chain = 'chain in { type filter hook input priority -300; policy accept; iifname != "lo" drop; }'
    return f"{clear}table inet {API_TABLE} {{\n  {chain}\n}}\n"


def _targets(kind: str, name: str) -> cut.Targets:
    return cut.Targets(**{LINES[kind]: (name,)})


def _powered(kind: str, name: str) -> power.Targets:
    return power.Targets(**{f"{kind}s": (name,)})


def _slow_name(fault: Fault) -> str:
    """Return what drills call a slowness; one of somebody's own measure is `slow`."""
    asked = cut.Slowness(fault.latency_ms, fault.loss, fault.bandwidth_mbps)
    return next((name for name, slowness in SLOWNESS.items() if slowness == asked), "slow")
