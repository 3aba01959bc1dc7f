"""One row per resource type: what is made, what is changed, and how openstacksdk sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from openstack.exceptions import NotFoundException

from tests.lab.type_world import PUBLIC_KEY, Inputs, Seen, World


@dataclass(frozen=True)
class Case:
    """`seen` maps a change ({} for none) to what must be seen then; `lasting`: it can't be gone (a quota)."""

    type: str
    inputs: Inputs
    see: Seen
    made: Callable[[World], Any]
    changes: Inputs = field(default=lambda _world: {})
    changed: Callable[[World], Any] | None = None
    lasting: bool = False


def _get(connection: Any, service: str, kind: str, id_: str, **more: Any) -> Any:
    """Return the object, None when it is gone."""
    try:
        return getattr(getattr(connection, service), f"get_{kind}")(id_, **more)
    except NotFoundException:
        return None


def _shown(service: str, kind: str, *keys: str) -> Seen:
    """Return the reader of some attributes of a kind of object."""

    def see(connection: Any, id_: str) -> Any:
        found = _get(connection, service, kind, id_)
        return None if found is None else tuple(found[key] for key in keys)

    return see


def _assignment(connection: Any, id_: str) -> Any:
    _, project, group, _, role = id_.split("/")
    query = {"scope_project_id": project, "group_id": group, "role_id": role}
    return len(list(connection.identity.role_assignments(**query))) or None


def _membership(connection: Any, id_: str) -> Any:
    user, group = id_.split("/")
    return [found.id for found in connection.identity.group_users(group) if found.id == user] or None


def _flavor(connection: Any, id_: str) -> Any:
    found = _get(connection, "compute", "flavor", id_, get_extra_specs=True)
    return None if found is None else (found.ram, found.description, dict(found.extra_specs))


def _server(connection: Any, id_: str) -> Any:
    server = _get(connection, "compute", "server", id_)
    if server is None or server.status == "DELETED":
        return None
    groups = sorted({group["name"] for group in server.security_groups or []})
    flavor = server.flavor["original_name"]
    return (server.status, server.name, flavor, dict(server.metadata), groups, sorted(server.tags))


def _attachment(connection: Any, id_: str) -> Any:
    server, volume = id_.split("/")
    found = [item.volume_id for item in connection.compute.volume_attachments(server) if item.volume_id == volume]
    return (found, connection.block_storage.get_volume(volume).status) if found else None


def _interface(connection: Any, id_: str) -> Any:
    port = _get(connection, "network", "port", id_)
    return None if port is None else (port.device_id, port.fixed_ips[0]["subnet_id"])


def _route(connection: Any, id_: str) -> Any:
    router = connection.network.get_router(id_.split("-route-", maxsplit=1)[0])
    return sorted((route["destination"], route["nexthop"]) for route in router.routes) or None


def _association(connection: Any, id_: str) -> Any:
    return connection.network.get_ip(id_).port_id


def _quota(service: str, key: str) -> Seen:
    return lambda connection, id_: getattr(connection, service).get_quota_set(id_.split("/")[0])[key]


def _network_quota(connection: Any, id_: str) -> Any:
    return connection.network.get_quota(id_.split("/", maxsplit=1)[0]).networks


def _route_inputs(world: World) -> dict[str, Any]:
    return {"routerId": world.router, "destinationCidr": "10.210.0.0/24", "nextHop": "10.201.0.250"}


def _server_inputs(world: World) -> dict[str, Any]:
    return {
        "flavorId": world.flavors[0],
        "imageId": world.image,
        "networks": [{"uuid": world.network}] if world.subnet else [],
        "securityGroups": [world.name("base")] if world.security_group else [],
        "metadata": {"tier": "web", "old": "1"},
        "tags": ["b", "a"],
        "userData": "#cloud-config\n",
    }


def _rule_inputs(world: World) -> dict[str, Any]:
    ports = {"portRangeMin": 443, "portRangeMax": 443, "protocol": "tcp", "remoteIpPrefix": "10.0.0.0/8"}
    return {"securityGroupId": world.security_group, "direction": "ingress", "ethertype": "IPv4", **ports}


