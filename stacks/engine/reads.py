"""What a program only reads: resources of others, functions, outputs of other stacks."""

from __future__ import annotations

from typing import Any

from pulumi.runtime.proto import resource_pb2

from stacks.engine.deployment import Resource, now
from stacks.engine.events import Change, Op
from stacks.engine.provider import Properties
from stacks.engine.providers import Providers
from stacks.engine.record import Broken, RunRecord
from stacks.engine.values import UNKNOWN, foreseen, from_struct, has_secret, has_unknown, keep_secret, to_struct

_REFERENCE = "pulumi:pulumi:StackReference"
_GET_RESOURCE = "pulumi:pulumi:getResource"


class Reads:
    """Answers reads; in a preview, what rests on something not yet made is unknown."""

    def __init__(self, record: RunRecord, providers: Providers) -> None:
        self._record, self._providers = record, providers

    def resource(self, request: resource_pb2.ReadResourceRequest, urn: str) -> resource_pb2.ReadResourceResponse:
        """Read an object that is not of this stack. Raises Broken when there is none."""
        reference = self._providers.reference(request.provider, request.type, request.version)
        resource = self._external(request, urn, reference)
        self._record.check_turn(urn, resource)
        if request.id in {"", UNKNOWN} or not self._providers.is_known(reference):
            self._record.saw({**resource, "outputs": {}})
            return resource_pb2.ReadResourceResponse(urn=urn, properties=request.properties)
        if request.type == _REFERENCE:
            outputs = self._stack_outputs(str(resource["inputs"].get("name") or request.id))
        else:
            read = self._providers.connection(reference).read(resource)
            if read is None:
                raise Broken(f"there is no {request.type} with the id {request.id}")
            outputs = keep_secret(read, resource["inputs"], set(request.additionalSecretOutputs))
        self._take(resource, outputs)
        shown = {key: value for key, value in outputs.items() if key != "id" and not key.startswith("__")}
        return resource_pb2.ReadResourceResponse(urn=urn, id=request.id, properties=to_struct(shown))

    @staticmethod
    def _external(request: resource_pb2.ReadResourceRequest, urn: str, reference: str) -> Resource:
        resource: Resource = {
            "urn": urn,
            "custom": True,
            "external": True,
            "id": request.id,
            "type": request.type,
            "inputs": from_struct(request.properties),
            "provider": reference,
        }
        optional = {
            "parent": request.parent,
            "dependencies": sorted(request.dependencies),
            "additionalSecretOutputs": list(request.additionalSecretOutputs),
        }
        return resource | {key: value for key, value in optional.items() if value}

    def _take(self, resource: Resource, outputs: Properties) -> None:
        held = self._record.old(resource["urn"])
        stamps = {key: (held or {}).get(key) or now() for key in ("created", "modified")}
        resource = {**resource, "outputs": outputs, **stamps}
        self._record.saw(resource)
        if not self._record.preview and resource != held:
            self._record.state.put(resource, sync=False)
        self._record.done(Change(Op.READ, resource["urn"], resource["type"], resource["id"]))

    def _stack_outputs(self, name: str) -> Properties:
        outputs = self._record.request.references(name)
        if outputs is None:
            if self._record.preview:
                return {"name": name}
            raise Broken(f"the stack {name}, whose outputs it reads, does not exist; deploy it first")
        secret = sorted(key for key, value in outputs.items() if has_secret(value))
        return {"name": name, "outputs": foreseen(dict(outputs)), "secretOutputNames": secret}

    def exists(self, request: resource_pb2.ExistsResourceRequest) -> resource_pb2.ExistsResourceResponse:
        reference = self._providers.reference(request.provider, request.type, request.version)
        if request.id in {"", UNKNOWN} or not self._providers.is_known(reference):
            return resource_pb2.ExistsResourceResponse(unknown=True)
        asked = {"type": request.type, "id": request.id, "inputs": from_struct(request.properties)}
        there = self._providers.connection(reference).read(asked) is not None
        return resource_pb2.ExistsResourceResponse(exists=there)

    def invoke(self, request: resource_pb2.ResourceInvokeRequest) -> resource_pb2.ResourceInvokeResponse:
        """Answer a function; unknown while what it waits for is not made."""
        args = from_struct(request.args)
        if request.tok == _GET_RESOURCE:
            return _returned(self._held(str(args["urn"])))
        reference = self._providers.reference(request.provider, request.tok, request.version)
        if any(self._is_pending(urn) for urn in request.dependsOn) or self._record.is_broken(reference):
            return resource_pb2.ResourceInvokeResponse(unknown=True)
        self._record.check_turn("", {"dependencies": list(request.dependsOn), "provider": reference})
        if has_unknown(args) or not self._providers.is_known(reference):
            return resource_pb2.ResourceInvokeResponse(unknown=True)
        return _returned(self._providers.connection(reference).invoke(request.tok, args))

    def _is_pending(self, urn: str) -> bool:
        resource = self._record.seen.get(urn)
        return bool(self._record.preview and resource and resource["custom"] and not resource.get("id"))

    def _held(self, urn: str) -> dict[str, Any]:
        resource = self._record.seen.get(urn)
        if resource is None:
            raise Broken(f"{urn} is not a resource of this program")
        return {"urn": urn, "id": resource.get("id") or "", "state": resource.get("outputs") or {}}


def _returned(values: Properties) -> resource_pb2.ResourceInvokeResponse:
    return resource_pb2.ResourceInvokeResponse(**{"return": to_struct(values)})
