"""Functions that look up one existing object by what is known of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from stacks.engine.openstack import resource
from stacks.engine.openstack.api import Api
from stacks.engine.openstack.rows import Outputs, Raw
from stacks.engine.openstack.types import KINDS
from stacks.engine.provider import Properties, RefusedByApi, Unsupported

Args = Mapping[str, Any]


@dataclass(frozen=True)
class Function:
    """A look-up in the collection of a resource type.

    `asked` are arguments with the query key they become; `matched` are those compared here. `results` names every
    output; those that the resource type does not have come from `more`. `only` chooses among several.
    """

    type: str
    results: tuple[str, ...]
    asked: Mapping[str, str] = field(default_factory=dict)
    matched: Mapping[str, Callable[[Raw, Any], bool]] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    more: Callable[[Raw], Outputs] = lambda _raw: {}
    only: Callable[[list[Raw], Args], list[Raw]] = lambda found, _args: found
    arguments: frozenset[str] = frozenset()

    @property
    def known(self) -> frozenset[str]:
        return self.arguments | self.asked.keys() | self.matched.keys() | {"region"}


def invoke(token: str, api: Api, args: Args) -> Properties:
    """Return the one object that `args` describe. Raises Unsupported, and RefusedByApi (404) for none or several."""
    if token not in FUNCTIONS:
        raise Unsupported(f"function {token} is not supported")
    function, given = FUNCTIONS[token], {name: value for name, value in args.items() if value not in (None, "")}
    unknown = sorted(given.keys() - function.known)
    if unknown:
        raise Unsupported(f"function {token}: argument {', '.join(unknown)} is not supported")
    found = function.only(_listed(function, api, given), given)
    if len(found) != 1:
        told = ", ".join(f"{name}={value}" for name, value in sorted(given.items()))
        raise RefusedByApi(404, f"site {api.site}: {token} found {len(found)} objects for {told}; one is needed")
    shown = {**resource.outputs(KINDS[function.type], api, found[0], given), **given, **function.more(found[0])}
    return {name: shown.get(name) for name in ("id", "region", *function.results)}


def _listed(function: Function, api: Api, given: Args) -> list[Raw]:
    kind = KINDS[function.type]
    query = {key: _text(given[name]) for name, key in function.asked.items() if name in given} | dict(function.fixed)
    listed = api.get(kind.service, _path(function), query, version=kind.version)[kind.plural]
    tests = [(test, given[name]) for name, test in function.matched.items() if name in given]
    return [raw for raw in listed if all(test(raw, value) for test, value in tests)]


def _path(function: Function) -> str:
    """Return the path of the list: Nova shows flavors in full under a path of its own."""
    path = KINDS[function.type].path
    return f"{path}/detail" if path == "/flavors" else path


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(value) if isinstance(value, list) else value


def _equal(key: str) -> Callable[[Raw, Any], bool]:
    return lambda raw, value: bool((raw.get(key) or type(value)()) == value)


def _network_more(raw: Raw) -> Outputs:
    return {
        "adminStateUp": str(raw["admin_state_up"]).lower(),
        "shared": str(raw["shared"]).lower(),
        "subnets": raw.get("subnets") or [],
    }


def _subnet_more(raw: Raw) -> Outputs:
    routes = raw.get("host_routes") or []
    return {
        "hostRoutes": [{"destinationCidr": route["destination"], "nextHop": route["nexthop"]} for route in routes],
        "subnetId": raw["id"],
    }


def _recent(found: list[Raw], args: Args) -> list[Raw]:
    """Return the newest of several images when the program wants that."""
    newest = sorted(found, key=lambda raw: str(raw["created_at"]))[-1:]
    return newest if args.get("mostRecent") else found


def _has_properties(raw: Raw, wanted: Any) -> bool:
    return all(raw.get(key) == value for key, value in wanted.items())


FUNCTIONS: Mapping[str, Function] = {
    "openstack:networking/getNetwork:getNetwork": Function(
        "openstack:networking/network:Network",
        (
            *(
                "adminStateUp",
                "allTags",
                "availabilityZoneHints",
                "description",
                "dnsDomain",
                "external",
                "matchingSubnetCidr",
                "mtu",
                "name",
            ),
            *("networkId", "segments", "shared", "status", "subnets", "tags", "tenantId", "transparentVlan"),
        ),
        asked={
            "networkId": "id",
            "name": "name",
            "description": "description",
            "tenantId": "tenant_id",
            "status": "status",
            "external": "router:external",
            "mtu": "mtu",
            "tags": "tags",
        },
        more=_network_more,
    ),
    "openstack:networking/getSubnet:getSubnet": Function(
        "openstack:networking/subnet:Subnet",
        (
            *("allTags", "allocationPools", "cidr", "description", "dhcpEnabled", "dnsNameservers"),
            *("dnsPublishFixedIp", "enableDhcp", "gatewayIp", "hostRoutes", "ipVersion", "ipv6AddressMode"),
            *("ipv6RaMode", "name", "networkId", "segmentId", "serviceTypes", "subnetId", "subnetpoolId", "tags"),
            "tenantId",
        ),
        asked={
            "subnetId": "id",
            "name": "name",
            "description": "description",
            "tenantId": "tenant_id",
            "networkId": "network_id",
            "cidr": "cidr",
            "gatewayIp": "gateway_ip",
            "ipVersion": "ip_version",
            "dhcpEnabled": "enable_dhcp",
            "subnetpoolId": "subnetpool_id",
            "tags": "tags",
        },
        more=_subnet_more,
    ),
    "openstack:compute/getFlavor:getFlavor": Function(
        "openstack:compute/flavor:Flavor",
        (
            *("description", "disk", "extraSpecs", "flavorId", "isPublic", "minDisk", "minRam", "name", "ram"),
            *("rxTxFactor", "swap", "vcpus"),
        ),
        asked={"minDisk": "minDisk", "minRam": "minRam"},
        matched={
            **{name: _equal(name) for name in ("name", "description", "ram", "vcpus", "disk", "swap")},
            "flavorId": _equal("id"),
            "rxTxFactor": _equal("rxtx_factor"),
            "isPublic": _equal("os-flavor-access:is_public"),
        },
        fixed={"is_public": "None"},
    ),
    "openstack:images/getImage:getImage": Function(
        "openstack:images/image:Image",
        (
            *("checksum", "containerFormat", "createdAt", "diskFormat", "file", "hidden", "memberStatus", "metadata"),
            *("minDiskGb", "minRamMb", "mostRecent", "name", "nameRegex", "owner", "properties", "protected"),
            *("schema", "sizeBytes", "sizeMax", "sizeMin", "sort", "tag", "tags", "updatedAt", "visibility"),
        ),
        asked={
            "name": "name",
            "owner": "owner",
            "visibility": "visibility",
            "tag": "tag",
            "hidden": "os_hidden",
            "containerFormat": "container_format",
            "diskFormat": "disk_format",
            "memberStatus": "member_status",
            "sizeMin": "size_min",
            "sizeMax": "size_max",
            "sort": "sort",
        },
        matched={
            "nameRegex": lambda raw, value: re.search(value, raw["name"]) is not None,
            "properties": _has_properties,
            "tags": lambda raw, value: set(value) <= set(raw["tags"]),
        },
        fixed={"status": "active", "limit": "1000"},
        only=_recent,
        arguments=frozenset({"mostRecent"}),
    ),
    "openstack:identity/getProject:getProject": Function(
        "openstack:identity/project:Project",
        ("description", "domainId", "enabled", "isDomain", "name", "parentId", "projectId", "tags"),
        asked={
            "name": "name",
            "domainId": "domain_id",
            "enabled": "enabled",
            "isDomain": "is_domain",
            "parentId": "parent_id",
        },
        matched={"projectId": _equal("id")},
        more=lambda raw: {"projectId": raw["id"]},
    ),
    "openstack:identity/getRole:getRole": Function(
        "openstack:identity/role:Role",
        ("domainId", "name"),
        asked={"name": "name", "domainId": "domain_id"},
    ),
}
