"""Quotas: no objects of their own; making one sets limits, deleting it puts the defaults back."""

from __future__ import annotations

from collections.abc import Callable

from stacks.engine.openstack.api import Api
from stacks.engine.openstack.rows import Change, Inputs, Kind, Property, Raw, Special, untold
from stacks.engine.openstack.types.properties import REGION

_TEN_MINUTES = {"create": 10, "update": 10, "delete": 10}


def quota_kind(type_: str, service: str, path: str, key: str, names: tuple[str, ...]) -> Kind:
    """Return the row of a service's quotas; `names` are its limits, the id is project/region."""
    limits = tuple(Property(name, int, computed=True) for name in names)

    def asked(id_: str, api: Api, inputs: Inputs, answer: Raw) -> Raw:
        project = id_.split("/", maxsplit=1)[0]
        return {**answer[key], "project_id": project, "id": f"{project}/{inputs.get('region') or api.region}"}

    def create(api: Api, inputs: Inputs) -> Raw:
        project = inputs["projectId"]
        wanted = {row.key: inputs[row.name] for row in limits if inputs.get(row.name) is not None}
        return asked(project, api, inputs, api.send("PUT", service, f"{path}/{project}", {key: wanted}))

    def read(api: Api, id_: str, inputs: Inputs) -> Raw | None:
        answer = api.get_or_none(service, f"{path}/{id_.split('/', maxsplit=1)[0]}")
        return None if answer is None else asked(id_, api, inputs, answer)

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
            delete=lambda api, id_, _: api.delete(service, f"{path}/{id_.split('/')[0]}"),
            find=_found(read),
        ),
    )


def _changed(change: Change) -> Inputs:
    kept = change.changed | {"projectId", "region"}
    return {name: value for name, value in change.new.items() if name in kept}


def _found(read: Callable[[Api, str, Inputs], Raw | None]) -> Callable[[Api, Inputs], list[Raw]]:
    return lambda api, inputs: [raw for raw in [read(api, inputs["projectId"], inputs)] if raw]
