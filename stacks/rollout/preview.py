"""Makes the plan: which stacks changed, and what the engine says it would do to those."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import Event
from typing import TYPE_CHECKING

from failures import GovcloudError
from stacks.engine.events import Change, Op, Outcome
from stacks.engine.provider import BROKEN
from stacks.engine.urns import PROVIDER_PREFIX
from stacks.image_files import require_images
from stacks.rollout.engines import Engine, Run
from stacks.rollout.options import RunOptions
from stacks.rollout.plan import PlanReport, StackPlan, Standing, losses, needs_hash, standing
from stacks.rollout.records import Record
from stacks.rollout.run import Ended, Job, Stage, run_jobs
from stacks.rollout.stack_index import known_stacks
from stacks.rollout.workspace import Reach, Workspace, gone
from stacks.stateful import is_stateful

if TYPE_CHECKING:
    from stacks.rollout.world import SiteWorld

Engines = Callable[[Record | None], Engine]
Worlds = Callable[[Mapping[str, str], str], "Mapping[str, SiteWorld | GovcloudError]"]
"""Reads what sites have of a cloud."""
Requests = Callable[[], Mapping[str, int]]
"""Returns the HTTP requests sent to each site so far."""


def _uncounted() -> Mapping[str, int]:
    return {}


@dataclass(frozen=True)
class Backends:
    """What planning and building reach the world with."""

    engines: Engines
    reach: Reach
    worlds: Worlds
    requests: Requests = _uncounted


def make_plan(workspace: Workspace, options: RunOptions, backends: Backends, stop: Event) -> PlanReport:
    """Return the plan; asks no site and opens no state where nothing changed, unless a refresh is wished."""
    require_images(workspace.cloud, workspace.images, workspace.folder)
    records = known_stacks(workspace.home)
    stacks = [standing_of(workspace, shard.stack, records) for shard in workspace.shards]
    stacks += [StackPlan(r.stack, r.site, r.kind, Standing.GONE) for r in gone(records, workspace)]
    asked = [stack for stack in stacks if stack.acts or options.refresh]
    dead = backends.reach(workspace.entries(s.site for s in asked)) if asked else {}
    jobs = [Job(stack, stage_of(stack)) for stack in asked if stack.site not in dead]
    ended = run_jobs(jobs, _Previews(workspace, options, backends, records).look, options.parallel, stop)
    looked = {end.plan.stack: _planned(end, backends, records) for end in ended}
    looked |= {s.stack: replace(s, trouble=dead[s.site]) for s in asked if s.site in dead}
    final = tuple(looked.get(stack.stack, stack) for stack in stacks)
    lost = [loss for stack in final for loss in losses(stack, is_stateful, options.replace, options.delete)]
    return PlanReport(workspace.cloud.name, workspace.digest, workspace.sites, final, tuple(lost))


def stage_of(stack: StackPlan) -> Stage:
    if stack.standing is Standing.GONE:
        return Stage.LAST if stack.kind == "foundation" else Stage.REMOVED
    return Stage.FOUNDATION if stack.kind == "foundation" else Stage.DEPARTMENTS


def standing_of(workspace: Workspace, stack: str, records: Mapping[str, Record]) -> StackPlan:
    shard = workspace.shard(stack)
    found = standing(shard, records.get(stack), workspace.program, needs_hash(shard, records))
    return StackPlan(stack, shard.site, shard.kind, found)


@dataclass(frozen=True)
class _Previews:
    workspace: Workspace
    options: RunOptions
    backends: Backends
    records: Mapping[str, Record]

    def look(self, stack: StackPlan, stop: Event) -> Outcome:
        engine = self.backends.engines(self.records.get(stack.stack))
        if stack.standing is Standing.GONE:
            return Outcome(changes=deletions(engine.resources(stack.stack)))
        return engine.preview(self.workspace.shard(stack.stack), Run(refresh=self.options.refresh, stop=stop))


def deletions(resources: list[Mapping[str, str]]) -> list[Change]:
    """Return the deletion of every real object among the resources of a stack, last made first."""
    real = [r for r in resources if r.get("id") and not r["type"].startswith(PROVIDER_PREFIX) and not r.get("external")]
    return [Change(Op.DELETE, r["urn"], r["type"], r["id"]) for r in reversed(real)]


def _planned(end: Ended, backends: Backends, records: Mapping[str, Record]) -> StackPlan:
    changes = tuple(end.outcome.changes) if end.outcome else ()
    plan = replace(end.plan, changes=changes, trouble=end.error)
    if not any(change.op is Op.REPLACE and is_stateful(change.type) for change in changes):
        return plan
    held = backends.engines(records.get(plan.stack)).resources(plan.stack)
    return replace(plan, stillborn=frozenset(r["urn"] for r in held if (r.get("outputs") or {}).get(BROKEN)))
