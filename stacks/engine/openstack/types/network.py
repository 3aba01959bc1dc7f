"""Neutron: networks, subnets, security groups and rules, quotas, sharing."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

from stacks.engine.openstack.api import Api
from stacks.engine.openstack.canonical import address, addresses, as_set, covers, folded, network, plain
from stacks.engine.openstack.rows import Change, Inputs, Kind, Outputs, Property, Raw, Special, created_at, untold
from stacks.engine.openstack.types.neutron import ADMIN_STATE, AVAILABILITY_ZONES, NAMED, TEN_MINUTES, TENANT
from stacks.engine.openstack.types.properties import NAME, REGION
from stacks.engine.openstack.types.quota import quota_kind
from stacks.engine.openstack.types.tags import TAGS, all_tags, set_tags, update_with_tags

_SEGMENT = {
    "networkType": "provider:network_type",
    "physicalNetwork": "provider:physical_network",
    "segmentationId": "provider:segmentation_id",
}
_RULE_KEY = (
    *("securityGroupId", "direction", "ethertype", "protocol", "portRangeMin", "portRangeMax"),
    *("remoteIpPrefix", "remoteGroupId", "remoteAddressGroupId"),
)
_POOL = {"start": "start", "end": "end"}
_QUOTAS = (
    *("floatingip", "network", "port", "rbacPolicy", "router", "securityGroup", "securityGroupRule"),
    *("subnet", "subnetpool"),
)


def _segments(raw: Raw, _inputs: Inputs) -> list[Raw]:
    listed = raw.get("segments") or ([raw] if raw.get("provider:network_type") else [])
    return [
        {
            "networkType": segment.get("provider:network_type") or "",
            "physicalNetwork": segment.get("provider:physical_network") or "",
            "segmentationId": segment.get("provider:segmentation_id") or 0,
        }
        for segment in listed
    ]


def _network_body(_api: Api, inputs: Inputs, body: Raw) -> Raw:
    """One segment goes into the network itself: not every mechanism has the multi-segment extension."""
    segments = [
        {api: segment[name] for name, api in _SEGMENT.items() if segment.get(name) not in {None, ""}}
        for segment in inputs.get("segments") or []
    ]
    return body | (segments[0] if len(segments) == 1 else {"segments": segments} if segments else {})


def _update_network(api: Api, change: Change) -> Raw:
    body = _network_body(api, change.new, change.body) if "segments" in change.changed else change.body
    changed = Change(change.id, change.old, change.new, change.changed, body)
    return update_with_tags("/networks", "network")(api, changed)


def _subnet_body(_api: Api, inputs: Inputs, body: Raw) -> Raw:
    return body | ({"gateway_ip": None} if inputs.get("noGateway") else {})


def _update_subnet(api: Api, change: Change) -> Raw:
    body = dict(change.body)
    if change.changed & {"gatewayIp", "noGateway"}:
        body["gateway_ip"] = None if change.new.get("noGateway") else change.new.get("gatewayIp")
    changed = Change(change.id, change.old, change.new, change.changed, body)
    return update_with_tags("/subnets", "subnet")(api, changed)


def _overlap(old: Inputs, new: Inputs) -> bool:
    """Neutron refuses overlapping subnets in one network."""
    if old.get("networkId") != new.get("networkId"):
        return False
    try:
        return ipaddress.ip_network(old["cidr"]).overlaps(ipaddress.ip_network(new["cidr"]))
    except (KeyError, ValueError, TypeError):
        return True


def _finish_group(api: Api, raw: Raw, inputs: Inputs) -> Raw:
    if inputs.get("deleteDefaultRules"):
        for rule in raw.get("security_group_rules") or []:
            api.delete("network", f"/security-group-rules/{rule['id']}")
    return set_tags("/security-groups")(api, raw, inputs)


def _same_rule(old: Inputs, new: Inputs) -> bool:
    """Neutron refuses a rule that differs from another by its description alone."""
    return all(old.get(name) == new.get(name) for name in _RULE_KEY)


def _rule(name: str, type_: type = str, *, computed: bool = False, same: Callable[[Any], Any] = plain) -> Property:
    return Property(name, type_, force_new=True, computed=computed, same=same)


def _rbac_owner(raw: Raw, _inputs: Inputs) -> Outputs:
    return {"projectId": raw.get("project_id") or ""}


KINDS = (
    Kind(
        "openstack:networking/network:Network",
        "network",
        "/networks",
        "network",
        (
            *NAMED,
            ADMIN_STATE,
            AVAILABILITY_ZONES,
            Property("shared", bool, computed=True),
            Property("external", bool, api="router:external", computed=True),
            Property("segments", list, api="", computed=True, same=as_set, agrees=covers, read=_segments),
            Property("transparentVlan", bool, api="vlan_transparent", force_new=True, computed=True),
            Property("portSecurityEnabled", bool, computed=True),
            Property("mtu", int, computed=True),
            Property("dnsDomain", computed=True),
            Property("qosPolicyId", computed=True),
        ),
        made=created_at,
        natural_key=("name", "tenantId"),
        minutes=TEN_MINUTES,
        special=Special(body=_network_body, finish=set_tags("/networks"), update=_update_network, outputs=all_tags),
    ),
    Kind(
        "openstack:networking/subnet:Subnet",
        "network",
        "/subnets",
        "subnet",
        (
            *NAMED,
            Property("networkId", force_new=True),
            Property("cidr", force_new=True, computed=True, same=network),
            Property("prefixLength", int, api="prefixlen", force_new=True, echo=True),
            Property("allocationPools", list, computed=True, same=as_set, fields=_POOL),
            Property("gatewayIp", computed=True, same=address),
            Property("noGateway", bool, api="", read=lambda raw, _: not raw.get("gateway_ip")),
            Property("ipVersion", int, force_new=True, default=4),
            Property("enableDhcp", bool, default=True),
            Property("dnsNameservers", list, same=addresses),
            Property("dnsPublishFixedIp", bool),
            Property("ipv6AddressMode", api="ipv6_address_mode", force_new=True, computed=True),
            Property("ipv6RaMode", api="ipv6_ra_mode", force_new=True, computed=True),
            Property("segmentId"),
            Property("subnetpoolId", force_new=True),
            Property("serviceTypes", list, computed=True),
        ),
        made=created_at,
        natural_key=("name", "networkId", "cidr"),
        minutes=TEN_MINUTES,
        exclusive=(("gatewayIp", "noGateway"), ("cidr", "prefixLength")),
        special=Special(
            body=_subnet_body,
            finish=set_tags("/subnets"),
            update=_update_subnet,
            outputs=all_tags,
            clashes=_overlap,
        ),
    ),
    Kind(
        "openstack:networking/secGroup:SecGroup",
        "network",
        "/security-groups",
        "security_group",
        (
            REGION,
            NAME,
            Property("description", computed=True),
            TENANT,
            TAGS,
            Property("deleteDefaultRules", bool, api="", force_new=True, echo=True),
            Property("stateful", bool, computed=True),
        ),
        made=created_at,
        natural_key=("name", "tenantId"),
        minutes={"delete": 10},
        special=Special(
            finish=_finish_group, update=update_with_tags("/security-groups", "security_group"), outputs=all_tags
        ),
    ),
    Kind(
        "openstack:networking/secGroupRule:SecGroupRule",
        "network",
        "/security-group-rules",
        "security_group_rule",
        (
            REGION,
            Property("description", force_new=True),
            TENANT,
            _rule("securityGroupId"),
            _rule("direction"),
            _rule("ethertype"),
            _rule("protocol", same=folded),
            _rule("portRangeMin", int),
            _rule("portRangeMax", int),
            _rule("remoteIpPrefix", computed=True, same=network),
            _rule("remoteGroupId", computed=True),
            _rule("remoteAddressGroupId", computed=True),
        ),
        made=created_at,
        natural_key=_RULE_KEY,
        minutes={"delete": 10},
        exclusive=(
            ("remoteIpPrefix", "remoteGroupId"),
            ("remoteIpPrefix", "remoteAddressGroupId"),
            ("remoteGroupId", "remoteAddressGroupId"),
        ),
        special=Special(clashes=_same_rule),
    ),
    Kind(
        "openstack:networking/rbacPolicyV2:RbacPolicyV2",
        "network",
        "/rbac-policies",
        "rbac_policy",
        (
            REGION,
            Property("action", force_new=True),
            Property("objectType", force_new=True),
            Property("objectId", force_new=True),
            Property("targetTenant"),
        ),
        made=untold,
        natural_key=("action", "objectType", "objectId", "targetTenant"),
        special=Special(outputs=_rbac_owner),
    ),
    quota_kind("openstack:networking/quotaV2:QuotaV2", "network", "/quotas", "quota", _QUOTAS),
)
