"""Nova: flavors, key pairs, server groups, quotas, volume attachments."""

from __future__ import annotations

from urllib.parse import quote

from stacks.engine.openstack.api import Api
from stacks.engine.openstack.resource import CONFLICT_SECONDS
from stacks.engine.openstack.rows import Change, Inputs, Kind, Outputs, Property, Raw, Special, created_at, untold
from stacks.engine.openstack.types.properties import DESCRIPTION, REGION, VALUE_SPECS
from stacks.engine.openstack.types.quota import quota_kind
from stacks.engine.openstack.types.storage import volume_status
from stacks.engine.provider import RefusedByApi

_FLAVOR_VERSION = "2.61"
"""From here on a flavor shows its description and extra specs."""
_GROUP_VERSION = "2.64"
_KEYPAIR_VERSION = "2.10"
_ATTACH_TAG_VERSION = "2.49"
_MULTIATTACH_VERSION = "2.60"
_QUOTAS = (
    *("cores", "fixedIps", "floatingIps", "injectedFileContentBytes", "injectedFilePathBytes", "injectedFiles"),
    *("instances", "keyPairs", "metadataItems", "ram", "securityGroupRules", "securityGroups"),
    *("serverGroupMembers", "serverGroups"),
)


def _flavor_specs(api: Api, raw: Raw, inputs: Inputs) -> Raw:
    specs = inputs.get("extraSpecs")
    if not specs:
        return raw
    answer = api.send("POST", "compute", f"/flavors/{raw['id']}/os-extra_specs", {"extra_specs": specs})
    return {**raw, "extra_specs": answer["extra_specs"]}


def _update_flavor(api: Api, change: Change) -> Raw:
    path = f"/flavors/{quote(change.id, safe='')}"
    if "description" in change.changed:
        body = {"flavor": {"description": change.new.get("description") or None}}
        api.send("PUT", "compute", path, body, version=_FLAVOR_VERSION)
    if "extraSpecs" in change.changed:
        wanted = change.new.get("extraSpecs") or {}
        there = api.get("compute", f"{path}/os-extra_specs")["extra_specs"]
        for key in there.keys() - wanted.keys():
            api.delete("compute", f"{path}/os-extra_specs/{quote(key, safe='')}")
        if wanted:
            api.send("POST", "compute", f"{path}/os-extra_specs", {"extra_specs": wanted})
    return dict(api.get("compute", path, version=_FLAVOR_VERSION)["flavor"])


def _find_flavor(api: Api, inputs: Inputs) -> list[Raw]:
    listed = api.get("compute", "/flavors/detail", {"is_public": "None"}, version=_FLAVOR_VERSION)["flavors"]
    return [raw for raw in listed if raw["name"] == inputs["name"]]


def _keypair_query(inputs: Inputs) -> Raw:
    return {"user_id": inputs["userId"]} if inputs.get("userId") else {}


def _read_keypair(api: Api, id_: str, inputs: Inputs) -> Raw | None:
    path = f"/os-keypairs/{quote(id_, safe='')}"
    answer = api.get_or_none("compute", path, _keypair_query(inputs), _KEYPAIR_VERSION)
    return None if answer is None else dict(answer["keypair"])


def _delete_keypair(api: Api, id_: str, inputs: Inputs) -> None:
    user = f"?user_id={quote(inputs['userId'], safe='')}" if inputs.get("userId") else ""
    api.delete("compute", f"/os-keypairs/{quote(id_, safe='')}{user}", _KEYPAIR_VERSION)


def _keypair_outputs(raw: Raw, _inputs: Inputs) -> Outputs:
    """Return the private key only where there is one: the API tells it once, so a read must not blank it."""
    shown = {"fingerprint": raw["fingerprint"]}
    return {**shown, "privateKey": raw["private_key"]} if raw.get("private_key") else shown


def _lost_key(_raw: Raw, inputs: Inputs) -> str:
    return "" if inputs.get("publicKey") else "its private key was told once, to a run that was interrupted"


def _server_group_body(_api: Api, inputs: Inputs, body: Raw) -> Raw:
    body["policy"] = inputs.get("policies")
    most = (inputs.get("rules") or {}).get("maxServerPerHost")
    return body | ({"rules": {"max_server_per_host": most}} if most else {})


def _find_server_group(api: Api, inputs: Inputs) -> list[Raw]:
    groups = api.get("compute", "/os-server-groups", version=_GROUP_VERSION)["server_groups"]
    mine = api.project_id
    return [
        raw
        for raw in groups
        if raw["name"] == inputs["name"] and raw["project_id"] == mine and raw["policy"] == inputs.get("policies")
    ]


def _policy(raw: Raw, _inputs: Inputs) -> str:
    return str(raw.get("policy") or "")


def _rules(raw: Raw, _inputs: Inputs) -> Raw | None:
    most = (raw.get("rules") or {}).get("max_server_per_host")
    return {"maxServerPerHost": most} if most else None


def _attachment_path(id_: str) -> str:
    server, _, attachment = id_.partition("/")
    return f"/servers/{server}/os-volume_attachments/{attachment}"


def _attach(api: Api, inputs: Inputs) -> Raw:
    body = {"volumeId": inputs["volumeId"]}
    body |= {name: inputs[name] for name in ("device", "tag") if inputs.get(name)}
    version = _MULTIATTACH_VERSION if inputs.get("multiattach") else _ATTACH_TAG_VERSION if "tag" in body else ""
    path = f"/servers/{inputs['instanceId']}/os-volume_attachments"
    # A server refuses while another task, such as another attachment, is under way.
    made = api.insist(
        lambda: api.send("POST", "compute", path, {"volumeAttachment": body}, version=version), CONFLICT_SECONDS
    )
    return dict(made["volumeAttachment"])


