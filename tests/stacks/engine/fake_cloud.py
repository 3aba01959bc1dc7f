"""A cloud in memory or in a file, with natural keys, references, a call log and faults on demand."""

from __future__ import annotations

import json
import os
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stacks.engine.provider import AnswerLost, Diff, Found, RefusedByApi, Unsupported, Window

Hook = Callable[[str, str, str], None]
"""Called with the point (`create:before`, `create:after`, …), the type and the name of the object."""


@dataclass(frozen=True)
class Kind:
    force_new: frozenset[str] = frozenset()
    unique: bool = False
    references: Mapping[str, str] = field(default_factory=dict)
    autoname: bool = True
    no_update: bool = False


_P = "openstack:"
PROJECT = _P + "identity/project:Project"
NETWORK = _P + "networking/network:Network"
SUBNET = _P + "networking/subnet:Subnet"
GROUP = _P + "networking/secGroup:SecGroup"
RULE = _P + "networking/secGroupRule:SecGroupRule"
VOLUME = _P + "blockstorage/volume:Volume"
KINDS = {
    PROJECT: Kind(unique=True, force_new=frozenset({"domainId"})),
    NETWORK: Kind(force_new=frozenset({"tenantId"}), references={"tenantId": PROJECT}),
    SUBNET: Kind(force_new=frozenset({"networkId", "cidr"}), references={"networkId": NETWORK}),
    GROUP: Kind(force_new=frozenset({"tenantId"}), unique=True, references={"tenantId": PROJECT}),
    RULE: Kind(references={"securityGroupId": GROUP}, autoname=False, no_update=True),
    VOLUME: Kind(force_new=frozenset({"availabilityZone"})),
}


class FakeCloud:
    """One site. With a `path`, every effect is a line of that file, so it outlives a killed process."""

    def __init__(self, path: Path | None = None) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.calls: Counter[str] = Counter()
        self.log: list[tuple[str, str, str]] = []
        self.hook: Hook = lambda *_: None
        self.delay = 0.0
        self.running = self.most_running = 0
        self._lock = threading.RLock()
        self._path = path
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
        if path and path.exists():
            for line in path.read_text().splitlines():
                self._apply(json.loads(line))

    def _apply(self, effect: dict[str, Any]) -> None:
        if effect["inputs"] is None:
            self.objects.pop(effect["id"], None)
        else:
            made = self.objects.get(effect["id"], effect)["made"]
            self.objects[effect["id"]] = {"type": effect["type"], "inputs": effect["inputs"], "made": made}

    def effect(self, id_: str, type_: str, inputs: dict[str, Any] | None) -> None:
        effect = {"id": id_, "type": type_, "inputs": inputs, "made": time.time()}
        if self._path:
            with self._path.open("a") as file:
                file.write(json.dumps(effect) + "\n")
        self._apply(effect)

    def add(self, type_: str, **inputs: Any) -> str:
        """Make an object by hand; return its id."""
        id_ = str(uuid.uuid4())
        self.effect(id_, type_, inputs)
        return id_

    def names(self, type_: str) -> list[str]:
        return sorted(o["inputs"].get("name", "") for o in self.objects.values() if o["type"] == type_)

    def census(self) -> list[tuple[str, str]]:
        """Return type and inputs of every object, ids of others replaced by their names."""
        ids = {id_: o["inputs"].get("name", "") for id_, o in self.objects.items()}
        return sorted(
            (
                o["type"],
                json.dumps(
                    {k: ids.get(v, v) if isinstance(v, str) else v for k, v in o["inputs"].items()}, sort_keys=True
                ),
            )
            for o in self.objects.values()
        )


