"""A small city for tests of orchestration: its topology file, an engine over a world in memory, a terminal that answers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock
from typing import Any

from failures import GovcloudError, SiteUnreachable, Text
from stacks.engine.events import Change, Failed, Op, Outcome, Progress
from stacks.rollout.engines import Run
from stacks.rollout.options import RunOptions
from stacks.rollout.plan import PlanReport
from stacks.rollout.preview import Backends
from stacks.rollout.progress import Board
from stacks.rollout.workspace import Workspace
from stacks.shards import Shard

SITES = ("east", "west")
PROJECT = "openstack:identity/project:Project"
GROUP = "openstack:identity/groupV3:GroupV3"

TOPOLOGY = """\
cloud: smalltown
sites:
  east: {role: active, city: here, openstack: small-east, capacity: {vcpus: 64, ram_gb: 256, disk_tb: 10}}
  west: {role: active, city: here, openstack: small-west, capacity: {vcpus: 64, ram_gb: 256, disk_tb: 10}}
links:
  - {between: [east, west], kind: government-direct, latency_ms: 1, bandwidth_mbps: 1000, carrier: unicom}
zones:
  extranet: {cidr: 10.64.0.0/16}
  edge: {cidr: 172.20.0.0/20, kind: edge}
departments:
"""


def write_city(folder: Path, departments: Mapping[str, int]) -> Path:
    """Write a topology whose departments have so many virtual CPUs; return its path."""
    path = folder / "smalltown.yaml"
    rows = [f"  {name}: {{quota: {{vcpus: {cpus}, ram_gb: 8, disk_gb: 100}}}}\n" for name, cpus in departments.items()]
    path.write_text(TOPOLOGY + "".join(rows), encoding="utf-8")
    return path


def urn(stack: str, type_: str, name: str) -> str:
    return f"urn:pulumi:{stack}::govcloud::{type_}::{name}"


@dataclass
class World:
    """Two sites in memory: a stack holds its shard's digest; `calls` are operations by stack."""

    held: dict[str, str] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    dead: set[str] = field(default_factory=set)
    broken: dict[str, Failed] = field(default_factory=dict)
    acting: Event = field(default_factory=Event)
    hold_on: Event | None = None
    lock: Lock = field(default_factory=Lock)


class FakeEngine:
    """Implements stacks.rollout.engines.Engine: a stack is one project and one group, a changed shard replaces the project."""

    name = "embedded"

    def __init__(self, world: World) -> None:
        self.world = world

    def preview(self, shard: Shard, run: Run) -> Outcome:
        self._site(shard.site)
        return Outcome(changes=self._changes(shard))

    def build(self, shard: Shard, run: Run) -> Outcome:
        self._site(shard.site)
        self.world.acting.set()
        if self.world.hold_on:
            self.world.hold_on.wait(5)
        if shard.stack in self.world.broken:
            return Outcome(failures=[self.world.broken[shard.stack]], api_calls=1)
        changes = self._changes(shard)
        for change in changes:
            run.listen(Progress("done", change))
        with self.world.lock:
            self.world.calls[shard.stack] += len(changes)
            self.world.held[shard.stack] = shard.digest
        outputs = {"external": shard.digest} if shard.kind == "foundation" else {}
        return Outcome(changes=changes, outputs=outputs, api_calls=len(changes))

    def resources(self, stack: str) -> list[Mapping[str, Any]]:
        if stack not in self.world.held:
            return []
        return [{"urn": urn(stack, type_, "it"), "type": type_, "id": "1"} for type_ in (PROJECT, GROUP)]

    def destroy(self, stack: str, run: Run) -> Outcome:
        self._site(stack.split(".")[1])
        with self.world.lock:
            self.world.calls[stack] += 2
            del self.world.held[stack]
        return Outcome(
            changes=[Change(Op.DELETE, r["urn"], r["type"], "1") for r in self.resources(stack)], api_calls=2
        )

    def _site(self, site: str) -> None:
        if site in self.world.dead:
            raise SiteUnreachable(Text("no answer", "没有应答"), where=site)

    def _changes(self, shard: Shard) -> list[Change]:
        held = self.world.held.get(shard.stack)
        if held == shard.digest:
            return [Change(Op.SAME, urn(shard.stack, PROJECT, "it"), PROJECT)]
        op = Op.CREATE if held is None else Op.UPDATE
        return [Change(op, urn(shard.stack, type_, "it"), type_) for type_ in (PROJECT, GROUP)]


@dataclass
class FakeTerminal:
    """Answers every question with `says` and keeps what it was told; `meanwhile` happens while the person thinks."""

    says: str = "yes"
    notes: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    shown: list[PlanReport] = field(default_factory=list)
    meanwhile: Any = None

    def note(self, text: Text) -> None:
        self.notes.append(text.en)

    def show(self, plan: PlanReport) -> None:
        self.shown.append(plan)

    def confirm(self, question: Text, expect: str) -> bool:
        self.questions.append(question.en)
        if self.meanwhile:
            self.meanwhile()
        return self.says == expect

    @contextmanager
    def watch(self, board: Board) -> Iterator[None]:
        yield


def backends(world: World) -> Any:
    """Return a maker of backends over the world."""

    def reach(sites: Mapping[str, str]) -> Mapping[str, GovcloudError]:
        return {s: SiteUnreachable(Text("no answer", "没有应答"), where=s) for s in sites if s in world.dead}

    def make(workspace: Workspace, options: RunOptions, terminal: FakeTerminal) -> Backends:
        return Backends(lambda _: FakeEngine(world), reach, lambda *_: {})

    return make


def records_of(home: Path) -> dict[str, dict[str, Any]]:
    """Return the records below a home as plain JSON."""
    return {p.stem: json.loads(p.read_text()) for p in home.glob("stacks/*/records/*.json")}
