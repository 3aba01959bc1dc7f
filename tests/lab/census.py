"""Counts what exists at a cloud through the OpenStack API alone, without any of this project's code."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import openstack
import openstack.config

Census = dict[str, list[str]]
Connection = Any
"""An openstack.connection.Connection."""

QUOTAS: Mapping[str, tuple[str, ...]] = {
    "compute": ("cores", "ram", "instances"),
    "block_storage": ("volumes", "gigabytes"),
    "network": ("networks", "subnets", "routers", "ports", "floating_ips", "security_groups", "security_group_rules"),
}
"""Service -> the fields of its quota set that are compared."""

UNIQUE = (
    "projects",
    "users",
    "groups",
    "grants",
    "flavors",
    "images",
    "networks",
    "subnets",
    "routers",
    "security groups",
    "rules",
    "server groups",
    "servers",
    "volumes",
    "floating addresses",
)
"""Kinds in which a name that occurs twice is a thing that was made twice."""


def connect(cloud: str, clouds_file: Path | None = None) -> Connection:
    """Return a connection to an entry of `clouds_file`, by default of the usual clouds.yaml."""
    files = None if clouds_file is None else [str(clouds_file)]
    region = openstack.config.OpenStackConfig(config_files=files).get_one(cloud=cloud)
    return openstack.connection.Connection(config=region)


def take(connection: Connection, domain: str = "default") -> Census:
    """Return kind -> sorted descriptions of everything at one cloud; a name begins with its project's."""
    projects = {p.id: p for p in connection.identity.projects(domain_id=domain)}
    owners = {id_: project.name for id_, project in projects.items()}
    users = list(connection.identity.users(domain_id=domain))
    found: dict[str, Iterable[str]] = {
        "projects": owners.values(),
        "project tags": (f"{p.name} {' '.join(sorted(p.tags))}" for p in projects.values()),
        "users": (u.name for u in users),
        "groups": (g.name for g in connection.identity.groups(domain_id=domain)),
        "grants": _grants(connection),
        "quotas": (line for id_ in owners for line in _quotas(connection, id_, owners[id_])),
        "flavors": (f"{f.name} {f.vcpus} {f.ram} {f.disk}" for f in connection.compute.flavors()),
        "images": (f"{i.name} {i.size} {i.visibility}" for i in connection.image.images()),
    }
    found |= _network(connection.network, owners)
    found |= _compute(connection, owners, {u.id: u.name for u in users})
    return {kind: sorted(names) for kind, names in found.items()}


def _grants(connection: Connection) -> list[str]:
    answer = connection.identity.get("/role_assignments", params={"include_names": "true"}).json()["role_assignments"]
    found = []
    for row in answer:
        who = row.get("user") or row["group"]
        where = row["scope"].get("project", {}).get("name", "system or domain")
        found.append(f"{who['name']} {row['role']['name']} {where}")
    return found


def _quotas(connection: Connection, project: str, name: str) -> list[str]:
    lines = []
    for service, fields in QUOTAS.items():
        if service == "network":
            quota: Any = connection.network.get_quota(project)
        else:
            quota = getattr(connection, service).get_quota_set(project)
        lines.append(f"{name} {service} " + " ".join(f"{field}={getattr(quota, field)}" for field in fields))
    return lines


