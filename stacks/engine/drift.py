"""Comparing what an object is with what the stack holds of it."""

from __future__ import annotations

from dataclasses import dataclass

from stacks.engine.deployment import Resource
from stacks.engine.provider import Properties
from stacks.engine.providers import Connection
from stacks.engine.values import has_secret, keep_secret, reveal, wrap


@dataclass(frozen=True)
class Observed:
    """A resource brought up to what its object is; `keys` are the inputs and outputs that differed."""

    resource: Resource
    keys: tuple[str, ...]


def observe(connection: Connection, resource: Resource) -> Observed | None:
    """Read the object of a resource; None when it is gone. Raises RefusedByApi or AnswerLost."""
    outputs = connection.read(resource)
    return None if outputs is None else compare(connection, resource, outputs)


def compare(connection: Connection, resource: Resource, outputs: Properties) -> Observed:
    """Return the resource with the outputs its object has, and with inputs that say so where they differ."""
    inputs, before = resource.get("inputs") or {}, resource.get("outputs") or {}
    drifted = _drifted(connection, resource["type"], inputs, outputs)
    named = set(resource.get("additionalSecretOutputs") or ())
    after = keep_secret({**before, **outputs}, {**inputs, **drifted}, named)
    moved = {key for key in outputs if not key.startswith("__") and reveal(before.get(key)) != outputs[key]}
    current = {**resource, "inputs": {**inputs, **drifted}, "outputs": after}
    return Observed(current, tuple(sorted(moved | set(drifted))))


def _drifted(connection: Connection, type_: str, inputs: Properties, outputs: Properties) -> Properties:
    plain = reveal(inputs)
    actual = {key: outputs[key] for key in plain if key in outputs and not key.startswith("__")}
    if all(plain[key] == value for key, value in actual.items()):
        return {}
    # Only the provider knows which spellings of a value mean the same.
    changed = connection.diff(type_, {**plain, **actual}, plain, outputs).changed
    return {key: wrap(actual[key]) if has_secret(inputs[key]) else actual[key] for key in changed if key in actual}