class FakeProvider:
    """A Provider over a FakeCloud."""

    def __init__(self, cloud: FakeCloud, inputs: Mapping[str, Any]) -> None:
        self.cloud, self.inputs = cloud, dict(inputs)

    def check(self, type_: str, inputs: Mapping[str, Any], old: Mapping[str, Any] | None, urn: str) -> dict[str, Any]:
        if type_ not in KINDS:
            raise Unsupported(f"{urn}: the type {type_} is not supported")
        checked = {**inputs, "__defaults": []}
        if KINDS[type_].autoname and "name" not in checked:
            kept = old.get("name") if old and "name" in (old.get("__defaults") or ()) else None
            checked["name"] = kept or f"{urn.rpartition('::')[2]}-{uuid.uuid4().hex[:7]}"
            checked["__defaults"] = ["name"]
        return checked

    def diff(self, type_: str, old: Mapping[str, Any], new: Mapping[str, Any], outputs: Mapping[str, Any]) -> Diff:
        kind = KINDS[type_]
        changed = tuple(
            sorted(k for k in old.keys() | new.keys() if not k.startswith("__") and old.get(k) != new.get(k))
        )
        replace = changed if kind.no_update else tuple(k for k in changed if k in kind.force_new)
        explicit = kind.autoname and "name" not in (new.get("__defaults") or ())
        return Diff(changed, replace, bool(replace) and explicit)

    def create(self, type_: str, inputs: Mapping[str, Any], seconds: float) -> Found:
        plain = _plain(inputs)
        with self._call("create", type_, plain):
            for key, target in KINDS[type_].references.items():
                if key in plain and self.cloud.objects.get(plain[key], {}).get("type") != target:
                    raise RefusedByApi(404, f"{target} {plain[key]} not found")
            same = [
                o
                for o in self.cloud.objects.values()
                if o["type"] == type_ and o["inputs"].get("name") == plain.get("name")
            ]
            if KINDS[type_].unique and same:
                raise RefusedByApi(409, f"Conflict: {plain['name']} is taken")
            id_ = str(uuid.uuid4())
            self.cloud.effect(id_, type_, plain)
        return Found(id_, self._outputs(id_))

    def read(self, type_: str, id_: str, inputs: Mapping[str, Any], seconds: float) -> dict[str, Any] | None:
        with self._call("read", type_, inputs):
            return self._outputs(id_) if self.cloud.objects.get(id_, {}).get("type") == type_ else None

    def update(
        self,
        type_: str,
        id_: str,
        old: Mapping[str, Any],
        new: Mapping[str, Any],
        changed: Sequence[str],
        seconds: float,
    ) -> dict[str, Any]:
        with self._call("update", type_, new):
            if id_ not in self.cloud.objects:
                raise RefusedByApi(404, f"{id_} not found")
            self.cloud.effect(id_, type_, _plain(new))
        return self._outputs(id_)

    def delete(
        self, type_: str, id_: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any], seconds: float
    ) -> None:
        with self._call("delete", type_, inputs):
            users = [
                o["type"]
                for o in self.cloud.objects.values()
                if any(o["inputs"].get(key) == id_ for key in KINDS[o["type"]].references)
            ]
            if users:
                raise RefusedByApi(409, f"{id_} is in use by {users}")
            if id_ in self.cloud.objects:
                self.cloud.effect(id_, type_, None)

    def find(
        self,
        type_: str,
        inputs: Mapping[str, Any],
        known: frozenset[str],
        seconds: float,
        window: Window | None = None,
    ) -> list[Found]:
        plain = _plain(inputs)
        with self._call("find", type_, plain):
            key = _natural_key(type_, plain)
            return [
                Found(id_, self._outputs(id_), _stranger(o["made"], window))
                for id_, o in self.cloud.objects.items()
                if o["type"] == type_ and id_ not in known and _natural_key(type_, o["inputs"]) == key
            ]

    def invoke(self, token: str, args: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        with self._call("invoke", token, args):
            for id_, o in self.cloud.objects.items():
                if o["inputs"].get("name") == args.get("name"):
                    return {"id": id_, **o["inputs"]}
        raise RefusedByApi(404, f"{token}: nothing is named {args.get('name')}")

    def _outputs(self, id_: str) -> dict[str, Any]:
        inputs = self.cloud.objects[id_]["inputs"]
        return {**inputs, "id": id_, "region": "lab", "allTags": inputs.get("tags") or []}

    def _call(self, op: str, type_: str, inputs: Mapping[str, Any]) -> _Call:
        return _Call(self.cloud, op, type_, str(inputs.get("name", "")))


class _Call:
    """One API call: counted, logged, delayed, with a hook before and after its effect."""

    def __init__(self, cloud: FakeCloud, op: str, type_: str, name: str) -> None:
        self.cloud, self.op, self.type, self.name = cloud, op, type_, name

    def __enter__(self) -> None:
        cloud = self.cloud
        with cloud._lock:
            cloud.calls[self.op] += 1
            cloud.log.append((self.op, self.type, self.name))
            cloud.running += 1
            cloud.most_running = max(cloud.most_running, cloud.running)
        try:
            cloud.hook(f"{self.op}:before", self.type, self.name)
            if cloud.delay:
                time.sleep(cloud.delay)
        except BaseException:
            cloud.running -= 1
            raise
        cloud._lock.acquire()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.cloud.running -= 1
        self.cloud._lock.release()
        if kind is None:
            self.cloud.hook(f"{self.op}:after", self.type, self.name)


def _plain(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in inputs.items() if not key.startswith("__")}


def _stranger(made: float, window: Window | None) -> str:
    return "" if window is None or window.since <= made <= window.until else f"second {made:.0f}"


def _natural_key(type_: str, inputs: Mapping[str, Any]) -> tuple[Any, ...]:
    if type_ == RULE:
        return tuple(sorted((k, str(v)) for k, v in inputs.items()))
    return (inputs.get("name"), *(inputs.get(key) for key in KINDS[type_].references))


class Clouds:
    """A Connect over one cloud that remembers what it was asked to connect with."""

    def __init__(self, cloud: FakeCloud) -> None:
        self.cloud = cloud
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, package: str, inputs: Mapping[str, Any]) -> FakeProvider:
        if package != "openstack":
            raise Unsupported(f"there is no provider for {package}")
        self.asked.append((package, dict(inputs)))
        return FakeProvider(self.cloud, inputs)


def lose_answer(point: str, *, times: int = 1) -> Hook:
    """Return a hook that loses the answer at a point, so often."""
    left = [times]

    def hook(at: str, _type: str, _name: str) -> None:
        if at == point and left[0]:
            left[0] -= 1
            raise AnswerLost("connection reset")

    return hook


def refuse(point: str, status: int = 400, name: str = "") -> Hook:
    """Return a hook that refuses at a point, for one name or for all."""

    def hook(at: str, _type: str, at_name: str) -> None:
        if at == point and name in {"", at_name}:
            raise RefusedByApi(status, "refused on purpose")

    return hook


def kill_at(number: int) -> Callable[[str], None]:
    """Return a counter that kills this very process at the n-th point."""
    seen = [0]
    lock = threading.Lock()

    def point(_: str) -> None:
        with lock:
            seen[0] += 1
            if seen[0] == number:
                os.kill(os.getpid(), 9)

    return point
