"""What a site really has, read through openstacksdk: for parity, and to find what was made by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from failures import GovcloudError
from stacks.rollout.parity import DepartmentSummary, SiteSummary
from stacks.rollout.sites import Connection, ask_all

MIB_PER_GIB = 1024
WORLD_SECONDS = 120.0
_NETWORK_QUOTA = {
    "networks": "networks",
    "ports": "ports",
    "floating_ips": "floating_addresses",
    "security_groups": "security_groups",
    "security_group_rules": "security_group_rules",
}


@dataclass(frozen=True)
class Thing:
    """One object in a department's project; `kind` is server, network, router, volume, floating address or group."""

    kind: str
    id: str
    name: str
    project: str


@dataclass(frozen=True)
class SiteWorld:
    """`summary` is for parity; `things` are the objects inside the departments' projects."""

    summary: SiteSummary
    things: tuple[Thing, ...]


def read_world(connection: Connection, cloud: str, workers: int) -> SiteWorld:
    """Return what a site has of this cloud. Raises what openstacksdk raises."""
    with ThreadPoolExecutor(workers, "world") as pool:
        groups = pool.submit(lambda: frozenset(g.name for g in connection.identity.groups()))
        flavors = pool.submit(lambda: dict(_flavors(connection)))
        images = pool.submit(lambda: frozenset(image.name for image in connection.image.images()))
        access = pool.submit(_access, connection)
        projects = {p.id: p.name for p in connection.identity.projects(tags=f"govcloud,{cloud}")}
        quotas = pool.submit(_network_quotas, connection)
        others = list(pool.map(lambda id_: _other_quotas(connection, id_), projects))
        things = [pool.submit(list, read(connection, projects)) for read in _READERS]
        departments = {
            name: DepartmentSummary({**quotas.result().get(id_, {}), **other}, frozenset(access.result()[id_]))
            for (id_, name), other in zip(projects.items(), others, strict=True)
        }
        summary = SiteSummary(departments, groups.result(), flavors.result(), images.result())
        return SiteWorld(summary, tuple(thing for found in things for thing in found.result()))


def _flavors(connection: Connection) -> Iterator[tuple[str, tuple[int, int, int]]]:
    for flavor in connection.compute.flavors():
        yield flavor.name, (flavor.vcpus, flavor.ram // MIB_PER_GIB, flavor.disk)


def _access(connection: Connection) -> Mapping[str, set[tuple[str, str]]]:
    """Return (group, role) pairs by project id."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in connection.identity.role_assignments(include_names=True):
        project = (row.scope or {}).get("project")
        if project and row.group:
            found[project["id"]].add((row.group["name"], row.role["name"]))
    return found


def _network_quotas(connection: Connection) -> dict[str, dict[str, int]]:
    """Return the quotas that differ from the site's default, by project id: one call for all."""
    return {
        quota.project_id: {ours: getattr(quota, theirs) for theirs, ours in _NETWORK_QUOTA.items()}
        for quota in connection.network.quotas()
    }


def _other_quotas(connection: Connection, project: str) -> dict[str, int]:
    compute = connection.compute.get_quota_set(project)
    storage = connection.block_storage.get_quota_set(project)
    return {
        "cores": compute.cores,
        "ram_mb": compute.ram,
        "servers": compute.instances,
        "volumes": storage.volumes,
        "disk_gb": storage.gigabytes,
    }


def _kind(kind: str, read: Callable[[Connection], Iterable[Any]]) -> Callable[[Connection, Any], Iterator[Thing]]:
    def things(connection: Connection, projects: Mapping[str, str]) -> Iterator[Thing]:
        for item in read(connection):
            if item.project_id in projects:
                yield Thing(kind, item.id, item.name or "", projects[item.project_id])

    return things


_READERS = (
    _kind("server", lambda c: c.compute.servers(details=True, all_projects=True)),
    _kind("network", lambda c: c.network.networks()),
    _kind("router", lambda c: c.network.routers()),
    _kind("floating address", lambda c: c.network.ips()),
    _kind("volume", lambda c: c.block_storage.volumes(details=True, all_projects=True)),
    _kind("security group", lambda c: (g for g in c.network.security_groups() if g.name != "default")),
)


def read_worlds(sites: Mapping[str, str], cloud: str, workers: int) -> Mapping[str, SiteWorld | GovcloudError]:
    """Return what each site has, or why it could not be read."""

    def look(_: str, connection: Connection) -> SiteWorld:
        return read_world(connection, cloud, workers)

    return ask_all(sites, look, WORLD_SECONDS)
