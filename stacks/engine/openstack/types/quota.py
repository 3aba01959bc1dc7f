"""Quotas: no objects of their own; making one sets limits, deleting it puts the defaults back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stacks.engine.openstack.api import Api
from stacks.engine.openstack.rows import Change, Inputs, Kind, Property, Raw, Special, untold
from stacks.engine.openstack.types.properties import REGION
from stacks.engine.provider import RefusedByApi

_TEN_MINUTES = {"create": 10, "update": 10, "delete": 10}


def quota_kind(type_: str, service: str, path: str, key: str, names: tuple[str, ...]) -> Kind:
    """Return the row of a service's quotas; `names` are its limits, the id is project/region."""
    limits = tuple(Property(name, int, computed=True) for name in names)

    def asked(id_: str, api: Api, inputs: Inputs, answer: Raw) -> Raw:
        project = _project(id_)
        return {**answer[key], "project_id": project, "id": f"{project}/{inputs.get('region') or api.region}"}

    def create(api: Api, inputs: Inputs) -> Raw:
        project = inputs["projectId"]
        wanted = {row.key: inputs[row.name] for row in limits if inputs.get(row.name) is not None}
        return asked(project, api, inputs, api.send("PUT", service, f"{path}/{project}", {key: wanted}))

    def read(api: Api, id_: str, inputs: Inputs) -> Raw | None:
        project = _project(id_)
        answer = _unless_gone(api, project, lambda: api.get_or_none(service, f"{path}/{project}"))
        return None if answer is None else asked(id_, api, inputs, answer)

    def delete(api: Api, id_: str, _: Inputs) -> object:
        project = _project(id_)
        return _unless_gone(api, project, lambda: api.delete(service, f"{path}/{project}"))

    return Kind(
        type_,
        service,
        path,
        key,
        (REGION, Property("projectId", force_new=True), *limits),
        made=untold,
        natural_key=("projectId",),
        minutes=_TEN_MINUTES,
        special=Special(
            create=create,
            read=read,
            update=lambda api, change: create(api, _changed(change)),
            delete=delete,
            find=_found(read),
        ),
    )


def _project(id_: str) -> str:
    return id_.split("/", maxsplit=1)[0]


def _unless_gone(api: Api, project: str, call: Callable[[], Any]) -> Any:
    """Return what `call` returns, None where the project itself is no more: Nova then answers 400, not 404."""
    try:
        return call()
    except RefusedByApi as refused:
        if refused.status != 400 or api.get_or_none("identity", f"/projects/{project}") is not None:
            raise
        return None


def _changed(change: Change) -> Inputs:
    kept = change.changed | {"projectId", "region"}
    return {name: value for name, value in change.new.items() if name in kept}


def _found(read: Callable[[Api, str, Inputs], Raw | None]) -> Callable[[Api, Inputs], list[Raw]]:
    return lambda api, inputs: [raw for raw in [read(api, inputs["projectId"], inputs)] if raw]
