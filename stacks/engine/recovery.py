"""Operations that were begun and whose end is not known: find out, finish or forget them."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime

from failures import GovcloudError
from stacks.engine.deletes import Deletes, uses_provider
from stacks.engine.deployment import Intent, Resource, now
from stacks.engine.drift import compare, observe
from stacks.engine.events import Op
from stacks.engine.provider import AnswerLost, Found, RefusedByApi, Unsupported
from stacks.engine.providers import Providers
from stacks.engine.record import Broken, RunRecord, change_of
from stacks.engine.values import keep_secret

_UNSETTLED_AGE = 10.0
_FIRST_PAUSE = 0.25


class Recovery:
    """Settles the open intents of a stack, each provider's before the provider is used."""

    def __init__(self, record: RunRecord, providers: Providers, deletes: Deletes) -> None:
        self._record, self._providers, self._deletes = record, providers, deletes
        self._adopting = threading.Lock()

    def of_provider(self, urn: str) -> None:
        """Settle what was begun through one provider; what could not be settled fails, and is not begun again."""
        self._settle({n: i for n, i in self._record.state.intents.items() if uses_provider(i.resource, urn)})

    def of_the_rest(self) -> None:
        """Settle what was begun through providers that the program did not declare."""
        self._settle(dict(self._record.state.intents))

    def _settle(self, intents: dict[int, Intent]) -> None:
        if intents:
            with ThreadPoolExecutor(self._record.request.parallel, "recover") as pool:
                list(pool.map(lambda item: self._try(*item), intents.items()))

    def _try(self, number: int, intent: Intent) -> None:
        try:
            self._one(number, intent)
        except (Broken, AnswerLost, RefusedByApi, Unsupported, GovcloudError) as err:
            # Whatever builds on it must wait until its fate is known.
            text = err.say("en") if isinstance(err, GovcloudError) else str(err)
            unknown = isinstance(err, AnswerLost) or (isinstance(err, Broken) and err.unknown)
            self._record.fail(
                change_of(_OPS[intent.op], intent.resource), f"interrupted before: {text}", unknown=unknown
            )

    def _one(self, number: int, intent: Intent) -> None:
        resource: Resource = self._record.state.secrets.open(intent.resource)
        match intent.op:
            case "creating":
                self._created(number, resource, intent.at)
            case "updating":
                self._updated(number, resource)
            case "deleting":
                self._deleted(number, intent.resource)
            case _:
                self._record.state.drop(number)

    def _created(self, number: int, resource: Resource, at: float) -> None:
        unsettled = at + _UNSETTLED_AGE - time.time()
        found = self.look(resource, at, min(unsettled, self._record.request.settle))
        if found:
            self.adopt(number, resource, found)
        else:
            self._record.state.drop(number)

    def look(self, resource: Resource, begun: float, patience: float) -> Found | None:
        """Return the object that a create made, `begun` at a time of day (0: unknown) and interrupted.

        A request still on its way gets `patience` seconds. Raises Broken, naming the ids, when several could be it or
        only strangers are there.
        """
        until, pause = time.monotonic() + patience, _FIRST_PAUSE
        while True:
            found = self.others(resource, begun)
            ours = [candidate for candidate in found if not candidate.stranger]
            if len(ours) > 1:
                ids = ", ".join(sorted(candidate.id for candidate in ours))
                raise Broken(
                    f"several objects could be it: {ids}; delete or rename all but the right one and run again",
                    unknown=True,
                )
            if ours:
                return ours[0]
            if time.monotonic() + pause > until:
                _refuse_strangers(found, begun)
                return None
            time.sleep(pause)
            pause *= 2

    def others(self, resource: Resource, begun: float = 0.0) -> list[Found]:
        """Return the objects like this one that the stack does not hold."""
        connection = self._providers.connection(resource["provider"])
        return connection.find(resource, self._known(resource["type"]), begun)

    def _known(self, type_: str) -> frozenset[str]:
        """Return the ids held of one type: the quotas of a project have the same id in all three services."""
        state = self._record.state
        held = (*list(state.live.values()), *list(state.doomed.values()))
        return frozenset(resource.get("id", "") for resource in held if resource["type"] == type_)

    def adopt(self, number: int, resource: Resource, found: Found) -> Resource:
        """Take the found object into the stack, with the inputs it really has."""
        connection = self._providers.connection(resource["provider"])
        made = {**resource, "id": found.id, "outputs": {}, "created": now(), "modified": now()}
        current = compare(connection, made, found.outputs).resource
        with self._adopting:
            if found.id in self._known(resource["type"]):
                raise Broken(f"{found.id} is held under another name already", unknown=True)
            self._record.state.put(current, number)
        self._record.done(change_of(Op.ADOPT, current))
        return current

    def _updated(self, number: int, resource: Resource) -> None:
        state = self._record.state
        held = state.live.get(resource["urn"])
        if held is None or held.get("id") != resource["id"]:
            state.drop(number)
            return
        connection, old = self._providers.connection(resource["provider"]), state.secrets.open(held)
        inputs, outputs = old.get("inputs") or {}, old.get("outputs") or {}
        changed = connection.diff(resource["type"], inputs, resource["inputs"], outputs).changed
        try:
            after = connection.update(resource, inputs, changed)
        except RefusedByApi:
            self._reread(number, old)
            return
        secret = keep_secret(after, resource["inputs"], set(resource.get("additionalSecretOutputs") or ()))
        state.put({**resource, "outputs": secret, "modified": now()}, number)

    def _reread(self, number: int, old: Resource) -> None:
        # Refused now says nothing of the first attempt: only the object itself can tell.
        seen = observe(self._providers.connection(old["provider"]), old)
        if seen is None:
            self._record.state.gone(old, number)
        else:
            self._record.state.put(seen.resource, number)

    def _deleted(self, number: int, resource: Resource) -> None:
        state = self._record.state
        held = state.live.get(resource["urn"])
        is_live = held is not None and held.get("id") == resource.get("id")
        if not is_live and (resource["urn"], resource.get("id", "")) not in state.doomed:
            state.drop(number)
            return
        # Refused, it is still there, and the run decides anew.
        with suppress(RefusedByApi):
            self._deletes.redo(number, resource, pending=is_live)


def _refuse_strangers(found: list[Found], begun: float) -> None:
    if found:
        made = ", ".join(f"{stranger.id} made at {stranger.stranger}" for stranger in found)
        at = datetime.fromtimestamp(begun, UTC).isoformat(timespec="seconds")
        raise Broken(
            f"its name is taken: {made}, which is not the time of the interrupted create ({at}), so somebody else made"
            " it; rename or delete it and run again"
        )


_OPS = {"creating": Op.CREATE, "updating": Op.UPDATE, "deleting": Op.DELETE, "reading": Op.READ}
