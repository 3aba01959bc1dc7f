"""Deleting objects: what may go, dependents first, many at a time."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

from failures import GovcloudError
from stacks.engine.deployment import Resource, dependencies, ordered
from stacks.engine.events import Op
from stacks.engine.provider import BROKEN, AnswerLost, RefusedByApi, Unsupported, repeated
from stacks.engine.providers import Providers
from stacks.engine.record import Broken, RunRecord, Skipped, change_of
from stacks.engine.request import RunRequest
from stacks.engine.steps import widen
from stacks.engine.urns import name_of, provider_urn
from stacks.engine.values import UNKNOWN

Key = tuple[str, str]


@dataclass(frozen=True)
class Manner:
    """How a set is deleted: `pending` when replacements follow, `listed` when each counts as a change of the run."""

    pending: bool = False
    listed: bool = True
    together: frozenset[str] = frozenset()


def has_object(resource: Resource) -> bool:
    """Return whether deleting the resource deletes an object of the cloud."""
    kept = resource.get("external") or resource.get("retainOnDelete") or resource.get("pendingReplacement")
    return bool(resource["custom"] and not resource["type"].startswith("pulumi:") and not kept)


def refusal(request: RunRequest, resource: Resource, verb: str) -> str:
    """Return why a resource may not be deleted or replaced, empty when it may. `verb` is delete or replace."""
    urn = resource["urn"]
    if resource.get("protect"):
        return f"{name_of(urn)} is protected and would be {verb}d; set protect=False on it and deploy that first"
    if (resource.get("outputs") or {}).get(BROKEN) or not has_object(resource):
        return ""
    if request.stateful(resource["type"]) and urn not in request.allow:
        return f"{name_of(urn)} ({resource['type']}) holds data and would be {verb}d; to allow that: --{verb} {urn}"
    return ""


class DeleteOrder:
    """Gives out resources when nothing in the set depends on them any more."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._todo = {_key(resource): resource for resource in resources}
        by_urn: dict[str, list[Key]] = defaultdict(list)
        for key in self._todo:
            by_urn[key[0]].append(key)
        self._below: dict[Key, set[Key]] = {}
        self._waits: dict[Key, int] = defaultdict(int)
        for key, resource in self._todo.items():
            below = {other for urn in set(dependencies(resource)) if urn != key[0] for other in by_urn.get(urn, ())}
            self._below[key] = below
            for other in below:
                self._waits[other] += 1

    def first(self) -> list[Resource]:
        return [resource for key, resource in self._todo.items() if not self._waits[key]]

    def after(self, resource: Resource) -> list[Resource]:
        """Return what may go now that a resource is gone."""
        free = []
        for key in self._below[_key(resource)]:
            self._waits[key] -= 1
            if not self._waits[key]:
                free.append(self._todo[key])
        return free


def _key(resource: Resource) -> Key:
    return resource["urn"], resource.get("id", "")


