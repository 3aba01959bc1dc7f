"""kill -9 of a deployment at random moments: after the rerun, exactly what an undisturbed deployment makes."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab import census, town
from tests.lab.census import Census
from tests.lab.command import Started
from tests.lab.conftest import TestCity
from tests.lab.yard import LAB, Yard, active_sites
from topology.model import Cloud

pytestmark = [*LAB, pytest.mark.timeout(900), pytest.mark.city]

SEED = int(os.environ.get("GOVCLOUD_SEED") or random.SystemRandom().randrange(10**6))
LONGEST_DELAY = 0.15
"""Seconds: a kill comes at a random point of the work and a moment later, so that it also hits a waiting call."""
NAME = "killtown"
DEPARTMENTS = ("kt-archive", "kt-bridges", "kt-canals")
SERVERS = ("kt-archive-desk-1", "kt-archive-desk-2", "kt-bridges-desk-1", "kt-canals-desk-1")
EXPECTED = {
    "projects": sorted(DEPARTMENTS),
    "servers": sorted(f"{server[: -len('-desk-1')]}/{server}" for server in SERVERS),
    "volumes": sorted(f"{server[: -len('-desk-1')]}/{server} 1 in-use {server}" for server in SERVERS),
    "networks": sorted(
        [f"admin/{NAME}-edge external", f"admin/{NAME}-core shared", *(f"{name}/{name}-core" for name in DEPARTMENTS)]
    ),
    "routers": sorted(f"{name}/{name}-core gateway=True" for name in DEPARTMENTS),
    "server groups": [
        "kt-archive/kt-archive-desk anti-affinity kt-archive-desk-1 kt-archive-desk-2",
        "kt-bridges/kt-bridges-desk anti-affinity kt-bridges-desk-1",
        "kt-canals/kt-canals-desk anti-affinity kt-canals-desk-1",
    ],
    "floating addresses": [f"kt-archive/{server} on {server}" for server in SERVERS[:2]],
    "security groups": sorted(
        [f"admin/{NAME}.base", *(f"{name}/{group}" for name in DEPARTMENTS for group in ("default", f"{name}-desk"))]
    ),
}


@dataclass(frozen=True)
class Phase:
    """A deployment from one topology to another; `words` are those it needs beyond the usual."""

    name: str
    start: town.Topology
    end: town.Topology
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reference:
    """What an undisturbed deployment at another site made, and how many bytes it journaled on the way."""

    made: Census
    written: int


class Ground:
    """The site that is disturbed and the one that is not, with the references taken so far."""

    def __init__(self, quiet: Yard, struck: Yard, first: town.Topology) -> None:
        self.quiet, self.struck, self.first = quiet, struck, first
        self._references: dict[str, Reference] = {}

    def reference(self, phase: Phase) -> Reference:
        """Return the phase's reference; the quiet site is led from start to end the first time."""
        if phase.name not in self._references:
            if phase.name == "create":
                self.quiet.destroy()
            else:
                self.quiet.deploy(phase.start, *self.words(self.quiet, phase.start))
            words = self.words(self.quiet, phase.end)
            written = _watched(self.quiet, self.quiet.start(phase.end, *words))
            self._references[phase.name] = Reference(self.quiet.census(), written)
        return self._references[phase.name]

    @staticmethod
    def words(yard: Yard, content: town.Topology) -> tuple[str, ...]:
        """Return the options that name what the plan would destroy."""
        document = yard.plan(content, expect=None)
        named = [str(row["needs"]) for row in document["destroys"] if row["needs"]]
        return tuple(word.strip("'") for line in dict.fromkeys(named) for word in line.split(" ", 1))


