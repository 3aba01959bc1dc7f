"""Runs a shard's program against a monitor that only writes down what is registered."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import rpc
from pulumi.runtime.config import set_all_config
from pulumi.runtime.mocks import MockEngine, MockSettings
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import configure
from pulumi.runtime.stack import run_in_stack

from stacks.access import SiteAccess
from stacks.inputs import FoundationInputs, ShardInputs
from stacks.program import build_shard

REACH = SiteAccess(auth_url="https://keystone.test/v3", region="r1")
TOPOLOGY_DIR = Path("/topology")
STACK_TYPE = "pulumi:pulumi:Stack"
FEATURES = [
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
]


@dataclass(frozen=True)
class Entry:
    """One registration; `parent`, `provider` and `waits` are names, `ignores` input keys."""

    type: str
    name: str
    parent: str
    provider: str
    waits: tuple[str, ...]
    ignores: tuple[str, ...]
    inputs: dict[str, Any]


@dataclass
class Recording:
    entries: list[Entry] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    secret_outputs: set[str] = field(default_factory=set)

    def of(self, type_: str) -> list[Entry]:
        """Return the entries of a type such as `compute/instance:Instance`, in order of their names."""
        found = [entry for entry in self.entries if entry.type == f"openstack:{type_}"]
        return sorted(found, key=lambda entry: entry.name)

    def openstack(self) -> list[Entry]:
        """Return the entries that are objects at a site."""
        return [entry for entry in self.entries if entry.type.startswith("openstack:")]


def outputs_of(foundation: FoundationInputs) -> dict[str, Any]:
    """Return foundation outputs such as a deployed site has."""
    return {
        "roles": {name: f"role {name}" for name in foundation.roles},
        "groups": {name: f"group {name}" for name in foundation.groups},
        "flavors": {flavor.name: f"flavor {flavor.name}" for flavor in foundation.flavors},
        "images": {image.name: f"image {image.name}" for image in foundation.images},
        "external": {edge.net.zone: {"id": f"net {edge.net.name}", "name": edge.net.name} for edge in foundation.edges},
        "zones": {net.zone: {"id": f"net {net.name}", "name": net.name} for net in foundation.zones},
        "shared_groups": {foundation.base_group.name: f"group {foundation.base_group.name}"},
    }


class Monitor:
    """Answers as a site would: an id, the inputs, and what only a site knows; in a preview nothing but the inputs."""

    def __init__(self, foundation: FoundationInputs, *, preview: bool) -> None:
        self.recording = Recording()
        self._foundation = outputs_of(foundation)
        self._preview = preview

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the name of the wire protocol
        urn = f"urn:pulumi:stack::govcloud::{request.type}::{request.name}"
        if request.type == STACK_TYPE:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        entry = _entry(request)
        self.recording.entries.append(entry)
        if self._preview:
            return resource_pb2.RegisterResourceResponse(urn=urn, object=_struct(entry.inputs))
        id_ = f"id of {request.type.rsplit(':', 1)[-1]} {request.name}" if request.custom else ""
        state = {**_known_to_sites(request.name), **entry.inputs}
        return resource_pb2.RegisterResourceResponse(urn=urn, id=id_, object=_struct(state))

    def ReadResource(self, request: Any) -> Any:  # noqa: N802 - as above
        state = {"name": request.id, "outputs": self._foundation, "secretOutputNames": []}
        urn = f"urn:pulumi:stack::govcloud::{request.type}::{request.name}"
        return resource_pb2.ReadResourceResponse(urn=urn, properties=_struct(state))

    def RegisterResourceOutputs(self, request: Any) -> Empty:  # noqa: N802 - as above
        if f"::{STACK_TYPE}::" in request.urn:
            values = rpc.deserialize_properties(request.outputs, keep_unknowns=True)
            self.recording.outputs = _revealed(values)
            self.recording.secret_outputs = {key for key, value in values.items() if rpc.is_rpc_secret(value)}
        return Empty()

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - as above
        asked = rpc.deserialize_properties(request.args)
        found = {**asked, "id": f"id of {request.tok.rsplit(':', 1)[-1]} {asked['name']}"}
        return resource_pb2.ResourceInvokeResponse(**{"return": _struct(found)})

    def SignalAndWaitForShutdown(self, _: Any) -> Empty:  # noqa: N802 - as above
        return Empty()

    def GetDeploymentInfo(self, _: Any) -> Any:  # noqa: N802 - as above
        return resource_pb2.DeploymentInfo(supportedFeatures=FEATURES)


def _known_to_sites(name: str) -> dict[str, Any]:
    return {
        "accessIpV4": f"address of {name}",
        "allFixedIps": [f"address of {name}"],
        "address": f"floating of {name}",
        "privateKey": "a private key",
    }


def _struct(values: dict[str, Any]) -> Struct:
    struct = Struct()
    struct.update(values)
    return struct


def _entry(request: Any) -> Entry:
    return Entry(
        type=request.type,
        name=request.name,
        parent=request.parent.rsplit("::", 1)[-1],
        provider=request.provider.rsplit("::", 2)[1] if request.provider else "",
        waits=tuple(sorted({_short(urn) for urn in request.dependencies})),
        ignores=tuple(request.ignoreChanges),
        inputs=_revealed(rpc.deserialize_properties(request.object, keep_unknowns=True)),
    )


def _revealed(value: Any) -> Any:
    """Return plain data: secrets in clear, whole numbers as integers, unknown values as a mark."""
    if rpc.is_rpc_secret(value):
        return _revealed(rpc.unwrap_rpc_secret(value))
    if isinstance(value, dict):
        return {key: _revealed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_revealed(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int | float | bool | None) else "<unknown>"


def _short(urn: str) -> str:
    kind, name = urn.rsplit("::", 2)[-2:]
    return f"{kind.rsplit(':', 1)[-1]} {name}"


def record(inputs: ShardInputs, foundation: ShardInputs, *, preview: bool = False) -> Recording:
    """Return everything that the program of a shard registers, and its outputs."""
    return run_recorded(lambda: build_shard(inputs, TOPOLOGY_DIR, REACH), foundation, preview=preview)


def run_recorded(
    program: Callable[[], None],
    foundation: ShardInputs,
    *,
    preview: bool = False,
    config: Mapping[str, str] | None = None,
) -> Recording:
    """Run a program with its config in a runtime of its own; `foundation` is what stack references answer."""
    assert isinstance(foundation, FoundationInputs)
    monitor = Monitor(foundation, preview=preview)
    settings = MockSettings(  # type: ignore[no-untyped-call]  # the SDK's own class for tests has no hints
        monitor=monitor,
        monitor_features=set(FEATURES),
        engine=MockEngine(None),
        project="govcloud",
        stack="smallcity.site.shard",
        dry_run=preview,
        organization=None,
        callbacks=None,
    )
    contextvars.copy_context().run(_run, program, settings, dict(config or {}))
    return monitor.recording


def _run(program: Callable[[], None], settings: MockSettings, config: dict[str, str]) -> None:
    configure(settings)
    set_all_config(config)
    asyncio.run(run_in_stack(program))
