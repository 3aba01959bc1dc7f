"""Tags of Neutron objects: a call of their own after the object exists."""

from __future__ import annotations

from collections.abc import Callable

from stacks.engine.openstack.api import Api
from stacks.engine.openstack.canonical import as_set
from stacks.engine.openstack.rows import Change, Inputs, Outputs, Property, Raw


def _wanted_and_there(raw: Raw, inputs: Inputs) -> list[str] | None:
    tags = inputs.get("tags")
    return None if tags is None else [tag for tag in tags if tag in (raw.get("tags") or [])]


TAGS = Property("tags", list, api="", same=as_set, read=_wanted_and_there)


def all_tags(raw: Raw, _inputs: Inputs) -> Outputs:
    return {"allTags": raw.get("tags") or []}


def set_tags(path: str) -> Callable[[Api, Raw, Inputs], Raw]:
    """Return the step after a create that gives the new object of this collection its tags."""

    def finish(api: Api, raw: Raw, inputs: Inputs) -> Raw:
        tags = inputs.get("tags")
        return {**raw, **_replace(api, path, raw["id"], tags)} if tags else raw

    return finish


def update_with_tags(path: str, key: str) -> Callable[[Api, Change], Raw]:
    """Return the update of a Neutron object with tags."""

    def update(api: Api, change: Change) -> Raw:
        if "tags" in change.changed:
            _replace(api, path, change.id, change.new.get("tags") or [])
        one = f"{path}/{change.id}"
        answer = api.send("PUT", "network", one, {key: change.body}) if change.body else api.get("network", one)
        return dict(answer[key])

    return update


def _replace(api: Api, path: str, id_: str, tags: list[str]) -> Raw:
    return {"tags": api.send("PUT", "network", f"{path}/{id_}/tags", {"tags": tags})["tags"]}
