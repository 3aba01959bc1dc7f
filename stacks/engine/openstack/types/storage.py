"""Cinder: volumes and quotas."""

from __future__ import annotations

from stacks.engine.openstack.api import Api
from stacks.engine.openstack.canonical import as_set
from stacks.engine.openstack.rows import Change, Inputs, Kind, Outputs, Property, Raw, Special, created_at, wanted_keys
from stacks.engine.openstack.types.properties import DESCRIPTION, NAME, REGION
from stacks.engine.openstack.types.quota import quota_kind
from stacks.engine.provider import RefusedByApi

SERVICE = "block-storage"
_EXTEND_IN_USE = "3.42"
_HINTS = {
    "differentHosts": "different_host",
    "sameHosts": "same_host",
    "localToInstance": "local_to_instance",
    "query": "query",
}
_QUOTAS = ("backupGigabytes", "backups", "gigabytes", "groups", "perVolumeGigabytes", "snapshots", "volumes")


def volume_status(api: Api, id_: str, wanted: frozenset[str]) -> Raw:
    """Return the volume once its status is one of `wanted`; RefusedByApi when it went wrong or away."""

    def probe() -> Raw | None:
        volume = dict(api.get(SERVICE, f"/volumes/{id_}")["volume"])
        if volume["status"].startswith("error"):
            raise RefusedByApi(
                500, f"site {api.site}: volume {volume['name']} ({id_}) went to status {volume['status']}"
            )
        return volume if volume["status"] in wanted else None

    return api.poll(probe, f"volume {id_}")


def _available(api: Api, raw: Raw, _inputs: Inputs) -> Raw:
    return volume_status(api, raw["id"], frozenset({"available"}))


def _create_volume(api: Api, inputs: Inputs) -> Raw:
    # Scheduler hints stand beside the volume in the request, not in it.
    rows = (row for row in VOLUME.properties if row.key and inputs.get(row.name) is not None)
    body: Raw = {"volume": {row.key: row.encode(inputs[row.name]) for row in rows}}
    hints = (inputs.get("schedulerHints") or [{}])[0]
    if hints:
        body["OS-SCH-HNT:scheduler_hints"] = {api: hints[name] for name, api in _HINTS.items() if hints.get(name)}
    return dict(api.send("POST", SERVICE, "/volumes", body)["volume"])


def _update_volume(api: Api, change: Change) -> Raw:
    path = f"/volumes/{change.id}"
    body = {key: value for key, value in change.body.items() if key in {"name", "description", "metadata"}}
    if "size" in change.changed:
        _extend(api, change)
    if "volumeType" in change.changed:
        _retype(api, change)
    if body:
        api.send("PUT", SERVICE, path, {"volume": body})
    return dict(api.get(SERVICE, path)["volume"])


def _extend(api: Api, change: Change) -> None:
    """Make the volume larger; one that is so large already was extended before an interruption."""
    now = api.get(SERVICE, f"/volumes/{change.id}")["volume"]
    if now["size"] >= change.new["size"]:
        return
    if now["status"] == "in-use" and not change.new.get("enableOnlineResize", True):
        raise RefusedByApi(409, f"site {api.site}: volume {change.id} is attached and enableOnlineResize is off")
    body = {"os-extend": {"new_size": change.new["size"]}}
    api.send("POST", SERVICE, f"/volumes/{change.id}/action", body, version=_EXTEND_IN_USE)
    volume_status(api, change.id, frozenset({"available", "in-use"}))


def _retype(api: Api, change: Change) -> None:
    """Change the type; the API refuses to give a volume the type that it has."""
    if api.get(SERVICE, f"/volumes/{change.id}")["volume"]["volume_type"] == change.new["volumeType"]:
        return
    policy = change.new.get("volumeRetypePolicy", "never")
    body = {"os-retype": {"new_type": change.new["volumeType"], "migration_policy": policy}}
    api.send("POST", SERVICE, f"/volumes/{change.id}/action", body)
    volume_status(api, change.id, frozenset({"available", "in-use"}))


def _settled(api: Api, raw: Raw, _inputs: Inputs) -> Raw:
    """Return the volume of an interrupted create once it is made, or has failed to be."""

    def probe() -> Raw | None:
        volume = dict(api.get(SERVICE, f"/volumes/{raw['id']}")["volume"])
        return None if volume["status"] in {"creating", "downloading"} else volume

    return api.poll(probe, f"volume {raw['id']}")


def _gone(api: Api, id_: str) -> None:
    def probe() -> bool | None:
        answer = api.get_or_none(SERVICE, f"/volumes/{id_}")
        if answer and answer["volume"]["status"].startswith("error"):
            status = answer["volume"]["status"]
            raise RefusedByApi(500, f"site {api.site}: volume {id_} could not be deleted: {status}")
        return True if answer is None else None

    api.poll(probe, f"deletion of volume {id_}")


def _find_volumes(api: Api, inputs: Inputs) -> list[Raw]:
    volumes = api.get(SERVICE, "/volumes/detail", {"name": inputs["name"]})["volumes"]
    mine = [raw for raw in volumes if raw["name"] == inputs["name"]]
    return [raw for raw in mine if raw["size"] == inputs["size"] and raw["status"] != "deleting"]


def _attachments(raw: Raw, _inputs: Inputs) -> Outputs:
    names = {"id": "id", "instanceId": "server_id", "device": "device"}
    return {"attachments": [{name: item.get(key) or "" for name, key in names.items()} for item in raw["attachments"]]}


def _source(name: str) -> Property:
    return Property(name, api="imageRef" if name == "imageId" else None, force_new=True, echo=True)


VOLUME = Kind(
    "openstack:blockstorage/volume:Volume",
    SERVICE,
    "/volumes",
    "volume",
    (
        REGION,
        NAME,
        DESCRIPTION,
        Property("size", int),
        Property("enableOnlineResize", bool, api="", echo=True),
        Property("availabilityZone", force_new=True, computed=True),
        Property("metadata", dict, computed=True, read=wanted_keys("metadata")),
        *map(_source, ("snapshotId", "sourceVolId", "imageId")),
        Property("volumeType", computed=True),
        Property("volumeRetypePolicy", api="", echo=True, default="never"),
        Property("schedulerHints", list, api="", force_new=True, echo=True, same=as_set),
    ),
    made=created_at,
    natural_key=("name", "size"),
    minutes={"create": 10, "delete": 10},
    exclusive=(("snapshotId", "sourceVolId"), ("snapshotId", "imageId"), ("sourceVolId", "imageId")),
    special=Special(
        create=_create_volume,
        finish=_available,
        update=_update_volume,
        gone=_gone,
        find=_find_volumes,
        outputs=_attachments,
        settle=_settled,
        broken=lambda raw, _: raw["status"] if raw["status"].startswith("error") else "",
    ),
)
KINDS = (
    VOLUME,
    quota_kind("openstack:blockstorage/quoteSetV3:QuoteSetV3", SERVICE, "/os-quota-sets", "quota_set", _QUOTAS),
)
