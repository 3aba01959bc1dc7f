"""Bringing the state up to what the objects of a stack really are."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from failures import GovcloudError
from stacks.engine.deletes import has_object
from stacks.engine.deployment import Resource, now
from stacks.engine.drift import observe
from stacks.engine.events import Change, Op
from stacks.engine.provider import AnswerLost, RefusedByApi, Unsupported
from stacks.engine.providers import Providers
from stacks.engine.record import Broken, RunRecord, Skipped, change_of


class Refresh:
    """Reads every object; what is gone is forgotten, what differs is recorded."""

    def __init__(self, record: RunRecord, providers: Providers) -> None:
        self._record, self._providers = record, providers

    def run(self) -> None:
        resources = [resource for resource in self._record.state.live.values() if has_object(resource)]
        with ThreadPoolExecutor(self._record.request.parallel, "refresh") as pool:
            list(pool.map(self._try, resources))

    def _try(self, sealed: Resource) -> None:
        started = time.monotonic()
        try:
            self._record.check_cancel()
            change = self._one(self._record.state.secrets.open(sealed))
        except Skipped:
            return
        except (Broken, RefusedByApi, AnswerLost, Unsupported) as err:
            self._record.fail(change_of(Op.READ, sealed), str(err), seconds=time.monotonic() - started)
        except GovcloudError as err:
            self._record.fail(change_of(Op.READ, sealed), err.say("en"))
        else:
            self._record.done(change, time.monotonic() - started)

    def _one(self, resource: Resource) -> Change:
        seen, state = observe(self._providers.connection(resource["provider"]), resource), self._record.state
        if seen is None:
            state.gone(resource)
            return change_of(Op.FORGET, resource)
        if not seen.keys:
            return change_of(Op.SAME, resource)
        state.put({**seen.resource, "modified": now()}, sync=False)
        return Change(Op.UPDATE, resource["urn"], resource["type"], resource["id"], seen.keys)
