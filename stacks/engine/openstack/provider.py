"""The provider of `openstack:` resources: the type tables behind the engine's interface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stacks.engine.openstack import check, diff, functions, resource
from stacks.engine.openstack.api import Api
from stacks.engine.openstack.client import Client, Counted, Gates
from stacks.engine.openstack.identity import shared_identity
from stacks.engine.openstack.login import check_inputs
from stacks.engine.openstack.rows import Kind
from stacks.engine.openstack.types import KINDS
from stacks.engine.provider import Connect, Diff, Found, Properties, Unsupported, Window

PACKAGE = "openstack"
SECRET_OUTPUTS: Mapping[str, frozenset[str]] = {type_: kind.secret for type_, kind in KINDS.items() if kind.secret}


class OpenStackProvider:
    """One account in one scope of one site. Implements `stacks.engine.provider.Provider`."""

    SECRET_OUTPUTS = SECRET_OUTPUTS

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def calls(self) -> int:
        """Requests sent so far, logins included."""
        return self._client.calls

    def check(self, type_: str, inputs: Mapping[str, Any], old: Mapping[str, Any] | None, urn: str) -> Properties:
        return check.check(_kind(type_), inputs, old, urn)

    def diff(self, type_: str, old: Mapping[str, Any], new: Mapping[str, Any], outputs: Mapping[str, Any]) -> Diff:
        return diff.diff(_kind(type_), old, new, outputs)

    def create(self, type_: str, inputs: Mapping[str, Any], seconds: float) -> Found:
        return resource.create(_kind(type_), self._api(seconds), inputs)

    def read(self, type_: str, id_: str, inputs: Mapping[str, Any], seconds: float) -> Properties | None:
        return resource.read(_kind(type_), self._api(seconds), id_, inputs)

    def update(
        self,
        type_: str,
        id_: str,
        old: Mapping[str, Any],
        new: Mapping[str, Any],
        changed: Sequence[str],
        seconds: float,
    ) -> Properties:
        return resource.update(_kind(type_), self._api(seconds), id_, old, new, changed)

    def delete(
        self, type_: str, id_: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any], seconds: float
    ) -> None:
        resource.delete(_kind(type_), self._api(seconds), id_, {**outputs, **inputs})

    def find(
        self,
        type_: str,
        inputs: Mapping[str, Any],
        known: frozenset[str],
        seconds: float,
        window: Window | None = None,
    ) -> list[Found]:
        return resource.find(_kind(type_), self._api(seconds), inputs, known, window)

    def invoke(self, token: str, args: Mapping[str, Any], seconds: float) -> Properties:
        return functions.invoke(token, self._api(seconds), args)

    def _api(self, seconds: float) -> Api:
        return Api(self._client, seconds)


class Connector:
    """Makes providers that together keep to the limits. Implements `stacks.engine.provider.Connect`."""

    def __init__(self, limits: Mapping[str, int], counted: Counted) -> None:
        self._gates, self._counted = Gates(limits), counted

    def __call__(self, package: str, inputs: Mapping[str, Any]) -> OpenStackProvider:
        if package != PACKAGE:
            raise Unsupported(f"the embedded engine has no provider for package {package}")
        check_inputs(inputs)
        return OpenStackProvider(Client(inputs, shared_identity(inputs), self._gates, self._counted))


def connector(limits: Mapping[str, int] | None = None, counted: Counted = lambda _site: None) -> Connector:
    """Return a factory of providers that together keep to `limits` (entry of clouds.yaml: calls at a time).

    An account given by address instead of entry counts with the entry of the same Keystone. `counted` is told the
    site's name once per request.
    """
    return Connector(limits or {}, counted)


connect: Connect = connector()


def _kind(type_: str) -> Kind:
    try:
        return KINDS[type_]
    except KeyError:
        raise Unsupported(f"resource type {type_} is not supported") from None
