"""The world against the topology: what was changed, removed or made by hand, site by site."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import Event
from typing import Any

from failures import AnswerNo, GovcloudError, Interrupted
from stacks.engine.events import Change, Op, Outcome
from stacks.messages import distinct
from stacks.rollout.backends import backends_of
from stacks.rollout.deploy import MakeBackends
from stacks.rollout.engines import Run
from stacks.rollout.locks import hold
from stacks.rollout.options import RunOptions
from stacks.rollout.parity import Aspect, compare, expected_summary
from stacks.rollout.plan import ACTS, StackPlan, Standing, is_object
from stacks.rollout.preview import Backends, stage_of, standing_of
from stacks.rollout.records import Record
from stacks.rollout.run import Ended, Job, Verdict, run_jobs, short
from stacks.rollout.stack_index import known_stacks
from stacks.rollout.stop import stoppable
from stacks.rollout.terminal import Terminal
from stacks.rollout.workspace import Workspace, open_workspace
from stacks.rollout.world import SiteWorld
from stacks.shards import Shard


class Kind(StrEnum):
    CHANGED = "changed"
    MISSING = "missing"
    EXTRA = "extra"
    UNDEPLOYED = "undeployed"
    """the topology says it, and it was not built yet"""


@dataclass(frozen=True, order=True)
class Drifted:
    """One difference; `what` names the thing, `detail` what of it differs."""

    site: str
    kind: Kind
    what: str
    detail: str = ""


@dataclass(frozen=True)
class DriftReport:
    """`unknown` are failures by site: nothing is said about what could not be read."""

    cloud: str
    sites: tuple[str, ...]
    rows: tuple[Drifted, ...]
    unknown: tuple[tuple[str, GovcloudError], ...]
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """130 when stopped; 5 or 6 when a site could not be read; 1 on drift; else 0."""
        if self.interrupted:
            return Interrupted.exit_code
        if self.unknown:
            return max(error.exit_code for _, error in self.unknown)
        return AnswerNo.exit_code if self.rows else 0

    @property
    def messages(self) -> tuple[GovcloudError, ...]:
        return tuple(distinct(self.unknown))

    def document(self) -> dict[str, Any]:
        dark = {site for site, _ in self.unknown}
        return {
            "ok": self.exit_code == 0,
            "exit_code": self.exit_code,
            "cloud": self.cloud,
            "sites": {site: self._word(site, dark) for site in self.sites},
            "drift": [
                {"site": row.site, "kind": str(row.kind), "what": row.what, "detail": row.detail} for row in self.rows
            ],
            "errors": [{"where": e.where, "what": e.what.en, "exit_code": e.exit_code} for e in self.messages],
        }

    def _word(self, site: str, dark: set[str]) -> str:
        return "unknown" if site in dark else "drift" if any(row.site == site for row in self.rows) else "as declared"


def drift(source: Path, options: RunOptions, terminal: Terminal, make: MakeBackends = backends_of) -> DriftReport:
    """Return how the sites differ from the topology; reads, and changes neither world nor state."""
    workspace = open_workspace(source, os.environ, options.sites)
    workspace.home.make()
    with hold(workspace.home.lock, "govcloud drift"), stoppable(terminal.note) as stop:
        backends = make(workspace, options, terminal)
        return find_drift(workspace, options, backends, stop)


def find_drift(workspace: Workspace, options: RunOptions, backends: Backends, stop: Event) -> DriftReport:
    """Compare every stack that was built with its objects, and every site as a whole with what it must have."""
    records = known_stacks(workspace.home)
    dead = backends.reach(workspace.entries(workspace.sites))
    alive = [site for site in workspace.sites if site not in dead]
    existing = tuple(shard for shard in workspace.shards if shard.stack in records)
    built = [standing_of(workspace, shard.stack, records) for shard in existing]
    pending: dict[str, frozenset[str]] = {}
    jobs = [Job(stack, stage_of(stack)) for stack in built if stack.site in alive]
    worlds = backends.worlds(workspace.entries(alive), workspace.cloud.name) if alive else {}

    def look(stack: StackPlan, asked: Event) -> Outcome:
        engine, shard = backends.engines(records.get(stack.stack)), workspace.shard(stack.stack)
        seen = engine.preview(shard, Run(refresh=True, stop=asked))
        if stack.standing is not Standing.UNCHANGED and seen.ok:
            pending[stack.stack] = frozenset(
                c.urn for c in engine.preview(shard, Run(stop=asked)).changes if c.op in ACTS
            )
        return seen

    ended = run_jobs(jobs, look, options.parallel, stop, workspace.alive(backends.reach))
    held = {site: _held_ids(site, records, backends) for site in alive}
    rows = [row for end in ended for row in _stack_rows(end, pending.get(end.plan.stack, frozenset()))]
    rows += [
        Drifted(s.site, Kind.UNDEPLOYED, s.stack)
        for s in workspace.shards
        if s.site in alive and s.stack not in records
    ]
    for site, world in worlds.items():
        if not isinstance(world, GovcloudError):
            rows += [*_parity_rows(existing, site, world), *_extra_rows(workspace, site, world, held[site])]
    unknown = [*dead.items()]
    unknown += [(site, world) for site, world in worlds.items() if isinstance(world, GovcloudError)]
    unknown += [(end.plan.site, end.error) for end in ended if end.verdict is not Verdict.DONE and end.error]
    return DriftReport(
        workspace.cloud.name, workspace.sites, tuple(sorted(set(rows))), tuple(unknown), interrupted=stop.is_set()
    )


def _stack_rows(end: Ended, pending: frozenset[str]) -> Iterator[Drifted]:
    """Yield what differs in a stack; `pending` are the URNs that the next deploy would change anyway."""
    if end.outcome is None:
        return
    forgotten = {c.urn for c in end.outcome.changes if c.op is Op.FORGET}
    for change in end.outcome.changes:
        if is_object(change.type) and change.op in ACTS:
            kind = Kind.MISSING if change.urn in forgotten else _kind(change, pending)
            yield Drifted(end.plan.site, kind, f"{end.plan.stack} {short(change.urn)}", ", ".join(change.keys))


def _kind(change: Change, pending: frozenset[str]) -> Kind:
    return Kind.UNDEPLOYED if change.urn in pending or change.op is Op.CREATE else Kind.CHANGED


def _parity_rows(built: tuple[Shard, ...], site: str, world: SiteWorld) -> Iterator[Drifted]:
    for found in compare(site, expected_summary(built, site), world.summary):
        kind = Kind.EXTRA if not found.expected else Kind.MISSING if not found.actual else Kind.CHANGED
        detail = f"{found.expected or '-'} -> {found.actual or '-'}"
        yield Drifted(site, kind, f"{found.aspect} {found.name}", detail)


def _extra_rows(workspace: Workspace, site: str, world: SiteWorld, held: frozenset[str]) -> Iterator[Drifted]:
    """Yield what is in the departments' projects or bears their mark, and in no stack."""
    expected = {shard.department for shard in workspace.shards if shard.site == site}
    for name in sorted(set(world.summary.departments) - expected):
        yield Drifted(site, Kind.EXTRA, f"{Aspect.DEPARTMENT} {name}")
    for thing in world.things:
        if thing.id not in held:
            yield Drifted(site, Kind.EXTRA, f"{thing.kind} {thing.name or thing.id}", f"{thing.project} {thing.id}")


def _held_ids(site: str, records: Mapping[str, Record], backends: Backends) -> frozenset[str]:
    mine: Sequence[Record] = [record for record in records.values() if record.site == site]
    found = (r.get("id") for record in mine for r in backends.engines(record).resources(record.stack))
    return frozenset(id_ for id_ in found if id_)
