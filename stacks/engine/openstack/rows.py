"""The words in which resource types are written down: one row per type, one per property."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from stacks.engine.openstack.api import Api
from stacks.engine.openstack.canonical import plain

Raw = dict[str, Any]
"""An object as its API shows it."""
Inputs = Mapping[str, Any]
"""Checked inputs of a resource, camelCase."""
Outputs = dict[str, Any]

META = "e2bfb730-ecaa-11e6-8f88-34363bc7c4c0"
_MINUTE = 60_000_000_000


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


@dataclass(frozen=True)
class Property:
    """An input: how it is sent, read back and compared.

    `api` is its key in API bodies: None for the name in snake case, "" when it is sent by other means. `computed`: the
    API fills it in, so leaving it out of the program changes nothing. `echo`: the API does not show it, so that only
    inputs are compared; its output is its input. `read` makes its output otherwise. `agrees` says whether an output
    that has more than was wanted, or another form, is what was wanted. `fields` are the keys of nested objects with
    their API names.
    """

    name: str
    type: type = str
    api: str | None = None
    force_new: bool = False
    computed: bool = False
    autoname: bool = False
    default: Any = None
    echo: bool = False
    same: Callable[[Any], Any] = plain
    agrees: Callable[[Any, Any], bool] | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    read: Callable[[Raw, Inputs], Any] | None = None

    @property
    def key(self) -> str:
        return snake(self.name) if self.api is None else self.api

    def encode(self, value: Any) -> Any:
        """Return what the API is sent for an input; the empty value of its type for None."""
        if value is None:
            return self.type() if self.default is None else self.default
        return _renamed(value, self.fields) if self.fields else value

    def output(self, raw: Raw, inputs: Inputs) -> Any:
        if self.read is not None:
            return self.read(raw, inputs)
        if self.echo or not self.key:
            return inputs.get(self.name)
        value = raw.get(self.key)
        if value is None:
            return self.type()
        return _renamed(value, {api: name for name, api in self.fields.items()}) if self.fields else value


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {names[key]: item for key, item in value.items() if key in names and item is not None}
    return [_renamed(item, names) for item in value]


def wanted_keys(key: str) -> Callable[[Raw, Inputs], Any]:
    """Return the reader of a map of which a program owns only the keys that it names, all when it names none."""

    def read(raw: Raw, inputs: Inputs) -> Any:
        there, wanted = raw.get(key) or {}, inputs.get(key)
        return there if wanted is None else {name: there[name] for name in wanted if name in there}

    return read


@dataclass(frozen=True)
class Change:
    """An update: `body` is what the changed properties make of it."""

    id: str
    old: Inputs
    new: Inputs
    changed: frozenset[str]
    body: Raw


@dataclass(frozen=True)
class Special:
    """What a type does otherwise than POST, GET, PUT, DELETE on its collection; None where it does not.

    `body` completes what POST sends. `finish` runs once the object exists, until it is usable, and returns what the
    API shows then. `gone` waits after DELETE. For an object of an interrupted create, `settle` waits until it is made
    or has failed, and `broken` says why it can never be used. `clashes`: old and new can't exist together.
    """

    body: Callable[[Api, Inputs, Raw], Raw] | None = None
    create: Callable[[Api, Inputs], Raw] | None = None
    finish: Callable[[Api, Raw, Inputs], Raw] | None = None
    read: Callable[[Api, str, Inputs], Raw | None] | None = None
    update: Callable[[Api, Change], Raw] | None = None
    delete: Callable[[Api, str, Inputs], object] | None = None
    gone: Callable[[Api, str], object] | None = None
    find: Callable[[Api, Inputs], list[Raw]] | None = None
    outputs: Callable[[Raw, Inputs], Outputs] | None = None
    identify: Callable[[Raw], str] = lambda raw: str(raw["id"])
    settle: Callable[[Api, Raw, Inputs], Raw] | None = None
    broken: Callable[[Raw, Inputs], str] = lambda _raw, _inputs: ""
    clashes: Callable[[Inputs, Inputs], bool] = lambda _old, _new: False


def created_at(raw: Raw, _inputs: Inputs) -> str:
    return str(raw.get("created_at") or "")


def untold(_raw: Raw, _inputs: Inputs) -> str:
    """Stand where the API does not show when an object was made: after an interruption its key alone must tell."""
    return ""


OWN: Mapping[str, Callable[[Api], str]] = {
    "tenantId": lambda api: api.project_id,
    "domainId": lambda api: api.domain_id,
}


@dataclass(frozen=True)
class Kind:
    """One resource type.

    `natural_key` are the inputs by which an object of an interrupted create is found; one that is not given is, where
    `own` says so, the token's. `made` tells when the API says that an object was made. `exclusive` are pairs of inputs
    that can't be given together.
    """

    type: str
    service: str
    path: str
    key: str
    properties: tuple[Property, ...]
    made: Callable[[Raw, Inputs], str] = field(kw_only=True)
    natural_key: tuple[str, ...] = ("name",)
    own: Mapping[str, Callable[[Api], str]] = field(default_factory=lambda: OWN)
    minutes: Mapping[str, int] = field(default_factory=dict)
    update_method: str = "PUT"
    version: str = ""
    secret: frozenset[str] = frozenset()
    exclusive: tuple[tuple[str, str], ...] = ()
    special: Special = field(default_factory=Special)

    @cached_property
    def by_name(self) -> Mapping[str, Property]:
        return {row.name: row for row in self.properties}

    @cached_property
    def plural(self) -> str:
        """The key of lists: the collection's last word in snake case."""
        return self.path.rsplit("/", 1)[-1].replace("-", "_")

    @cached_property
    def meta(self) -> str:
        """The timeouts as the bridged provider keeps them in state, "" for a type without."""
        if not self.minutes:
            return ""
        told = ",".join(f'"{verb}":{minutes * _MINUTE}' for verb, minutes in sorted(self.minutes.items()))
        return f'{{"{META}":{{{told}}}}}'