@pytest.fixture(scope="module")
def ground(testcity: TestCity, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Two equal sites; what was built at them is destroyed afterwards."""
    sites = active_sites(testcity.cloud)
    folder = tmp_path_factory.mktemp("kill")
    quiet, struck = (Yard(folder / site, testcity.clouds_yaml, testcity.cloud, site) for site in sites[:2])
    first = _first(testcity.cloud, sites[:2])
    print(f"GOVCLOUD_SEED={SEED}")
    yield Ground(quiet, struck, first)
    for yard in (quiet, struck):
        yard.destroy()


def _first(lab: Cloud, sites: tuple[str, ...]) -> town.Topology:
    departments = {
        "kt-archive": town.department("pair", "high"),
        "kt-bridges": town.department("plain"),
        "kt-canals": town.department("plain"),
    }
    return town.changed(town.topology(NAME, lab, sites, departments), ("templates/plain/volume_gb", 1))


def _journals(yard: Yard) -> list[Path]:
    return [path for path in (yard.folder / "home").glob("stacks/*/states/*.journal") if path.stat().st_size]


class Growth:
    """How many bytes a running deployment has put into its journals; those of a finished stack are emptied."""

    def __init__(self, yard: Yard) -> None:
        self._yard = yard
        self._sizes: dict[Path, int] = {}
        self.bytes = 0

    def follow(self, run: Started, limit: float) -> bool:
        """Wait until so many bytes have been written; False when the deployment ended before."""
        while self.bytes < limit:
            if run.process.poll() is not None:
                return False
            time.sleep(0.01)
            self._look()
        return True

    def _look(self) -> None:
        for path in (self._yard.folder / "home").glob("stacks/*/states/*.journal"):
            size, before = path.stat().st_size, self._sizes.get(path, 0)
            self.bytes += size - before if size >= before else size
            self._sizes[path] = size


def _watched(yard: Yard, run: Started) -> int:
    """Let a deployment end and return how much it wrote to its journals."""
    growth = Growth(yard)
    growth.follow(run, float("inf"))
    ended = run.ended()
    assert ended.code == 0, ended.text
    return growth.bytes


def _open_intents(yard: Yard) -> int:
    """Return how many operations the journals begin and do not end."""
    count = 0
    for path in _journals(yard):
        records = [json.loads(line.partition(b" ")[2]) for line in path.read_bytes().split(b"\n")[:-1]]
        begun = {record["n"] for record in records if record["k"] == "intent"}
        count += len(begun - {record.get("n") for record in records if record["k"] != "intent"})
    return count


def _unfinished(yard: Yard) -> bool:
    """Whether a stack is on record as being worked on."""
    records = (yard.folder / "home").glob("stacks/*/records/*.json")
    return any(json.loads(path.read_text(encoding="utf-8"))["result"] == "acting" for path in records)


def _struck(ground: Ground, phase: Phase, fraction: float, delay: float) -> int | None:
    """Kill one deployment and run it again; return the operations that were open, None when all was done already."""
    reference, yard = ground.reference(phase), ground.struck
    words = ground.words(yard, phase.end)
    run = yard.start(phase.end, *words)
    if Growth(yard).follow(run, fraction * reference.written):
        time.sleep(delay)
    alive = run.signal(signal.SIGKILL)
    run.ended()
    left, hit = _open_intents(yard), alive and _unfinished(yard)
    again = yard.deploy(phase.end, *words)
    found = yard.census()
    where = f"seed {SEED}, {phase.name}, killed at {fraction:.0%} and {delay:.2f} s"
    assert census.differences(reference.made, found) == [], where
    assert census.doubled(found) == {}, where
    assert found["orphans"] == [], where
    what = f"{left} operations open" if hit else "too late, not counted"
    print(f"{where}: {what}, rerun {again.seconds:.1f} s, nothing lost, nothing doubled")
    return left if hit else None


def _kills(ground: Ground, phase: Phase, wanted: int, back: Phase | None = None) -> list[int]:
    """Kill `wanted` deployments of a phase, back and forth when `back` is given; return the open operations of each."""
    moments = random.Random(f"{SEED} {phase.name}")
    struck: list[int] = []
    for turn in range(2 * wanted + 4):
        if len(struck) == wanted:
            break
        now = phase if back is None or turn % 2 == 0 else back
        left = _struck(ground, now, moments.random(), moments.uniform(0, LONGEST_DELAY))
        struck += [] if left is None else [left]
        if back is None:
            _return(ground.struck, phase)
    assert len(struck) == wanted, f"seed {SEED}: only {len(struck)} of {wanted} deployments were hit while they ran"
    return struck


def _return(yard: Yard, phase: Phase) -> None:
    if phase.name == "create":
        yard.destroy()
        assert all(not names for names in yard.census().values()), yard.census()
        assert yard.lost() == []
    else:
        yard.deploy(phase.start)


def test_kill_in_create_rerun_makes_exactly_what_is_asked(ground: Ground) -> None:
    """Four kills of a first deployment, each on an empty site; the site is empty again after each destroy."""
    phase = Phase("create", ground.first, ground.first)
    ground.struck.destroy()
    reference = ground.reference(phase)

    assert {kind: reference.made[kind] for kind in EXPECTED} == EXPECTED
    assert sum(_kills(ground, phase, 4)) > 0


def test_kill_in_update_rerun_ends_it(ground: Ground) -> None:
    """Two kills while quotas and the servers' metadata change."""
    other = town.changed(
        ground.first,
        ("departments/kt-archive/quota/vcpus", 41),
        ("departments/kt-archive/quota/ram_gb", 81),
        ("departments/kt-archive/quota/disk_gb", 201),
        ("departments/kt-archive/applications/desk/tier", "low"),
    )
    ground.struck.deploy(ground.first)

    _kills(ground, Phase("update", ground.first, other), 2, Phase("update back", other, ground.first))


def test_kill_in_replace_rerun_ends_it(ground: Ground) -> None:
    """Two kills while an image, its old content named with --delete, gets another and a rule gets another port."""
    other = town.changed(
        ground.first,
        (f"images/{NAME}-b/file", "a.raw"),
        ("templates/pair/openings", [{"port": 443, "source": "any"}, {"port": 9200, "source": "department"}]),
    )
    ground.struck.deploy(ground.first)

    _kills(ground, Phase("replace", ground.first, other), 2, Phase("replace back", other, ground.first))


def test_kill_in_delete_rerun_ends_it(ground: Ground) -> None:
    """Two kills while a removed department, named with --delete, goes; its default security group goes with it."""
    other = town.changed(ground.first, ("departments/kt-canals", None))
    ground.struck.deploy(ground.first)
    phase = Phase("delete", ground.first, other)

    _kills(ground, phase, 2)
    assert not any("kt-canals" in name for names in ground.reference(phase).made.values() for name in names)


def test_comparison_with_one_network_too_many_sees_it(ground: Ground) -> None:
    """Negative control: a network made by hand is named by the comparison."""
    ground.quiet.deploy(ground.first)
    before = ground.quiet.census()
    network = ground.quiet.connection.network.create_network(name="kt-by-hand")
    try:
        found = census.differences(before, ground.quiet.census())
    finally:
        ground.quiet.connection.network.delete_network(network)

    assert found == ["networks + admin/kt-by-hand"]
