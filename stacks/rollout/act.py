"""Acts on one stack: record that it is about to be touched, run the engine, record how it ended."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from threading import Event, Lock
from typing import Any

from stacks.engine.events import Outcome
from stacks.rollout.engines import Engine, Run
from stacks.rollout.options import RunOptions
from stacks.rollout.plan import PlanReport, StackPlan, Standing, needs_hash
from stacks.rollout.preview import Backends
from stacks.rollout.progress import Board
from stacks.rollout.records import Record, Result
from stacks.rollout.stack_index import known_stacks
from stacks.rollout.workspace import Workspace


class Building:
    """Builds the stacks of a confirmed plan; `act` may be called from several threads."""

    def __init__(
        self, workspace: Workspace, plan: PlanReport, options: RunOptions, backends: Backends, board: Board
    ) -> None:
        self._workspace, self._options, self._backends, self._board = workspace, options, backends, board
        self._allow = {stack.stack: allowed(stack, plan, options) for stack in plan.stacks}
        self._store = workspace.records
        self._records = known_stacks(workspace.home)
        self._lock = Lock()

    def act(self, stack: StackPlan, stop: Event) -> Outcome:
        engine = self._backends.engines(self._records.get(stack.stack))
        run = Run(self._allow[stack.stack], self._options.refresh, self._board.listener(stack.site), stop)
        if stack.standing is Standing.GONE:
            outcome = self._destroy(stack, engine, run)
        else:
            outcome = self._build(stack, engine, run)
        self._board.stack_done(stack.site)
        return outcome

    def _destroy(self, stack: StackPlan, engine: Engine, run: Run) -> Outcome:
        self._store.begin(self._records[stack.stack])
        outcome = engine.destroy(stack.stack, run)
        if outcome.ok:
            self._store.forget(stack.stack)
        return outcome

    def _build(self, stack: StackPlan, engine: Engine, run: Run) -> Outcome:
        shard = self._workspace.shard(stack.stack)
        with self._lock:
            needs = needs_hash(shard, self._records)
        before = self._records.get(stack.stack)
        if stack.standing is Standing.UNCHANGED and before and before.needs == needs and not self._options.refresh:
            return Outcome()
        record = Record(
            stack=shard.stack,
            site=shard.site,
            kind=shard.kind,
            digest=shard.digest,
            program=self._workspace.program,
            engine=engine.name,
            result=Result.ACTING,
            at=_now(),
            needs=needs,
            generation=self._workspace.generations[shard.site],
        )
        self._store.begin(record)
        outcome = engine.build(shard, run)
        done = replace(record, result=_result(outcome), at=_now(), outputs=outputs_hash(outcome.outputs))
        self._store.finish(done)
        with self._lock:
            self._records[shard.stack] = done
        return outcome


def allowed(stack: StackPlan, plan: PlanReport, options: RunOptions) -> frozenset[str]:
    """Return the URNs of a stack that may be lost: those named, and those the plan found to hold no data."""
    named = {loss.change.urn for loss in plan.losses if loss.stack == stack.stack and not loss.ask}
    return options.replace | options.delete | named


def outputs_hash(outputs: Mapping[str, Any]) -> str:
    """Return SHA-256 over outputs, secrets masked."""
    from stacks.engine.values import mask  # noqa: PLC0415 - protobuf, only where something was built

    return hashlib.sha256(json.dumps(mask(dict(outputs)), sort_keys=True, default=str).encode()).hexdigest()


def _result(outcome: Outcome) -> Result:
    if any(failed.unknown for failed in outcome.failures):
        return Result.UNKNOWN
    return Result.DONE if outcome.ok else Result.FAILED


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")
