"""Providers of a run: registration, defaults, and connections that keep secrets marked, count calls, bound time."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from stacks.engine.deployment import Resource, now
from stacks.engine.events import Change, Op
from stacks.engine.goals import Goal
from stacks.engine.provider import AnswerLost, Diff, Found, Properties, Provider, RefusedByApi, Unsupported, Window
from stacks.engine.record import Broken, RunRecord
from stacks.engine.urns import PROVIDER_PREFIX, make, package_of, provider_urn
from stacks.engine.values import UNKNOWN, has_secret, has_unknown, reveal, wrap

T = TypeVar("T")
_INTERNAL = "__internal"


class Connection:
    """A provider as the engine uses it: takes and gives values with secrets marked.

    Methods that talk to the API raise RefusedByApi, AnswerLost or Unsupported, nothing else.
    """

    def __init__(self, provider: Provider, record: RunRecord) -> None:
        self._provider, self._record = provider, record

    def check(self, goal: Goal, old: Resource | None) -> Properties:
        """Return the inputs with defaults; secrets stay marked."""
        before = reveal(old["inputs"]) if old and old.get("inputs") else None
        checked = self._provider.check(goal.type, reveal(goal.inputs), before, goal.urn)
        return {key: _marked(value, goal.inputs.get(key)) for key, value in checked.items()}

    def diff(self, type_: str, old: Properties, new: Properties, outputs: Properties) -> Diff:
        return self._provider.diff(type_, reveal(old), reveal(new), reveal(outputs))

    def create(self, resource: Resource) -> Found:
        inputs, seconds = reveal(resource["inputs"]), self._seconds(resource, "create")
        return self._ask(lambda: self._provider.create(resource["type"], inputs, seconds))

    def read(self, resource: Resource) -> Properties | None:
        inputs, seconds = reveal(resource.get("inputs") or {}), self._seconds(resource, "read")
        return self._ask(lambda: self._provider.read(resource["type"], resource["id"], inputs, seconds))

    def update(self, resource: Resource, old: Properties, changed: Sequence[str]) -> Properties:
        """Change the object of a resource to its inputs. `old` are the inputs it has now."""
        type_, id_, new, seconds = (
            resource["type"],
            resource["id"],
            resource["inputs"],
            self._seconds(resource, "update"),
        )
        return self._ask(lambda: self._provider.update(type_, id_, reveal(old), reveal(new), changed, seconds))

    def delete(self, resource: Resource) -> None:
        inputs, outputs = reveal(resource.get("inputs") or {}), reveal(resource.get("outputs") or {})
        seconds = self._seconds(resource, "delete")
        self._ask(lambda: self._provider.delete(resource["type"], resource["id"], inputs, outputs, seconds))

    def find(self, resource: Resource, known: frozenset[str], begun: float = 0.0) -> list[Found]:
        """Return what a create of the resource made; of one `begun` at a known time, strangers are told apart."""
        inputs, seconds = reveal(resource["inputs"]), self._seconds(resource, "find")
        window = Window(begun, begun + self._seconds(resource, "create")) if begun else None
        return self._ask(lambda: self._provider.find(resource["type"], inputs, known, seconds, window))

    def invoke(self, token: str, args: Mapping[str, Any]) -> Properties:
        seconds = self._record.request.budgets(token, "invoke")
        return self._ask(lambda: self._provider.invoke(token, reveal(dict(args)), seconds))

    def _seconds(self, resource: Resource, op: str) -> float:
        own: float | None = (resource.get("customTimeouts") or {}).get(op)
        return own or self._record.request.budgets(resource["type"], op)

    def _ask(self, call: Callable[[], T]) -> T:
        self._record.count_call()
        try:
            return call()
        except (RefusedByApi, AnswerLost, Unsupported):
            raise
        except Exception as err:  # a fault in a provider leaves the outcome just as unknown as a lost connection
            raise AnswerLost(f"{type(err).__name__}: {err}") from err


def _marked(value: Any, given: Any) -> Any:
    if not has_secret(given):
        return value
    return given if reveal(given) == value else wrap(value)


class Providers:
    """The providers the program declares and those the state names.

    `ready` is called once with the URN of each provider that may be used, before anything of it is.
    """

    def __init__(self, record: RunRecord, ready: Callable[[str], None]) -> None:
        self._record, self._ready = record, ready
        self._connections: dict[str, Connection] = {}
        self._defaults: dict[tuple[str, str], str] = {}
        self._lock, self._defaults_lock = threading.Lock(), threading.Lock()

    def register(self, goal: Goal) -> Resource:
        """Take in a provider of the program and return it as it is now."""
        record, old = self._record, self._record.old(goal.urn)
        inputs = {**goal.inputs, _INTERNAL: {}}
        if goal.version:
            inputs["version"] = goal.version
        outputs = {key: value for key, value in inputs.items() if key != _INTERNAL}
        resource = goal.resource(inputs) | {"id": _identity(old, record), "outputs": outputs}
        changed = tuple(sorted(_differing(old, inputs)))
        op = Op.CREATE if old is None else Op.UPDATE if changed else Op.SAME
        if old and not changed:
            resource |= {"inputs": old["inputs"], "outputs": old["outputs"]}
        resource |= {"created": (old or {}).get("created") or now(), "modified": (old or {}).get("modified") or now()}
        record.saw(resource)
        if not record.preview and resource != old:
            record.state.put(resource, sync=False)
        record.done(Change(op, goal.urn, goal.type, "", changed))
        if not record.preview:
            self._ready(goal.urn)
        return resource

    def reference(self, goal_provider: str, type_: str, version: str) -> str:
        """Return the provider reference to use: the one given, else the package's default provider."""
        return goal_provider or self._default(package_of(type_), version)

    def _default(self, package: str, version: str) -> str:
        with self._defaults_lock:
            key = (package, version)
            if key not in self._defaults:
                goal = self._default_goal(package, version)
                self._defaults[key] = f"{goal.urn}::{self.register(goal)['id']}"
            return self._defaults[key]

    def _default_goal(self, package: str, version: str) -> Goal:
        request, type_ = self._record.request, PROVIDER_PREFIX + package
        name = f"default_{version.replace('.', '_')}" if version else "default"
        config: dict[str, Any] = {
            key.partition(":")[2]: wrap(value) if key in request.secret_config_keys else value
            for key, value in request.config.items()
            if key.startswith(f"{package}:")
        }
        urn = make(self._record.state.name, request.project, "", type_, name)
        return Goal(urn, type_, name, custom=True, inputs=config, version=version)

    def connection(self, reference: str) -> Connection:
        """Return the connection of a provider reference. Raises Broken when the stack has no such provider."""
        urn = provider_urn(reference)
        with self._lock:
            if urn not in self._connections:
                self._connections[urn] = self._connect(urn)
            return self._connections[urn]

    def _connect(self, urn: str) -> Connection:
        resource = self._record.seen.get(urn) or self._record.old(urn)
        if resource is None:
            raise Broken(f"its provider {urn} is not in the stack")
        inputs = {key: value for key, value in reveal(resource.get("inputs") or {}).items() if key != _INTERNAL}
        package = resource["type"].removeprefix(PROVIDER_PREFIX)
        return Connection(self._record.request.connect(package, inputs), self._record)

    def is_known(self, reference: str) -> bool:
        """Return whether all inputs of a provider are known, so that it can be asked."""
        resource = self._record.seen.get(provider_urn(reference)) or {}
        return not has_unknown(resource.get("inputs"))


def _identity(old: Resource | None, record: RunRecord) -> str:
    if old:
        return str(old["id"])
    return UNKNOWN if record.preview else str(uuid.uuid4())


def _differing(old: Resource | None, inputs: Properties) -> set[str]:
    if old is None:
        return set()
    before, after = reveal(old.get("inputs") or {}), reveal(inputs)
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
