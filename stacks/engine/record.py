"""The running account of one run: what was seen, changed, failed, and whether anything more may start."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from stacks.engine.deployment import Resource, dependencies
from stacks.engine.events import Change, Failed, Op, Outcome, Progress
from stacks.engine.request import RunRequest
from stacks.engine.state import StackState
from stacks.engine.urns import provider_urn

LOG = logging.getLogger("govcloud.engine")


class Skipped(Exception):
    """A resource that is not started: what it depends on failed, or the run is stopping."""


class Broken(Exception):
    """A resource that cannot be done; the message tells why. `unknown` when its outcome could not be learned."""

    def __init__(self, message: str, *, unknown: bool = False) -> None:
        super().__init__(message)
        self.unknown = unknown


class RunRecord:
    """Shared by all threads of one run."""

    def __init__(self, state: StackState, request: RunRequest) -> None:
        self.state, self.request = state, request
        self.preview = request.mode == "preview"
        self.outcome = Outcome()
        self.seen: dict[str, Resource] = {}
        self.former_urns: dict[str, tuple[str, ...]] = {}
        self.root_outputs: dict[str, Any] | None = None
        self.doomed_before = frozenset(state.doomed)
        self._broken: set[str] = set()
        self._aliased: dict[str, str] = {}
        self._started: set[str] = set()
        self._reserved: set[str] = set()
        self._stopped = False
        self._turn = threading.Condition()
        self._overlay = self._preview_of_recovery() if self.preview else {}

    def _preview_of_recovery(self) -> dict[str, Resource]:
        # A preview may not act, so it shows interrupted deletes as done and interrupted updates as to be repeated.
        found: dict[str, Resource] = {}
        for intent in self.state.intents.values():
            old = self.state.live.get(intent.resource["urn"])
            if old and old.get("id") == intent.resource.get("id") and intent.op in {"deleting", "updating"}:
                mark = "pendingReplacement" if intent.op == "deleting" else "interruptedUpdate"
                found[old["urn"]] = {**old, mark: True}
        return found

    # What the stack holds

    def old(self, urn: str) -> Resource | None:
        """Return a resource of the stack with its secrets opened."""
        urn = self._aliased.get(urn, urn) if self.preview else urn
        sealed = self._overlay.get(urn) or self.state.live.get(urn)
        opened: Resource | None = self.state.secrets.open(sealed) if sealed else None
        return opened

    def alias(self, urn: str, former: Iterable[str]) -> None:
        """Let a resource of the stack go by its new URN, if it is there by a former one only."""
        if urn in self.state.live:
            return
        for old in former:
            if old in self.state.live and old not in self.seen:
                if self.preview:
                    self._aliased[urn] = old
                else:
                    self.state.rename(old, urn)
                return

    def undeclared(self) -> list[Resource]:
        """Return the live resources that the program did not declare."""
        kept = set(self.seen) | set(self._aliased.values())
        return [resource for urn, resource in self.state.live.items() if urn not in kept]

    # Whose turn it is

    def start(self, urn: str) -> None:
        """Begin to work on a URN. Raises Broken when the program declares it twice."""
        with self._turn:
            if urn in self._started:
                raise Broken(f"{urn} is declared twice")
            self._turn.wait_for(lambda: urn not in self._reserved)
            self._started.add(urn)

    def reserve(self, urns: Collection[str]) -> frozenset[str]:
        """Keep the program from starting these URNs; return those that were not started yet."""
        with self._turn:
            free = frozenset(urns) - self._started
            self._reserved |= free
            return free

    def release(self, urns: Collection[str]) -> None:
        with self._turn:
            self._reserved -= set(urns)
            self._turn.notify_all()

    def check_turn(self, urn: str, resource: Mapping[str, Any]) -> None:
        """Raise Skipped when the run is stopping or something the resource depends on failed."""
        needed = (urn, *dependencies(dict(resource)))
        if self._stopped or any(each in self._broken for each in needed):
            self._broken.add(urn)
            raise Skipped
        self.check_cancel(urn)

    def check_cancel(self, urn: str = "") -> None:
        """Raise Skipped when the user wants to stop."""
        if self.request.cancel.is_set():
            self.outcome.interrupted = True
            self._broken.add(urn)
            raise Skipped

    def is_broken(self, reference: str) -> bool:
        return provider_urn(reference) in self._broken

    def stop(self) -> None:
        """Start nothing any more; what is under way ends in its own time."""
        self._stopped = True

    @property
    def stopped(self) -> bool:
        return self._stopped

    # What happened

    def saw(self, resource: Resource) -> None:
        self.seen[resource["urn"]] = resource

    def begin(self, change: Change) -> None:
        self._tell(Progress("start", change))

    def done(self, change: Change, seconds: float = 0.0, *, listed: bool = True) -> None:
        """Report an operation that ended well; `listed` ones count as changes of the run."""
        with self._turn:
            if listed:
                self.outcome.changes.append(change)
        self._tell(Progress("done", change, seconds))

    def fail(self, change: Change, error: str, *, unknown: bool = False, seconds: float = 0.0) -> None:
        with self._turn:
            self._broken.add(change.urn)
            self.outcome.failures.append(Failed(change.urn, change.op, error, unknown))
        self._tell(Progress("failed", change, seconds, error))

    def count_call(self) -> None:
        with self._turn:
            self.outcome.api_calls += 1

    def _tell(self, progress: Progress) -> None:
        try:
            self.request.listen(progress)
        except Exception:  # a display that fails must not lose the result of an operation
            LOG.exception("the listener failed")


def change_of(op: Op, resource: Mapping[str, Any]) -> Change:
    return Change(op, resource["urn"], resource["type"], resource.get("id") or "")


def with_id(change: Change, id_: str) -> Change:
    return replace(change, id=id_)
