"""Neutron: ports and floating addresses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stacks.engine.openstack.api import Api
from stacks.engine.openstack.canonical import address, as_set, covers
from stacks.engine.openstack.rows import Change, Inputs, Kind, Outputs, Property, Raw, Special, created_at, untold
from stacks.engine.openstack.types.neutron import ADMIN_STATE, FIXED_ADDRESS, NAMED, TEN_MINUTES, UNNAMED
from stacks.engine.openstack.types.properties import REGION
from stacks.engine.openstack.types.tags import all_tags, set_tags, update_with_tags
from stacks.engine.provider import RefusedByApi

_PAIR = {"ipAddress": "ip_address", "macAddress": "mac_address"}
_DHCP = {"name": "opt_name", "value": "opt_value", "ipVersion": "ip_version"}


def _port_body(_api: Api, inputs: Inputs, body: Raw) -> Raw:
    return body | _bindings(inputs) | _emptied(inputs)


def _emptied(inputs: Inputs) -> Raw:
    none_of_it = {"fixed_ips": "noFixedIp", "security_groups": "noSecurityGroups"}
    return {key: [] for key, name in none_of_it.items() if inputs.get(name)}


def _bindings(inputs: Inputs) -> Raw:
    binding = inputs.get("binding") or {}
    sent = {"binding:host_id": binding.get("hostId"), "binding:vnic_type": binding.get("vnicType")}
    if binding.get("profile"):
        sent["binding:profile"] = json.loads(binding["profile"])
    return {key: value for key, value in sent.items() if value}


def _update_port(api: Api, change: Change) -> Raw:
    body = dict(change.body)
    if change.changed & {"noFixedIp", "noSecurityGroups"}:
        body |= _emptied(change.new)
    if "binding" in change.changed:
        body |= _bindings(change.new)
    if "extraDhcpOptions" in change.changed:
        body["extra_dhcp_opts"] = _dhcp_changes(change)
    changed = Change(change.id, change.old, change.new, change.changed, body)
    return update_with_tags("/ports", "port")(api, changed)


def _dhcp_changes(change: Change) -> list[Raw]:
    """Return the wanted options, and those to forget with a null value, as Neutron wants it."""
    row = PORT.by_name["extraDhcpOptions"]
    wanted = row.encode(change.new.get(row.name) or [])
    kept = {option["opt_name"] for option in wanted}
    gone = [option for option in row.encode(change.old.get(row.name) or []) if option["opt_name"] not in kept]
    return [*wanted, *({**option, "opt_value": None} for option in gone)]


def _binding(raw: Raw, inputs: Inputs) -> Raw | None:
    if "binding:vnic_type" not in raw:
        return inputs.get("binding")
    details = raw.get("binding:vif_details") or {}
    return {
        "hostId": raw.get("binding:host_id") or "",
        "profile": json.dumps(raw.get("binding:profile") or {}, separators=(",", ":")),
        "vifDetails": {key: item if isinstance(item, str) else json.dumps(item) for key, item in details.items()},
        "vifType": raw.get("binding:vif_type") or "",
        "vnicType": raw["binding:vnic_type"],
    }


def _bound(wanted: Any, shown: Any) -> bool:
    """Return whether the binding is as wanted; the profile is JSON, spelled as one likes."""
    told = {**wanted, "profile": json.loads(wanted.get("profile") or "{}")}
    return covers(told, {**shown, "profile": json.loads(shown.get("profile") or "{}")})


def _wanted_groups(raw: Raw, inputs: Inputs) -> Any:
    """Return the port's groups where the program names some; else the API puts `default` on it."""
    return None if inputs.get("securityGroupIds") is None else raw.get("security_groups") or []


def _wanted_addresses(raw: Raw, inputs: Inputs) -> Any:
    """Return the fixed addresses with what the program says of each; all of each when they are not as it says."""
    wanted = inputs.get("fixedIps")
    shown = [{name: ip.get(api) for name, api in FIXED_ADDRESS.items()} for ip in raw.get("fixed_ips") or []]
    if wanted is None or len(shown) != len(wanted):
        return None if wanted is None else shown
    left = list(shown)
    for given in wanted:
        same = [ip for ip in left if _is_as_given(ip, given)]
        if not same:
            return shown
        left.remove(same[0])
    return [dict(given) for given in wanted]