def _network(network: Any, owners: Mapping[str, str]) -> dict[str, Iterable[str]]:
    groups = list(network.security_groups())
    group_names = {g.id: f"{owners.get(g.project_id, '?')}/{g.name}" for g in groups}
    ports = list(network.ports())
    names_of_ports = {p.id: p.name for p in ports}
    return {
        "networks": (
            f"{owners.get(n.project_id, '?')}/{n.name}{' external' * n.is_router_external}{' shared' * n.is_shared}"
            for n in network.networks()
        ),
        "subnets": (
            f"{owners.get(s.project_id, '?')}/{s.name} /{s.cidr.rpartition('/')[2]} dhcp={s.is_dhcp_enabled}"
            for s in network.subnets()
        ),
        "routers": (
            f"{owners.get(r.project_id, '?')}/{r.name} gateway={bool(r.external_gateway_info)}"
            for r in network.routers()
        ),
        "security groups": group_names.values(),
        "rules": (
            f"{group_names.get(r.security_group_id, '?')} {r.direction} {r.ether_type} {r.protocol}"
            f" {r.port_range_min}-{r.port_range_max} {r.remote_ip_prefix or ''}"
            for r in network.security_group_rules()
        ),
        "ports": (
            f"{owners.get(p.project_id, '?')}/{p.name} {p.device_owner or 'none'}"
            f" {' '.join(sorted(group_names.get(g, '?') for g in p.security_group_ids or ()))}"
            for p in ports
        ),
        "floating addresses": (
            f"{owners.get(a.project_id, '?')}/{a.description} on {names_of_ports.get(a.port_id, 'nothing')}"
            for a in network.ips()
        ),
        "orphans": (f"{g.project_id}/{g.name}" for g in groups if g.project_id not in owners),
    }


def _compute(
    connection: Connection, owners: Mapping[str, str], user_names: Mapping[str, str]
) -> dict[str, Iterable[str]]:
    compute = connection.compute
    servers = list(compute.servers(all_projects=True))
    names = {s.id: s.name for s in servers}
    images = {i.id: i.name for i in connection.image.images()}
    pairs = [(user, pair.name) for user in user_names for pair in compute.keypairs(user_id=user)]
    return {
        "key pairs": (f"{user_names[user]}/{name}" for user, name in pairs),
        "servers": (f"{owners.get(s.project_id, '?')}/{s.name}" for s in servers),
        "server details": (
            f"{s.name} {s.status} {s.flavor.name} {images.get(s.image.id, '?')} key={s.key_name}"
            f" {json.dumps(s.metadata, sort_keys=True)} {' '.join(sorted(g['name'] for g in s.security_groups or ()))}"
            for s in servers
        ),
        "server groups": (
            f"{owners.get(g.project_id, '?')}/{g.name} {g.policy or g.policies}"
            f" {' '.join(sorted(names.get(m, '?') for m in g.member_ids))}"
            for g in compute.server_groups(all_projects=True)
        ),
        "volumes": (
            f"{owners.get(v.project_id, '?')}/{v.name} {v.size} {v.status}"
            f" {' '.join(sorted(names.get(a['server_id'], '?') for a in v.attachments))}"
            for v in connection.block_storage.volumes(all_projects=True)
        ),
    }


def minus(census: Census, before: Census) -> Census:
    """Return what is in `census` and was not there before; kinds with nothing left are kept, empty."""
    return {kind: sorted((Counter(names) - Counter(before[kind])).elements()) for kind, names in census.items()}


def neutral(census: Census, site: str) -> Census:
    """Return the census with the site's name written as SITE, so that two sites can be compared."""
    return {kind: sorted(name.replace(site, "SITE") for name in names) for kind, names in census.items()}


def differences(one: Census, other: Census) -> list[str]:
    """Return a line `kind - name` for each thing that only `one` has, `kind + name` for each only `other` has."""
    lost, extra = minus(one, other), minus(other, one)
    return [f"{kind} - {name}" for kind, names in lost.items() for name in names] + [
        f"{kind} + {name}" for kind, names in extra.items() for name in names
    ]


def count(census: Census) -> dict[str, int]:
    """Return how many there are of each kind."""
    return {kind: len(names) for kind, names in census.items()}


def doubled(census: Census) -> dict[str, list[str]]:
    """Return names that occur more than once in kinds whose names must be unique in their project."""
    found = {kind: [n for n, c in Counter(census[kind]).items() if c > 1] for kind in UNIQUE}
    return {kind: names for kind, names in found.items() if names}


if __name__ == "__main__":
    json.dump({cloud: count(take(connect(cloud))) for cloud in sys.argv[1:]}, sys.stdout, indent=1)