class Deletes:
    """Deletes through the providers, journaling each."""

    def __init__(self, record: RunRecord, providers: Providers) -> None:
        self._record, self._providers = record, providers

    def sweep(self) -> None:
        """Delete what was replaced and what the program declares no more; nothing of it when a part is refused."""
        state = self._record.state
        self._all(list(state.doomed.values()), self._record.undeclared())

    def destroy(self) -> None:
        """Delete everything the stack holds; nothing of it when a part is refused."""
        state = self._record.state
        self._all(list(state.doomed.values()), list(state.live.values()))

    def _all(self, doomed: list[Resource], live: list[Resource]) -> None:
        refused = [(resource, why) for resource in live if (why := refusal(self._record.request, resource, "delete"))]
        for resource, why in refused:
            self._record.fail(change_of(Op.DELETE, resource), why)
        if refused:
            return
        if self._record.preview:
            for resource in (*doomed, *live):
                self._record.done(change_of(Op.DELETE, resource))
            return
        everything = [*doomed, *live]
        went = self.run(everything, Manner(together=frozenset(resource["urn"] for resource in live)))
        if not went and self._record.outcome.ok:
            self._record.fail(
                change_of(Op.DELETE, everything[0]), "the resources of the state need each other in a circle"
            )

    def run(self, resources: list[Resource], manner: Manner) -> bool:
        """Delete a set, dependents first; return whether all went. What another still needs is not tried."""
        order, finished = DeleteOrder(resources), SimpleQueue[tuple[Resource, bool]]()

        def work(resource: Resource) -> None:
            went = False
            try:
                went = self._try(resource, manner)
            finally:
                finished.put((resource, went))

        gone = 0
        with ThreadPoolExecutor(self._record.request.parallel, "delete") as pool:
            running = [pool.submit(work, resource) for resource in order.first()]
            left = len(running)
            while left:
                resource, went = finished.get()
                left, gone = left - 1, gone + went
                for free in order.after(resource) if went else ():
                    pool.submit(work, free)
                    left += 1
        return gone == len(resources)

    def _try(self, resource: Resource, manner: Manner) -> bool:
        change, started = change_of(Op.DELETE, resource), time.monotonic()
        try:
            self._record.check_cancel()
            self._record.begin(change)
            self._delete(resource, manner)
        except Skipped:
            return False
        except (RefusedByApi, Unsupported, Broken) as err:
            unknown = isinstance(err, Broken) and err.unknown
            self._record.fail(change, str(err), unknown=unknown, seconds=time.monotonic() - started)
            return False
        except AnswerLost as err:
            self._record.fail(change, f"no answer: {err}", unknown=True, seconds=time.monotonic() - started)
            return False
        except GovcloudError as err:
            self._record.stop()
            self._record.fail(change, err.say("en"))
            return False
        listed = manner.listed and (not resource.get("delete") or _key(resource) in self._record.doomed_before)
        self._record.done(change, time.monotonic() - started, listed=listed)
        return True

    def _delete(self, resource: Resource, manner: Manner) -> None:
        state = self._record.state
        if not has_object(resource) or resource.get("deletedWith") in manner.together:
            state.gone(resource, pending=manner.pending)
            return
        number = state.begin("deleting", resource)
        self.redo(number, resource, pending=manner.pending, doubtful=False)

    def redo(self, number: int, resource: Resource, *, pending: bool, doubtful: bool = True) -> None:
        """Delete under an intent; `doubtful` when an earlier delete may have been done.

        Raises RefusedByApi when it is still there (the intent is dropped) or AnswerLost (it is kept).
        """
        state = self._record.state
        connection = self._providers.connection(resource["provider"])
        opened = state.secrets.open(resource)
        try:
            repeated(lambda: connection.delete(opened))
        except (RefusedByApi, Unsupported) as err:
            if isinstance(err, Unsupported) or not doubtful or connection.read(opened) is not None:
                state.drop(number)
                raise
        state.gone(resource, number, pending=pending)

    def make_room(self, old: Resource) -> None:
        """Delete an object before its replacement is made, with those dependants that must be replaced too.

        Raises Broken when one of them may not be replaced or could not be deleted.
        """
        record = self._record
        followers = {resource["urn"]: resource for resource in self._followers(old)}
        free = record.reserve(followers)
        try:
            going = [resource for urn, resource in followers.items() if urn in free]
            refused = [why for resource in going if (why := refusal(record.request, resource, "replace"))]
            if refused:
                raise Broken("; ".join(refused))
            if not self.run([*going, old], Manner(pending=True, listed=False)):
                record.check_cancel(old["urn"])
                raise Broken("the old object, or one that depends on it, could not be deleted")
        finally:
            record.release(free)

    def _followers(self, old: Resource) -> list[Resource]:
        state, replaced, found = self._record.state, {old["urn"]}, []
        for resource in ordered(list(state.live.values())):
            uses = resource.get("propertyDependencies") or {}
            keys = [key for key, urns in uses.items() if not replaced.isdisjoint(urns or ())]
            if keys and has_object(resource) and self._must_follow(state.secrets.open(resource), keys):
                replaced.add(resource["urn"])
                found.append(resource)
        return found

    def _must_follow(self, resource: Resource, keys: list[str]) -> bool:
        connection, inputs = self._providers.connection(resource["provider"]), resource["inputs"]
        new = {**inputs, **{key: UNKNOWN for key in keys if key in inputs}}
        diff = connection.diff(resource["type"], inputs, new, resource.get("outputs") or {})
        return bool(widen(diff, tuple(resource.get("replaceOnChanges") or ()), inputs, new).replace)


def uses_provider(resource: Resource, urn: str) -> bool:
    return provider_urn(resource.get("provider") or "") == urn