def _is_as_given(shown: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    return all(address(shown[name]) == address(given[name]) for name in FIXED_ADDRESS if given.get(name))


def _port_outputs(raw: Raw, inputs: Inputs) -> Outputs:
    return {
        "allFixedIps": [ip["ip_address"] for ip in raw.get("fixed_ips") or []],
        "allSecurityGroupIds": raw.get("security_groups") or [],
        "dnsAssignments": raw.get("dns_assignment") or [],
        **all_tags(raw, inputs),
    }


def _same_addresses(old: Inputs, new: Inputs) -> bool:
    """Return whether both ports name an address or MAC: the old one may hold it."""
    named = [old.get("macAddress"), *(ip.get("ipAddress") for ip in old.get("fixedIps") or [])]
    wanted = [new.get("macAddress"), *(ip.get("ipAddress") for ip in new.get("fixedIps") or [])]
    return bool({value for value in named if value} & {value for value in wanted if value})


def _pool_id(api: Api, pool: str) -> str:
    """Return the id of the external network of this name or id."""
    found = api.get("network", "/networks", {"name": pool, "router:external": "true", "fields": "id"})["networks"]
    found = found or api.get("network", "/networks", {"id": pool, "fields": "id"})["networks"]
    if len(found) != 1:
        raise RefusedByApi(404, f"site {api.site}: {len(found)} external networks are named {pool}; one is needed")
    return str(found[0]["id"])


def _floating_body(api: Api, inputs: Inputs, body: Raw) -> Raw:
    """Put the pool's id in the place of its name; with several subnets the first is asked."""
    subnet = {"subnet_id": inputs["subnetIds"][0]} if inputs.get("subnetIds") else {}
    return body | subnet | {"floating_network_id": _pool_id(api, inputs["pool"])}


def _update_floating(api: Api, change: Change) -> Raw:
    body = dict(change.body)
    if change.changed & {"portId", "fixedIp"}:
        body["port_id"] = change.new.get("portId") or None
        body.pop("fixed_ip_address", None)
        if change.new.get("fixedIp") and body["port_id"]:
            body["fixed_ip_address"] = change.new["fixedIp"]
    changed = Change(change.id, change.old, change.new, change.changed, body)
    return update_with_tags("/floatingips", "floatingip")(api, changed)


def _find_floating(api: Api, inputs: Inputs) -> list[Raw]:
    """A floating address has no name: its description and pool, and what else the program says, tell it apart."""
    query = {
        "floating_network_id": _pool_id(api, inputs["pool"]),
        "tenant_id": inputs.get("tenantId") or api.project_id,
        "description": inputs.get("description") or "",
        "floating_ip_address": inputs.get("address"),
        "port_id": inputs.get("portId"),
    }
    listed = api.get("network", "/floatingips", {key: value for key, value in query.items() if value})["floatingips"]
    return [
        raw for raw in listed if raw["description"] == query["description"] and (query["port_id"] or not raw["port_id"])
    ]


PORT = Kind(
    "openstack:networking/port:Port",
    "network",
    "/ports",
    "port",
    (
        *NAMED,
        ADMIN_STATE,
        Property("networkId", force_new=True),
        Property("macAddress", force_new=True, computed=True),
        Property("deviceOwner", force_new=True, computed=True),
        Property("deviceId", force_new=True, computed=True),
        Property("fixedIps", list, fields=FIXED_ADDRESS, read=_wanted_addresses),
        Property("noFixedIp", bool, api="", echo=True),
        Property("securityGroupIds", list, api="security_groups", same=as_set, read=_wanted_groups),
        Property("noSecurityGroups", bool, api="", echo=True),
        Property("allowedAddressPairs", list, echo=True, same=as_set, fields=_PAIR),
        Property("extraDhcpOptions", list, api="extra_dhcp_opts", echo=True, same=as_set, fields=_DHCP),
        Property("portSecurityEnabled", bool, computed=True),
        Property("binding", dict, api="", computed=True, agrees=_bound, read=_binding),
        Property("dnsName", computed=True),
        Property("qosPolicyId", computed=True),
    ),
    made=created_at,
    natural_key=("name", "networkId", "tenantId"),
    minutes=TEN_MINUTES,
    exclusive=(("fixedIps", "noFixedIp"), ("securityGroupIds", "noSecurityGroups")),
    special=Special(
        body=_port_body,
        finish=set_tags("/ports"),
        update=_update_port,
        outputs=_port_outputs,
        clashes=_same_addresses,
    ),
)
FLOATING_IP = Kind(
    "openstack:networking/floatingIp:FloatingIp",
    "network",
    "/floatingips",
    "floatingip",
    (
        *UNNAMED,
        Property("pool", api="", force_new=True, echo=True),
        Property("address", api="floating_ip_address", force_new=True, computed=True, same=address),
        Property("portId", computed=True),
        Property("fixedIp", api="fixed_ip_address", computed=True, same=address),
        Property("subnetId", computed=True, echo=True),
        Property("subnetIds", list, api="", echo=True),
        Property("dnsName", force_new=True, computed=True),
        Property("dnsDomain", force_new=True, computed=True),
    ),
    made=created_at,
    natural_key=("description", "pool", "tenantId", "address", "portId"),
    minutes=TEN_MINUTES,
    exclusive=(("subnetId", "subnetIds"),),
    special=Special(
        body=_floating_body,
        finish=set_tags("/floatingips"),
        update=_update_floating,
        find=_find_floating,
        outputs=all_tags,
        clashes=lambda old, new: bool(new.get("address")) and old.get("address") == new.get("address"),
    ),
)


def _associate(api: Api, inputs: Inputs) -> Raw:
    found = api.get("network", "/floatingips", {"floating_ip_address": inputs["floatingIp"]})["floatingips"]
    if len(found) != 1:
        raise RefusedByApi(404, f"site {api.site}: there is no floating address {inputs['floatingIp']}")
    return _point(api, found[0]["id"], inputs)


def _point(api: Api, id_: str, inputs: Inputs) -> Raw:
    body: Raw = {"port_id": inputs["portId"]}
    if inputs.get("fixedIp"):
        body["fixed_ip_address"] = inputs["fixedIp"]
    return dict(api.send("PUT", "network", f"/floatingips/{id_}", {"floatingip": body})["floatingip"])


def _read_association(api: Api, id_: str, _inputs: Inputs) -> Raw | None:
    answer = api.get_or_none("network", f"/floatingips/{id_}")
    return dict(answer["floatingip"]) if answer and answer["floatingip"]["port_id"] else None


def _find_association(api: Api, inputs: Inputs) -> list[Raw]:
    query = {"floating_ip_address": inputs["floatingIp"], "port_id": inputs["portId"]}
    return list(api.get("network", "/floatingips", query)["floatingips"])


def _dissociate(api: Api, id_: str, _inputs: Inputs) -> None:
    try:
        api.send("PUT", "network", f"/floatingips/{id_}", {"floatingip": {"port_id": None}})
    except RefusedByApi as refused:
        if refused.status != 404:
            raise


ASSOCIATION = Kind(
    "openstack:networking/floatingIpAssociate:FloatingIpAssociate",
    "network",
    "/floatingips",
    "floatingip",
    (
        REGION,
        Property("floatingIp", api="floating_ip_address", force_new=True, same=address),
        Property("portId"),
        Property("fixedIp", api="fixed_ip_address", computed=True, same=address),
    ),
    made=untold,
    natural_key=("floatingIp", "portId"),
    special=Special(
        create=_associate,
        read=_read_association,
        update=lambda api, change: _point(api, change.id, change.new),
        delete=_dissociate,
        find=_find_association,
        clashes=lambda _old, _new: True,
    ),
)
KINDS = (PORT, FLOATING_IP, ASSOCIATION)
