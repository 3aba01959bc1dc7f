"""Glance: images uploaded from a local file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from stacks.engine.openstack.api import Api
from stacks.engine.openstack.canonical import as_set
from stacks.engine.openstack.rows import Change, Inputs, Kind, Outputs, Property, Raw, Special, created_at
from stacks.engine.openstack.types.properties import NAME, REGION
from stacks.engine.provider import RefusedByApi

_PATCH = "application/openstack-images-v2.1-json-patch"
_CACHE = str(Path.home() / ".terraform" / "image_cache")
_OWN_KEYS = frozenset(
    {
        *("checksum", "container_format", "created_at", "direct_url", "disk_format", "file", "id", "locations"),
        *("min_disk", "min_ram", "name", "os_hidden", "owner", "protected", "schema", "self", "size", "status"),
        *("tags", "updated_at", "virtual_size", "visibility"),
    }
)
_READ_ONLY = ("os_", "stores", "direct_url")


def _properties(raw: Raw) -> dict[str, str]:
    return {key: value for key, value in raw.items() if key not in _OWN_KEYS and isinstance(value, str)}


def _wanted_properties(raw: Raw, inputs: Inputs) -> Any:
    """Return the properties that the program names: the service adds its own."""
    there, wanted = _properties(raw), inputs.get("properties")
    return there if wanted is None else {key: there[key] for key in wanted if key in there}


def _create(api: Api, inputs: Inputs) -> Raw:
    rows = (row for row in IMAGE.properties if row.key and inputs.get(row.name) is not None)
    body = {row.key: row.encode(inputs[row.name]) for row in rows} | (inputs.get("properties") or {})
    return dict(api.send("POST", "image", "/images", body))


def _upload(api: Api, raw: Raw, inputs: Inputs) -> Raw:
    """Send the file and wait until the image can be used; its checksum must be that of the file."""
    path, source = f"/images/{raw['id']}", str(inputs["localFilePath"])
    api.send("PUT", "image", f"{path}/file", upload=source, content_type="application/octet-stream")

    def probe() -> Raw | None:
        image = dict(api.get("image", path))
        if image["status"] in {"killed", "deleted"}:
            raise RefusedByApi(500, f"site {api.site}: image {image['name']} went to status {image['status']}")
        return image if image["status"] == "active" else None

    image = api.poll(probe, f"upload of image {raw['name']}")
    if inputs.get("verifyChecksum", True) and image["checksum"] != _md5(source):
        raise RefusedByApi(422, f"site {api.site}: image {raw['name']} arrived damaged: its checksum is not {source}'s")
    return image


def _md5(path: str) -> str:
    with Path(path).open("rb") as source:
        return hashlib.file_digest(source, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _read(api: Api, id_: str, _inputs: Inputs) -> Raw | None:
    answer = api.get_or_none("image", f"/images/{id_}")
    return None if answer is None else dict(answer)


def _update(api: Api, change: Change) -> Raw:
    patch = [{"op": "replace", "path": f"/{key}", "value": value} for key, value in change.body.items()]
    if "properties" in change.changed:
        patch += _property_patch(_properties(api.get("image", f"/images/{change.id}")), change)
    if not patch:
        return dict(api.get("image", f"/images/{change.id}"))
    return dict(api.send("PATCH", "image", f"/images/{change.id}", patch, content_type=_PATCH))


def _property_patch(there: dict[str, str], change: Change) -> list[Raw]:
    wanted, had = change.new.get("properties") or {}, change.old.get("properties") or {}
    gone = [key for key in there if key in had and key not in wanted and not key.startswith(_READ_ONLY)]
    return [
        *({"op": "replace" if key in there else "add", "path": f"/{key}", "value": wanted[key]} for key in wanted),
        *({"op": "remove", "path": f"/{key}"} for key in gone),
    ]


def _find(api: Api, inputs: Inputs) -> list[Raw]:
    query = {"name": inputs["name"], "owner": api.project_id, "visibility": inputs.get("visibility", "private")}
    return [raw for raw in api.get("image", "/images", query)["images"] if raw["owner"] == query["owner"]]


def _outputs(raw: Raw, _inputs: Inputs) -> Outputs:
    names = {"created_at": "createdAt", "updated_at": "updatedAt"}
    told = ("checksum", "created_at", "file", "owner", "schema", "status", "updated_at")
    shown: Outputs = {names.get(key, key): raw.get(key) or "" for key in told}
    return {**shown, "metadata": {}, "sizeBytes": raw.get("size") or 0, "imageId": raw["id"]}


IMAGE = Kind(
    "openstack:images/image:Image",
    "image",
    "/images",
    "image",
    (
        REGION,
        NAME,
        Property("containerFormat", force_new=True),
        Property("diskFormat", force_new=True),
        Property("imageId", api="id", force_new=True, computed=True),
        Property("localFilePath", api="", force_new=True, echo=True),
        # The bridged provider keeps this default in every state, and would see a change without it.
        Property("imageCachePath", api="", echo=True, default=_CACHE, same=lambda _: None),
        Property("minDiskGb", int, api="min_disk"),
        Property("minRamMb", int, api="min_ram"),
        Property("protected", bool),
        Property("hidden", bool, api="os_hidden"),
        Property("visibility", default="private"),
        Property("tags", list, same=as_set),
        Property("properties", dict, api="", computed=True, read=_wanted_properties),
        Property("verifyChecksum", bool, api="", echo=True),
    ),
    made=created_at,
    natural_key=("name",),
    minutes={"create": 30},
    special=Special(
        create=_create,
        finish=_upload,
        read=_read,
        update=_update,
        find=_find,
        outputs=_outputs,
        broken=lambda raw, _: "" if raw["status"] == "active" else f"its status is {raw['status']}",
        clashes=lambda old, new: bool(new.get("imageId")) and old.get("imageId") == new.get("imageId"),
    ),
)
KINDS = (IMAGE,)
