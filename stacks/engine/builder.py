"""Doing what was decided: through the provider, journaled before and after; or, in a preview, as if."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from stacks.engine.deletes import Deletes, refusal
from stacks.engine.deployment import Resource, now
from stacks.engine.drift import compare
from stacks.engine.events import Change, Op
from stacks.engine.goals import Goal
from stacks.engine.provider import AnswerLost, Properties, RefusedByApi, Unsupported, repeated
from stacks.engine.providers import Connection
from stacks.engine.record import Broken, RunRecord, with_id
from stacks.engine.recovery import Recovery
from stacks.engine.steps import Step
from stacks.engine.values import has_unknown, keep_secret

_CONFLICT = 409


@dataclass(frozen=True)
class Task:
    """One resource and what was decided for it.

    `held` is what the state says, `old` the same after a look at the object if one was asked for; `inputs` are checked.
    """

    goal: Goal
    held: Resource | None
    old: Resource | None
    inputs: Properties
    step: Step
    connection: Connection

    @property
    def change(self) -> Change:
        id_ = (self.old or {}).get("id") or ""
        return Change(self.step.op, self.goal.urn, self.goal.type, id_, self.step.keys, self.step.replace_keys)

    def resource(self) -> Resource:
        return self.goal.resource(self.inputs)


class Hands(Protocol):
    """Carries out a task and returns the resource as it is after it."""

    def act(self, task: Task) -> Resource: ...


def _imported(task: Task) -> Resource:
    """Return the resource of an existing object. Raises Broken when it is gone or not as the program says."""
    held, wanted = (task.old or {}).get("id"), task.goal.import_id
    if held:
        raise Broken(
            f"the stack already holds {held} here; import_ names {wanted}: remove import_, or use another name"
        )
    resource = {**task.resource(), "id": wanted}
    outputs = task.connection.read(resource)
    if outputs is None:
        raise Broken(f"there is no {task.goal.type} with the id {wanted} to import")
    seen = compare(task.connection, {**resource, "outputs": outputs}, outputs)
    ignored = {path.partition(".")[0].partition("[")[0] for path in task.goal.ignore_changes}
    if wrong := set(seen.keys) - ignored:
        raise Broken(
            f"{wanted} is not as the program says: {', '.join(sorted(wrong))} differ;"
            " write what it has, or list them in ignore_changes"
        )
    return {**seen.resource, "created": now(), "modified": now()}


class Preview:
    """Shows what would be done; asks the API only for what is to be imported."""

    def __init__(self, record: RunRecord) -> None:
        self._record = record

    def act(self, task: Task) -> Resource:
        resource = self._planned(task)
        self._record.saw(resource)
        self._record.done(task.change)
        return resource

    def _planned(self, task: Task) -> Resource:
        resource, old = task.resource(), task.old
        if task.step.op is Op.IMPORT and not has_unknown(task.goal.import_id):
            return _imported(task)
        if old is None or task.step.op in {Op.CREATE, Op.IMPORT, Op.REPLACE}:
            return {**resource, "outputs": dict(task.inputs)}
        changed = {key: task.inputs.get(key) for key in task.step.keys}
        return {**resource, "id": old["id"], "outputs": {**(old.get("outputs") or {}), **changed}}


class Builder:
    """Makes, changes and replaces objects; every change of the world has its intent on disk first."""

    def __init__(self, record: RunRecord, recovery: Recovery, deletes: Deletes) -> None:
        self._record, self._recovery, self._deletes = record, recovery, deletes
        self._acts: dict[Op, Callable[[Task], Resource]] = {
            Op.SAME: self._same,
            Op.CREATE: self._create,
            Op.UPDATE: self._update,
            Op.REPLACE: self._replace,
            Op.IMPORT: self._import,
        }

    def act(self, task: Task) -> Resource:
        """Raise Broken, Skipped, or a GovcloudError when the state cannot be written."""
        if task.step.op is not Op.SAME:
            self._record.check_turn(task.goal.urn, task.resource())
            self._record.begin(task.change)
        started = time.monotonic()
        resource = self._acts[task.step.op](task)
        self._record.saw(resource)
        self._record.done(with_id(task.change, resource["id"]), time.monotonic() - started)
        return resource

    def _same(self, task: Task) -> Resource:
        old = task.old or {}
        kept = {key: old[key] for key in ("id", "outputs", "created", "modified") if key in old}
        resource = task.resource() | kept
        if resource != task.held:
            self._record.state.put(resource, sync=False)
        return resource

    def _import(self, task: Task) -> Resource:
        resource = _imported(task)
        self._record.state.put(resource)
        return resource

    def _update(self, task: Task) -> Resource:
        old = task.old or {}
        kept = {key: old[key] for key in ("id", "outputs", "created") if key in old}
        resource, inputs = task.resource() | kept, old.get("inputs") or {}
        number = self._record.state.begin("updating", resource)
        try:
            outputs = repeated(lambda: task.connection.update(resource, inputs, task.step.keys))
        except (RefusedByApi, Unsupported) as err:
            self._record.state.drop(number)
            raise Broken(str(err)) from err
        except AnswerLost as err:
            raise Broken(f"no answer: {err}", unknown=True) from err
        done = {**resource, "outputs": _secret(task, outputs), "modified": now()}
        self._record.state.put(done, number)
        return done

    def _replace(self, task: Task) -> Resource:
        old = task.old or {}
        if old.get("pendingReplacement"):
            return self._create(task)
        if why := refusal(self._record.request, old, "replace"):
            raise Broken(why)
        if task.step.delete_first:
            self._deletes.make_room(self._record.state.live[task.goal.urn])
        return self._create(task)

    def _create(self, task: Task) -> Resource:
        resource = task.resource()
        begun, number = time.time(), self._record.state.begin("creating", resource)
        try:
            found = task.connection.create(resource)
        except (RefusedByApi, Unsupported) as err:
            self._record.state.drop(number)
            raise Broken(self._explain(task, resource, err)) from err
        except AnswerLost as err:
            return self._found_after_all(number, resource, begun, err)
        stamp = now()
        made = {
            **resource,
            "id": found.id,
            "outputs": _secret(task, found.outputs),
            "created": stamp,
            "modified": stamp,
        }
        self._record.state.put(made, number)
        return made

    def _found_after_all(self, number: int, resource: Resource, begun: float, lost: AnswerLost) -> Resource:
        try:
            found = self._recovery.look(resource, begun, self._record.request.settle)
        except (AnswerLost, RefusedByApi) as err:
            raise Broken(f"no answer: {lost}; looking it up failed too: {err}", unknown=True) from err
        if found is None:
            raise Broken(
                f"no answer: {lost}; it was not found, and may still appear: run again", unknown=True
            ) from lost
        return self._recovery.adopt(number, resource, found)

    def _explain(self, task: Task, resource: Resource, err: Exception) -> str:
        if not isinstance(err, RefusedByApi) or err.status != _CONFLICT:
            return str(err)
        try:
            others = self._recovery.others(resource)
        except (AnswerLost, RefusedByApi):
            return str(err)
        if len(others) != 1:
            return str(err)
        return (
            f"an object like it exists already and is not of this stack: {task.goal.type} {others[0].id} ({err});"
            f" rename or delete it; a Pulumi program takes it over with import_={others[0].id!r}"
        )


def _secret(task: Task, outputs: Properties) -> Properties:
    marked: Properties = keep_secret(outputs, task.inputs, set(task.goal.additional_secret_outputs))
    return marked
