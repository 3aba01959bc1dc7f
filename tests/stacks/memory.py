"""A site in memory that takes any resource type, refuses what a real site would refuse, and writes down each call."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from stacks.engine.provider import Diff, Found, Properties, RefusedByApi, Window

USER = "openstack:identity/user:User"


class MemorySite:
    """The objects of one site: id -> (type, inputs)."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[str, Properties]] = {}
        self.calls: list[tuple[str, str]] = []
        self.lock = threading.RLock()
        self.numbers = itertools.count(1)

    def connect(self, package: str, inputs: Mapping[str, Any]) -> MemoryProvider:
        assert package == "openstack"
        return MemoryProvider(self, inputs)

    def users_of(self, id_: str) -> list[str]:
        """Return what would break if the object went; a server outlives its image."""
        held = [(type_, {**inputs, "imageId": ""}) for type_, inputs in self.objects.values()]
        return [f"{type_} {inputs.get('name')}" for type_, inputs in held if id_ in str(inputs)]


class MemoryProvider:
    """Implements stacks.engine.provider.Provider; an account works only while it exists at the site."""

    def __init__(self, site: MemorySite, inputs: Mapping[str, Any]) -> None:
        self._site, self._inputs = site, inputs

    def check(self, type_: str, inputs: Mapping[str, Any], old: Mapping[str, Any] | None, urn: str) -> Properties:
        return {**inputs, "__defaults": []}

    def diff(self, type_: str, old: Mapping[str, Any], new: Mapping[str, Any], outputs: Mapping[str, Any]) -> Diff:
        return Diff(tuple(sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))))

    def create(self, type_: str, inputs: Mapping[str, Any], seconds: float) -> Found:
        with self._call("create", type_):
            id_ = f"#{next(self._site.numbers)}#"
            self._site.objects[id_] = (type_, {k: v for k, v in inputs.items() if not k.startswith("__")})
            return Found(id_, self._outputs(id_))

    def read(self, type_: str, id_: str, inputs: Mapping[str, Any], seconds: float) -> Properties | None:
        with self._call("read", type_):
            return self._outputs(id_) if id_ in self._site.objects else None

    def update(
        self,
        type_: str,
        id_: str,
        old: Mapping[str, Any],
        new: Mapping[str, Any],
        changed: Sequence[str],
        seconds: float,
    ) -> Properties:
        with self._call("update", type_):
            self._site.objects[id_] = (type_, dict(new))
            return self._outputs(id_)

    def delete(
        self, type_: str, id_: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any], seconds: float
    ) -> None:
        with self._call("delete", type_):
            kept = self._site.objects.pop(id_)
            if users := self._site.users_of(id_):
                self._site.objects[id_] = kept
                raise RefusedByApi(409, f"{type_} {id_} is used by {users}")

    def find(
        self,
        type_: str,
        inputs: Mapping[str, Any],
        known: frozenset[str],
        seconds: float,
        window: Window | None = None,
    ) -> list[Found]:
        return []

    def invoke(self, token: str, args: Mapping[str, Any], seconds: float) -> Properties:
        with self._call("invoke", token):
            return {**args, "id": f"id of {args['name']}"}

    def _outputs(self, id_: str) -> Properties:
        inputs = self._site.objects[id_][1]
        number = id_.strip("#")
        known = {"accessIpV4": f"address {number}", "allFixedIps": [f"address {number}"], "address": f"public {number}"}
        return {**known, "privateKey": "a private key", **inputs, "id": id_}

    def _call(self, op: str, type_: str) -> threading.RLock:
        with self._site.lock:
            self._site.calls.append((op, type_))
            account = self._inputs.get("userName")
            if account and not any(held.get("name") == account for _, held in self._site.objects.values()):
                raise RefusedByApi(401, f"{op} {type_}: the account is gone")
        return self._site.lock
