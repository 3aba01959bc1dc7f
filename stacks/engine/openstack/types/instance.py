"""Nova: servers."""

from __future__ import annotations

import hashlib
from typing import Any

from stacks.engine.openstack.api import Api
from stacks.engine.openstack.canonical import as_set, covers, folded, plain
from stacks.engine.openstack.rows import Change, Inputs, Kind, Outputs, Property, Raw, Special, wanted_keys
from stacks.engine.openstack.types.nics import access_addresses, shown_cards
from stacks.engine.openstack.types.properties import NAME, REGION
from stacks.engine.openstack.types.server_request import create_server
from stacks.engine.openstack.types.server_state import (
    AT_REST,
    VERSION,
    act,
    fault,
    get_server,
    set_power,
    wait_at_rest,
    wait_for,
    wait_gone,
)
from stacks.engine.openstack.types.server_update import update_server
from stacks.engine.provider import RefusedByApi

_BOOTS_FROM_VOLUME = "Attempt to boot from volume - no image supplied"
_THIRTY_MINUTES = {"create": 30, "update": 30, "delete": 30}


def _built(api: Api, raw: Raw, inputs: Inputs) -> Raw:
    server = wait_for(api, raw["id"], ("ACTIVE",), "creation")
    return _shown(api, set_power(api, server, inputs.get("powerState") or "active"), inputs)


def _shown(api: Api, server: Raw, inputs: Inputs) -> Raw:
    """Return the server with the cards that it does not show itself."""
    return {**server, "cards": shown_cards(api, server, inputs)}


def _read(api: Api, id_: str, inputs: Inputs) -> Raw | None:
    server = get_server(api, id_)
    return None if server is None else _shown(api, server, inputs)


def _find(api: Api, inputs: Inputs) -> list[Raw]:
    # Nova takes the name for a regular expression: it only narrows the list.
    servers = api.get("compute", "/servers/detail", {"name": inputs["name"]}, version=VERSION)["servers"]
    mine = api.project_id
    return [raw for raw in servers if raw["name"] == inputs["name"] and raw["tenant_id"] == mine]


def _delete(api: Api, id_: str, inputs: Inputs) -> None:
    if inputs.get("stopBeforeDestroy") and (server := get_server(api, id_)) and server["status"] == "ACTIVE":
        set_power(api, server, "shutoff")
    if inputs.get("forceDelete"):
        try:
            act(api, id_, {"forceDelete": None})
        except RefusedByApi as refused:
            if refused.status != 404:
                raise
    elif not api.delete("compute", f"/servers/{id_}"):
        return
    wait_gone(api, id_)


def _update(api: Api, change: Change) -> Raw:
    return _shown(api, update_server(api, change), change.new)


def _settled(api: Api, raw: Raw, inputs: Inputs) -> Raw:
    return _shown(api, wait_at_rest(api, raw["id"]), inputs)


def _group_names(raw: Raw, _inputs: Inputs) -> list[str]:
    """Return each group once: Nova repeats those of every port."""
    return sorted({group["name"] for group in raw.get("security_groups") or []})


def _wanted_tags(raw: Raw, inputs: Inputs) -> Any:
    wanted = inputs.get("tags")
    return None if wanted is None else [tag for tag in wanted if tag in (raw.get("tags") or [])]


def _hashed(_raw: Raw, inputs: Inputs) -> str:
    """Return user data as the bridged provider keeps it in state."""
    return _hash(inputs.get("userData") or "")


def _hash(data: str) -> str:
    return hashlib.sha1(data.encode(), usedforsecurity=False).hexdigest() if data else ""


def _is_hash_of(wanted: Any, shown: Any) -> bool:
    return shown in {wanted, _hash(wanted)}


def _image(raw: Raw, _inputs: Inputs) -> str:
    return str((raw.get("image") or {}).get("id") or _BOOTS_FROM_VOLUME)


def _power(raw: Raw, _inputs: Inputs) -> str:
    """Return the state that lasts; what passes, like a reboot, leaves a server active."""
    return str(raw["status"]).lower() if raw["status"] in AT_REST else "active"


def _zone(value: Any) -> Any:
    """Return the zone of `zone:host`: the host is a wish that the API does not show."""
    return plain(value.split(":")[0] if isinstance(value, str) else value)


def _outputs(raw: Raw, _inputs: Inputs) -> Outputs:
    return {
        **access_addresses(raw, raw["cards"]),
        "allMetadata": raw["metadata"],
        "allTags": raw.get("tags") or [],
        "created": raw["created"],
        "updated": raw["updated"],
        "hypervisorHostname": raw.get("OS-EXT-SRV-ATTR:hypervisor_hostname") or "",
    }


def _forced(name: str, type_: type = str, **rest: Any) -> Property:
    return Property(name, type_, api="", force_new=True, echo=True, **rest)


INSTANCE = Kind(
    "openstack:compute/instance:Instance",
    "compute",
    "/servers",
    "server",
    (
        REGION,
        NAME,
        Property("imageId", computed=True, read=_image),
        Property("imageName", computed=True, echo=True),
        Property("flavorId", computed=True, read=lambda raw, _: raw["flavor"]["id"]),
        Property("flavorName", computed=True, echo=True),
        Property("userData", api="", force_new=True, agrees=_is_hash_of, read=_hashed),
        Property("securityGroups", list, computed=True, same=as_set, read=_group_names),
        _forced("availabilityZoneHints"),
        Property("availabilityZone", api="OS-EXT-AZ:availability_zone", force_new=True, computed=True, same=_zone),
        _forced("networkMode"),
        Property(
            "networks", list, api="", force_new=True, computed=True, agrees=covers, read=lambda raw, _: raw["cards"]
        ),
        Property("metadata", dict, read=wanted_keys("metadata")),
        _forced("configDrive", bool),
        Property("adminPass", api="", echo=True),
        Property("keyPair", api="key_name", force_new=True),
        _forced("blockDevices", list),
        _forced("schedulerHints", list, same=as_set),
        Property("stopBeforeDestroy", bool, api="", echo=True),
        Property("forceDelete", bool, api="", echo=True),
        Property("powerState", default="active", same=folded, read=_power),
        Property("tags", list, same=as_set, read=_wanted_tags),
    ),
    made=lambda raw, _: str(raw["created"]),
    minutes=_THIRTY_MINUTES,
    secret=frozenset({"adminPass"}),
    exclusive=(("availabilityZone", "availabilityZoneHints"), ("networks", "networkMode")),
    special=Special(
        create=create_server,
        finish=_built,
        read=_read,
        update=_update,
        delete=_delete,
        find=_find,
        outputs=_outputs,
        settle=_settled,
        broken=lambda raw, _: fault(raw) if raw["status"] == "ERROR" else "",
    ),
)
KINDS = (INSTANCE,)