def _image_inputs(world: World) -> dict[str, Any]:
    formats = {"containerFormat": "bare", "diskFormat": "raw", "localFilePath": world.image_file}
    return {**formats, "minDiskGb": 1, "properties": {"use": "test", "old": "1"}, "tags": ["x"]}


CASES = (
    Case(
        "openstack:identity/project:Project",
        lambda _: {"description": "one", "tags": ["b", "a"]},
        lambda connection, id_: (
            (found := _get(connection, "identity", "project", id_))
            and (found.description, found.is_enabled, sorted(found.tags))
        ),
        made=lambda _: ("one", True, ["a", "b"]),
        changes=lambda _: {"description": "two", "enabled": False, "tags": ["c"]},
        changed=lambda _: ("two", False, ["c"]),
    ),
    Case(
        "openstack:identity/user:User",
        lambda world: {"password": "a long-enough secret", "defaultProjectId": world.project, "description": "one"},
        _shown("identity", "user", "description", "default_project_id", "is_enabled"),
        made=lambda world: ("one", world.project, True),
        changes=lambda _: {"password": "another long secret", "description": "two", "enabled": False},
        changed=lambda world: ("two", world.project, False),
    ),
    Case(
        "openstack:identity/groupV3:GroupV3",
        lambda _: {"description": "one"},
        _shown("identity", "group", "description"),
        made=lambda _: ("one",),
        changes=lambda _: {"description": "two"},
        changed=lambda _: ("two",),
    ),
    Case(
        "openstack:identity/role:Role",
        lambda world: {"name": world.name("role")},
        _shown("identity", "role", "name"),
        made=lambda world: (world.name("role"),),
        changes=lambda world: {"name": world.name("renamed")},
        changed=lambda world: (world.name("renamed"),),
    ),
    Case(
        "openstack:identity/roleAssignment:RoleAssignment",
        lambda world: {"projectId": world.project, "groupId": world.group, "roleId": world.role},
        _assignment,
        made=lambda _: 1,
    ),
    Case(
        "openstack:identity/userMembershipV3:UserMembershipV3",
        lambda world: {"userId": world.user, "groupId": world.group},
        _membership,
        made=lambda world: [world.user],
    ),
    Case(
        "openstack:compute/flavor:Flavor",
        lambda _: {"ram": 192, "vcpus": 1, "disk": 1, "extraSpecs": {"hw:a": "1", "hw:b": "2"}, "description": "one"},
        _flavor,
        made=lambda _: (192, "one", {"hw:a": "1", "hw:b": "2"}),
        changes=lambda _: {"extraSpecs": {"hw:b": "3"}, "description": "two"},
        changed=lambda _: (192, "two", {"hw:b": "3"}),
    ),
    Case(
        "openstack:compute/keypair:Keypair",
        lambda _: {"publicKey": PUBLIC_KEY},
        _shown("compute", "keypair", "public_key"),
        made=lambda _: (PUBLIC_KEY,),
    ),
    Case(
        "openstack:compute/serverGroup:ServerGroup",
        lambda _: {"policies": "anti-affinity", "rules": {"maxServerPerHost": 2}},
        _shown("compute", "server_group", "policy", "rules"),
        made=lambda _: ("anti-affinity", {"max_server_per_host": 2}),
    ),
    Case(
        "openstack:compute/instance:Instance",
        _server_inputs,
        _server,
        made=lambda world: (
            *("ACTIVE", world.prefix, world.name("small"), {"tier": "web", "old": "1"}),
            *([world.name("base")], ["a", "b"]),
        ),
        changes=lambda world: {
            "name": world.name("renamed"),
            "metadata": {"tier": "db"},
            "tags": ["c"],
            "securityGroups": ["default"],
            "powerState": "shutoff",
        },
        changed=lambda world: (
            *("SHUTOFF", world.name("renamed"), world.name("small"), {"tier": "db"}, ["default"], ["c"]),
        ),
    ),
    Case(
        "openstack:compute/volumeAttach:VolumeAttach",
        lambda world: {"instanceId": world.server, "volumeId": world.volume},
        _attachment,
        made=lambda world: ([world.volume], "in-use"),
    ),
    Case(
        "openstack:compute/quotaSetV2:QuotaSetV2",
        lambda world: {"projectId": world.project, "cores": 7, "instances": 3},
        _quota("compute", "cores"),
        made=lambda _: 7,
        changes=lambda _: {"cores": 9},
        changed=lambda _: 9,
        lasting=True,
    ),
    Case(
        "openstack:blockstorage/volume:Volume",
        lambda _: {"size": 1, "description": "one", "metadata": {"a": "1"}},
        _shown("block_storage", "volume", "size", "description", "metadata"),
        made=lambda _: (1, "one", {"a": "1"}),
        changes=lambda _: {"size": 2, "description": "two", "metadata": {"b": "2"}},
        changed=lambda _: (2, "two", {"b": "2"}),
    ),
    Case(
        "openstack:blockstorage/quoteSetV3:QuoteSetV3",
        lambda world: {"projectId": world.project, "volumes": 7},
        _quota("block_storage", "volumes"),
        made=lambda _: 7,
        changes=lambda _: {"volumes": 9},
        changed=lambda _: 9,
        lasting=True,
    ),
    Case(
        "openstack:networking/network:Network",
        lambda world: {"description": "one", "tags": ["a"], "tenantId": world.project, "mtu": 1400},
        _shown("network", "network", "description", "tags", "project_id", "mtu", "is_shared"),
        made=lambda world: ("one", ["a"], world.project, 1400, False),
        changes=lambda _: {"description": "two", "tags": ["b"], "mtu": 1300, "shared": True},
        changed=lambda world: ("two", ["b"], world.project, 1300, True),
    ),
    Case(
        "openstack:networking/subnet:Subnet",
        lambda world: {
            "networkId": world.network,
            "cidr": "10.203.0.0/24",
            "gatewayIp": "10.203.0.254",
            "allocationPools": [{"start": "10.203.0.10", "end": "10.203.0.20"}],
            "dnsNameservers": ["10.0.0.1"],
        },
        _shown("network", "subnet", "gateway_ip", "allocation_pools", "dns_nameservers", "is_dhcp_enabled"),
        made=lambda _: ("10.203.0.254", [{"start": "10.203.0.10", "end": "10.203.0.20"}], ["10.0.0.1"], True),
        changes=lambda _: {
            "gatewayIp": None,
            "noGateway": True,
            "allocationPools": [{"start": "10.203.0.10", "end": "10.203.0.30"}],
            "dnsNameservers": None,
            "enableDhcp": False,
        },
        changed=lambda _: (None, [{"start": "10.203.0.10", "end": "10.203.0.30"}], [], False),
    ),
    Case(
        "openstack:networking/router:Router",
        lambda world: {"externalNetworkId": world.pool_id, "description": "one", "tags": ["a"]},
        lambda connection, id_: (
            (found := _get(connection, "network", "router", id_))
            and (bool(found.external_gateway_info), found.description, found.tags)
        ),
        made=lambda _: (True, "one", ["a"]),
        changes=lambda _: {"description": "two", "tags": []},
        changed=lambda _: (True, "two", []),
    ),
    Case(
        "openstack:networking/routerInterface:RouterInterface",
        lambda world: {"routerId": world.bare_router, "portId": world.inner_port},
        _interface,
        made=lambda world: (world.bare_router, world.subnet),
    ),
    Case(
        "openstack:networking/routerRoute:RouterRoute",
        _route_inputs,
        _route,
        made=lambda _: [("10.210.0.0/24", "10.201.0.250")],
    ),
    Case(
        "openstack:networking/secGroup:SecGroup",
        lambda _: {"description": "one", "tags": ["a"], "deleteDefaultRules": True},
        lambda connection, id_: (
            (found := _get(connection, "network", "security_group", id_))
            and (found.description, found.tags, len(found.security_group_rules))
        ),
        made=lambda _: ("one", ["a"], 0),
        changes=lambda _: {"description": "two", "tags": ["b"]},
        changed=lambda _: ("two", ["b"], 0),
    ),
    Case(
        "openstack:networking/secGroupRule:SecGroupRule",
        _rule_inputs,
        _shown("network", "security_group_rule", "port_range_max", "protocol", "remote_ip_prefix", "direction"),
        made=lambda _: (443, "tcp", "10.0.0.0/8", "ingress"),
    ),
    Case(
        "openstack:networking/port:Port",
        lambda world: {
            "networkId": world.network,
            "fixedIps": [{"subnetId": world.subnet, "ipAddress": "10.201.0.77"}],
            "securityGroupIds": [world.security_group],
            "allowedAddressPairs": [{"ipAddress": "10.1.1.1"}],
            "description": "one",
        },
        lambda connection, id_: (
            (found := _get(connection, "network", "port", id_))
            and (
                found.fixed_ips[0]["ip_address"],
                found.security_group_ids,
                len(found.allowed_address_pairs),
                found.description,
            )
        ),
        made=lambda world: ("10.201.0.77", [world.security_group], 1, "one"),
        changes=lambda world: {
            "fixedIps": [{"subnetId": world.subnet, "ipAddress": "10.201.0.78"}],
            "securityGroupIds": None,
            "noSecurityGroups": True,
            "allowedAddressPairs": None,
            "description": None,
        },
        changed=lambda _: ("10.201.0.78", [], 0, ""),
    ),
    Case(
        "openstack:networking/floatingIp:FloatingIp",
        lambda world: {"pool": world.pool, "description": world.name("floating"), "tags": ["a"]},
        lambda connection, id_: (
            (found := _get(connection, "network", "ip", id_))
            and (found.floating_network_id, found.description, found.tags)
        ),
        made=lambda world: (world.pool_id, world.name("floating"), ["a"]),
        changes=lambda world: {"description": world.name("changed"), "tags": []},
        changed=lambda world: (world.pool_id, world.name("changed"), []),
    ),
    Case(
        "openstack:networking/floatingIpAssociate:FloatingIpAssociate",
        lambda world: {"floatingIp": world.floating.outputs["address"], "portId": world.ports[0]},
        _association,
        made=lambda world: world.ports[0],
        changes=lambda world: {"portId": world.ports[1]},
        changed=lambda world: world.ports[1],
    ),
    Case(
        "openstack:networking/quotaV2:QuotaV2",
        lambda world: {"projectId": world.project, "network": 7},
        _network_quota,
        made=lambda _: 7,
        changes=lambda _: {"network": 9},
        changed=lambda _: 9,
        lasting=True,
    ),
    Case(
        "openstack:networking/rbacPolicyV2:RbacPolicyV2",
        lambda world: {
            "action": "access_as_shared",
            "objectType": "network",
            "objectId": world.network,
            "targetTenant": world.project,
        },
        _shown("network", "rbac_policy", "object_id", "target_project_id"),
        made=lambda world: (world.network, world.project),
        changes=lambda _: {"targetTenant": "f" * 32},
        changed=lambda world: (world.network, "f" * 32),
    ),
    Case(
        "openstack:images/image:Image",
        _image_inputs,
        lambda connection, id_: (
            (found := _get(connection, "image", "image", id_))
            and (
                found.status,
                found.size,
                found.min_disk,
                found.visibility,
                dict(found.properties).get("use"),
                found.tags,
            )
        ),
        made=lambda _: ("active", 131072, 1, "private", "test", ["x"]),
        changes=lambda _: {"minDiskGb": 2, "visibility": "public", "properties": {"use": "live"}, "tags": ["y"]},
        changed=lambda _: ("active", 131072, 2, "public", "live", ["y"]),
    ),
)
