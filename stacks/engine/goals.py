"""What the program wants of one resource, read from its registration request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi.runtime.proto import resource_pb2

from stacks.engine.deployment import Resource
from stacks.engine.provider import Unsupported
from stacks.engine.urns import PROVIDER_PREFIX, Alias
from stacks.engine.values import from_struct

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_TIMED = ("create", "update", "delete", "read")


@dataclass(frozen=True)
class Goal:
    """One resource as the program declares it; `timeouts` are seconds by operation."""

    urn: str
    type: str
    name: str
    custom: bool = True
    parent: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)
    provider: str = ""
    version: str = ""
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, list[str]] = field(default_factory=dict)
    aliases: tuple[Alias, ...] = ()
    protect: bool = False
    retain_on_delete: bool = False
    deleted_with: str = ""
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    delete_before_replace: bool | None = None
    additional_secret_outputs: tuple[str, ...] = ()
    import_id: str = ""
    timeouts: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_provider(self) -> bool:
        return self.type.startswith(PROVIDER_PREFIX)

    def resource(self, inputs: dict[str, Any]) -> Resource:
        """Return the resource to keep in state, without id and outputs."""
        resource: Resource = {"urn": self.urn, "custom": self.custom, "type": self.type}
        optional = {
            "inputs": inputs,
            "parent": self.parent,
            "provider": self.provider if self.custom and not self.is_provider else "",
            "dependencies": list(self.dependencies),
            "propertyDependencies": dict(self.property_dependencies) if self.custom else {},
            "protect": self.protect,
            "retainOnDelete": self.retain_on_delete,
            "deletedWith": self.deleted_with,
            "ignoreChanges": list(self.ignore_changes),
            "replaceOnChanges": list(self.replace_on_changes),
            "additionalSecretOutputs": list(self.additional_secret_outputs),
            "customTimeouts": dict(self.timeouts),
            "importID": self.import_id,
        }
        return resource | {key: value for key, value in optional.items() if value}


def seconds(duration: str) -> float:
    """Return the length of a Go duration such as `1h30m` in seconds. Raises Unsupported."""
    parts = _DURATION.findall(duration)
    if not parts or "".join(number + unit for number, unit in parts) != duration:
        raise Unsupported(f"custom timeout {duration!r} is not a duration such as '90s' or '1h30m'")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def read_goal(request: resource_pb2.RegisterResourceRequest, urn: str) -> Goal:
    """Return the goal of a registration. Raises Unsupported, naming what the embedded engine cannot do."""
    _refuse(request, urn)
    return Goal(
        urn=urn,
        type=request.type,
        name=request.name,
        custom=request.custom,
        parent=request.parent,
        inputs=from_struct(request.object),
        provider=request.provider,
        version=request.version,
        dependencies=tuple(sorted(request.dependencies)),
        property_dependencies={key: sorted(deps.urns) for key, deps in request.propertyDependencies.items()},
        aliases=_aliases(request),
        protect=request.protect,
        retain_on_delete=request.retainOnDelete,
        deleted_with=request.deletedWith,
        ignore_changes=tuple(request.ignoreChanges),
        replace_on_changes=tuple(request.replaceOnChanges),
        delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
        import_id=request.importId,
        timeouts=_timeouts(request),
    )


def _refuse(request: resource_pb2.RegisterResourceRequest, urn: str) -> None:
    unsupported = {
        "remote (multi-language) components": request.remote,
        "resource transforms": bool(request.transforms),
        "state migrations": bool(request.state_migrations),
        "replacement triggers": request.HasField("replacement_trigger"),
        "replace_with": bool(request.replace_with),
        "parameterized packages": bool(request.packageRef),
        "environment variable mappings": bool(request.envVarMappings),
    }
    named = [name for name, used in unsupported.items() if used]
    if named:
        raise Unsupported(f"{urn}: the embedded engine does not support {', '.join(named)}; use --engine pulumi")


def _timeouts(request: resource_pb2.RegisterResourceRequest) -> dict[str, float]:
    if not request.HasField("customTimeouts"):
        return {}
    given = {op: getattr(request.customTimeouts, op) for op in _TIMED}
    return {op: seconds(duration) for op, duration in given.items() if duration}


def _aliases(request: resource_pb2.RegisterResourceRequest) -> tuple[Alias, ...]:
    found = [Alias(urn=urn) for urn in request.aliasURNs]
    for alias in request.aliases:
        spec = alias.spec
        found.append(
            Alias(alias.urn, spec.name, spec.type, spec.stack, spec.project, spec.parentUrn, spec.noParent)
        )  # fmt: skip
    return tuple(found)
