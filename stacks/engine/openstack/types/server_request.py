"""Nova: what is asked for when a server is created."""

from __future__ import annotations

import base64

from stacks.engine.openstack.api import Api
from stacks.engine.openstack.rows import Inputs, Raw
from stacks.engine.openstack.types.nics import wanted_cards
from stacks.engine.openstack.types.server_state import VERSION
from stacks.engine.provider import RefusedByApi

_CREATE_TAGS_VERSION = "2.52"
_NETWORK_MODE_VERSION = "2.37"
_VOLUME_TYPE_VERSION = "2.67"
_HINTS = {
    "group": "group",
    "differentHosts": "different_host",
    "sameHosts": "same_host",
    "queries": "query",
    "targetCell": "target_cell",
    "differentCells": "different_cell",
    "buildNearHostIp": "build_near_host_ip",
}
_DEVICE = {
    "sourceType": "source_type",
    "uuid": "uuid",
    "volumeSize": "volume_size",
    "destinationType": "destination_type",
    "bootIndex": "boot_index",
    "deleteOnTermination": "delete_on_termination",
    "guestFormat": "guest_format",
    "volumeType": "volume_type",
    "deviceType": "device_type",
    "diskBus": "disk_bus",
}


def flavor_id(api: Api, inputs: Inputs) -> str:
    if inputs.get("flavorId"):
        return str(inputs["flavorId"])
    flavors = api.get("compute", "/flavors", {"is_public": "None"})["flavors"]
    name = inputs.get("flavorName")
    return _only([flavor["id"] for flavor in flavors if flavor["name"] == name], api, f"flavors are named {name}")


def image_id(api: Api, inputs: Inputs) -> str:
    """Return the image's id, "" for a server that boots from a volume."""
    name = inputs.get("imageName")
    if inputs.get("imageId") or not name:
        return str(inputs.get("imageId") or "")
    images = api.get("image", "/images", {"name": name})["images"]
    return _only([image["id"] for image in images], api, f"images are named {name}")


def _only(found: list[str], api: Api, what: str) -> str:
    if len(found) != 1:
        raise RefusedByApi(404, f"site {api.site}: {len(found)} {what}; one is needed")
    return found[0]


def create_server(api: Api, inputs: Inputs) -> Raw:
    server: Raw = {
        "name": inputs["name"],
        "flavorRef": flavor_id(api, inputs),
        "imageRef": image_id(api, inputs),
        "networks": inputs.get("networkMode") or wanted_cards(api, inputs) or _any_network(inputs),
        "security_groups": [{"name": name} for name in inputs.get("securityGroups") or []],
        "metadata": inputs.get("metadata"),
        "config_drive": inputs.get("configDrive"),
        "adminPass": inputs.get("adminPass"),
        "key_name": inputs.get("keyPair"),
        "availability_zone": inputs.get("availabilityZone") or inputs.get("availabilityZoneHints"),
        "user_data": _encoded(inputs.get("userData")),
        "block_device_mapping_v2": _devices(inputs),
        "tags": inputs.get("tags"),
    }
    body: Raw = {"server": {key: value for key, value in server.items() if value}}
    hints = (inputs.get("schedulerHints") or [{}])[0]
    sent = {key: hints[name] for name, key in _HINTS.items() if hints.get(name)}
    if sent:
        body["os:scheduler_hints"] = sent
    return dict(api.send("POST", "compute", "/servers", body, version=_create_version(inputs))["server"])


def _any_network(inputs: Inputs) -> str:
    """From 2.37 on Nova wants to be told to choose a network."""
    return "" if _create_version(inputs) == VERSION else "auto"


def _create_version(inputs: Inputs) -> str:
    """Return the lowest microversion that knows all that is asked for."""
    if any(device.get("volumeType") for device in inputs.get("blockDevices") or []):
        return _VOLUME_TYPE_VERSION
    if inputs.get("tags"):
        return _CREATE_TAGS_VERSION
    return _NETWORK_MODE_VERSION if inputs.get("networkMode") else VERSION


def _encoded(user_data: str | None) -> str | None:
    """Return user data in base64, once: the program may have encoded it already."""
    if not user_data:
        return None
    try:
        base64.b64decode(user_data, validate=True)
    except ValueError:
        return base64.b64encode(user_data.encode()).decode()
    return user_data


def _devices(inputs: Inputs) -> list[Raw]:
    return [
        {
            "boot_index": 0,
            "delete_on_termination": False,
            **{key: device[name] for name, key in _DEVICE.items() if device.get(name) not in {None, ""}},
        }
        for device in inputs.get("blockDevices") or []
    ]
