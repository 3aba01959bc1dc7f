"""Nova: changing a server in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote

from stacks.engine.openstack.api import Api
from stacks.engine.openstack.rows import Change, Raw
from stacks.engine.openstack.types.server_request import flavor_id, image_id
from stacks.engine.openstack.types.server_state import VERSION, act, get_server, set_power, wait_for
from stacks.engine.provider import RefusedByApi

_RUNNING = ("ACTIVE", "SHUTOFF")


def update_server(api: Api, change: Change) -> Raw:
    """Carry out each change that is not there yet, in a fixed order; return the server."""
    for names, step in _STEPS.items():
        if change.changed & set(names):
            step(api, change)
    return _there(api, change.id)


def _there(api: Api, id_: str) -> Raw:
    server = get_server(api, id_)
    if server is None:
        raise RefusedByApi(404, f"site {api.site}: server {id_} is gone")
    return server


def _rename(api: Api, change: Change) -> None:
    body = {"server": {"name": change.new["name"]}}
    api.send("PUT", "compute", f"/servers/{change.id}", body, version=VERSION)


def _power(api: Api, change: Change) -> None:
    set_power(api, _there(api, change.id), change.new["powerState"])


def _metadata(api: Api, change: Change) -> None:
    """Forget the keys that the program gave up; keys that others set stay."""
    wanted, path = change.new.get("metadata") or {}, f"/servers/{change.id}/metadata"
    for key in (change.old.get("metadata") or {}).keys() - wanted.keys():
        api.delete("compute", f"{path}/{quote(key, safe='')}")
    if wanted:
        api.send("POST", "compute", path, {"metadata": wanted})


def _security_groups(api: Api, change: Change) -> None:
    there = {group["name"] for group in _there(api, change.id).get("security_groups") or []}
    wanted = set(change.new.get("securityGroups") or [])
    for name in sorted(wanted - there):
        act(api, change.id, {"addSecurityGroup": {"name": name}})
    for name in sorted(there - wanted):
        act(api, change.id, {"removeSecurityGroup": {"name": name}})


def _password(api: Api, change: Change) -> None:
    if change.new.get("adminPass"):
        act(api, change.id, {"changePassword": {"adminPass": change.new["adminPass"]}})


def _resize(api: Api, change: Change) -> None:
    """Resize and confirm; a resize that an interruption left unconfirmed is confirmed."""
    # An interrupted run may have left the resize under way.
    server = wait_for(api, change.id, ("VERIFY_RESIZE", *_RUNNING), "resize")
    wanted = flavor_id(api, change.new)
    if server["flavor"]["id"] != wanted:
        act(api, change.id, {"resize": {"flavorRef": wanted}})
        server = wait_for(api, change.id, ("VERIFY_RESIZE", *_RUNNING), "resize")
    if server["status"] == "VERIFY_RESIZE":
        act(api, change.id, {"confirmResize": None})
        wait_for(api, change.id, _RUNNING, "resize")


def _rebuild(api: Api, change: Change) -> None:
    wanted = image_id(api, change.new)
    server = wait_for(api, change.id, _RUNNING, "rebuild")
    if (server.get("image") or {}).get("id") != wanted:
        act(api, change.id, {"rebuild": {"imageRef": wanted}})
        wait_for(api, change.id, _RUNNING, "rebuild")


def _tags(api: Api, change: Change) -> None:
    api.send("PUT", "compute", f"/servers/{change.id}/tags", {"tags": change.new.get("tags") or []}, version=VERSION)


_STEPS: Mapping[tuple[str, ...], Callable[[Api, Change], None]] = {
    ("name",): _rename,
    ("metadata",): _metadata,
    ("securityGroups",): _security_groups,
    ("adminPass",): _password,
    ("flavorId", "flavorName"): _resize,
    ("imageId", "imageName"): _rebuild,
    ("tags",): _tags,
    ("powerState",): _power,
}