def _attached(api: Api, raw: Raw, _inputs: Inputs) -> Raw:
    volume_status(api, raw["volumeId"], frozenset({"in-use"}))
    return raw


def _read_attachment(api: Api, id_: str, _inputs: Inputs) -> Raw | None:
    answer = api.get_or_none("compute", _attachment_path(id_))
    return None if answer is None else dict(answer["volumeAttachment"])


def _detach(api: Api, id_: str, inputs: Inputs) -> None:
    """Detach, and wait until the volume can be attached elsewhere or deleted."""
    api.insist(lambda: api.delete("compute", _attachment_path(id_)), CONFLICT_SECONDS)
    api.poll(lambda: True if _read_attachment(api, id_, inputs) is None else None, f"detachment of {id_}")
    try:
        volume_status(api, id_.partition("/")[2], frozenset({"available", "in-use"}))
    except RefusedByApi as refused:
        if refused.status != 404:
            raise


def _find_attachment(api: Api, inputs: Inputs) -> list[Raw]:
    answer = api.get_or_none("compute", f"/servers/{inputs['instanceId']}/os-volume_attachments")
    listed = answer["volumeAttachments"] if answer else []
    return [raw for raw in listed if raw["volumeId"] == inputs["volumeId"]]


def _forced(name: str, type_: type = int, *, api: str | None = None, default: float | None = None) -> Property:
    return Property(name, type_, api=api, force_new=True, default=default)


FLAVOR = Kind(
    "openstack:compute/flavor:Flavor",
    "compute",
    "/flavors",
    "flavor",
    (
        REGION,
        Property("name", force_new=True, autoname=True),
        DESCRIPTION,
        _forced("ram"),
        _forced("vcpus"),
        _forced("disk"),
        Property("swap", int, force_new=True, read=lambda raw, _: raw.get("swap") or 0),
        _forced("ephemeral", api="OS-FLV-EXT-DATA:ephemeral"),
        _forced("rxTxFactor", float, api="rxtx_factor", default=1),
        _forced("isPublic", bool, api="os-flavor-access:is_public"),
        Property("flavorId", api="id", force_new=True, computed=True),
        Property("extraSpecs", dict, api="", computed=True, read=lambda raw, _: raw.get("extra_specs") or {}),
    ),
    made=untold,
    version=_FLAVOR_VERSION,
    special=Special(
        body=lambda _api, inputs, body: {"os-flavor-access:is_public": bool(inputs.get("isPublic")), **body},
        finish=_flavor_specs,
        update=_update_flavor,
        find=_find_flavor,
        clashes=lambda old, new: bool(new.get("flavorId")) and old.get("flavorId") == new.get("flavorId"),
    ),
)
KEYPAIR = Kind(
    "openstack:compute/keypair:Keypair",
    "compute",
    "/os-keypairs",
    "keypair",
    (
        REGION,
        Property("name", force_new=True, autoname=True),
        Property("publicKey", force_new=True, computed=True),
        Property("userId", force_new=True, computed=True, echo=True),
        VALUE_SPECS,
    ),
    made=created_at,
    version=_KEYPAIR_VERSION,
    secret=frozenset({"privateKey"}),
    special=Special(
        read=_read_keypair,
        delete=_delete_keypair,
        find=lambda api, inputs: [raw for raw in [_read_keypair(api, inputs["name"], inputs)] if raw],
        outputs=_keypair_outputs,
        identify=lambda raw: str(raw["name"]),
        broken=_lost_key,
    ),
)
SERVER_GROUP = Kind(
    "openstack:compute/serverGroup:ServerGroup",
    "compute",
    "/os-server-groups",
    "server_group",
    (
        REGION,
        Property("name", force_new=True, autoname=True),
        Property("policies", api="", force_new=True, read=_policy),
        Property("rules", dict, api="", force_new=True, computed=True, read=_rules),
        VALUE_SPECS,
    ),
    made=untold,
    version=_GROUP_VERSION,
    special=Special(
        body=_server_group_body,
        find=_find_server_group,
        outputs=lambda raw, _: {"members": raw.get("members") or []},
    ),
)
VOLUME_ATTACH = Kind(
    "openstack:compute/volumeAttach:VolumeAttach",
    "compute",
    "/servers",
    "volumeAttachment",
    (
        REGION,
        Property("instanceId", api="serverId", force_new=True),
        Property("volumeId", api="volumeId", force_new=True),
        Property("device", computed=True, echo=True, read=lambda raw, _: raw.get("device") or ""),
        Property("multiattach", bool, api="", force_new=True, echo=True),
        Property("tag", api="", force_new=True, echo=True),
    ),
    made=untold,
    natural_key=("instanceId", "volumeId"),
    minutes={"create": 10, "delete": 10},
    special=Special(
        create=_attach,
        finish=_attached,
        read=_read_attachment,
        delete=_detach,
        find=_find_attachment,
        identify=lambda raw: f"{raw['serverId']}/{raw['id']}",
        clashes=lambda old, new: old.get("volumeId") == new.get("volumeId"),
    ),
)


KINDS = (
    FLAVOR,
    KEYPAIR,
    SERVER_GROUP,
    VOLUME_ATTACH,
    quota_kind("openstack:compute/quotaSetV2:QuotaSetV2", "compute", "/os-quota-sets", "quota_set", _QUOTAS),
)
