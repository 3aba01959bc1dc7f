"""Cuts a cloud into shards: one foundation per site, one shard per department and site."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import sha256
from typing import Literal

from failures import InputInvalid, Text
from stacks import names
from stacks.inputs import DepartmentInputs, FoundationInputs, Plain, ServerSet, ShardInputs
from stacks.program_version import PROGRAM_VERSION
from stacks.slices import department_inputs, foundation_inputs
from topology.addresses import AddressPlan
from topology.model import Cloud

__all__ = ["MOST_RESOURCES", "PROGRAM_VERSION", "Shard", "count_resources", "plan_shards"]

MOST_RESOURCES = 500


@dataclass(frozen=True)
class Shard:
    """The unit of deployment; `needs` are stacks to be built first, `typed` is what its program reads."""

    stack: str
    site: str
    kind: Literal["foundation", "department"]
    department: str | None
    needs: tuple[str, ...]
    typed: ShardInputs

    @cached_property
    def inputs(self) -> Plain:
        """Everything the shard's program reads, as plain data."""
        return asdict(self.typed)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the canonical JSON of `inputs`."""
        canonical = json.dumps(self.inputs, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return sha256(canonical.encode()).hexdigest()

    @property
    def name(self) -> str:
        """The last part of the stack's name; the value of the config key `govcloud:shard`."""
        return names.FOUNDATION if self.department is None else names.department_shard(self.department)


def plan_shards(cloud: Cloud, addresses: AddressPlan, contents: Mapping[str, str]) -> tuple[Shard, ...]:
    """Return all shards, a site's foundation before its departments; InputInvalid names one that is too large.

    `contents` are the SHA-256 of the files of all images by name.
    """
    shards = tuple(shard for site in cloud.sites for shard in _site_shards(cloud, addresses, site, contents))
    for shard in shards:
        _refuse_oversize(shard)
    return shards


def _site_shards(cloud: Cloud, addresses: AddressPlan, site: str, contents: Mapping[str, str]) -> Iterator[Shard]:
    base = names.stack_name(cloud.name, site, names.FOUNDATION)
    yield Shard(base, site, "foundation", None, (), foundation_inputs(cloud, addresses, site, contents))
    for department in sorted(cloud.departments):
        if site in cloud.sites_of(department):
            stack = names.stack_name(cloud.name, site, names.department_shard(department))
            typed = department_inputs(cloud, addresses, site, department)
            yield Shard(stack, site, "department", department, (base,), typed)


def count_resources(inputs: ShardInputs) -> int:
    """Return how many resources of an OpenStack type the program of these inputs registers."""
    return _count_foundation(inputs) if isinstance(inputs, FoundationInputs) else _count_department(inputs)


def _count_foundation(inputs: FoundationInputs) -> int:
    nets = len(inputs.edges) + len(inputs.zones)
    shared = 2 + len(inputs.base_group.openings)
    return len(inputs.groups) + len(inputs.flavors) + len(inputs.images) + 2 * nets + shared


def _count_department(inputs: DepartmentInputs) -> int:
    identity = 5 + len(inputs.access)
    quotas = 3
    per_net = 4 if inputs.edge_network else 2
    groups = sum(1 + len(group.openings) for group in inputs.security_groups)
    key = 1 if any(s.servers for s in inputs.sets) else 0
    return identity + quotas + per_net * len(inputs.nets) + groups + key + sum(_count_set(s) for s in inputs.sets)


def _count_set(servers: ServerSet) -> int:
    each = 2 + 2 * bool(servers.volume_gb) + 2 * servers.floating
    return int(bool(servers.servers)) + each * len(servers.servers)


def _refuse_oversize(shard: Shard) -> None:
    count = count_resources(shard.typed)
    if count > MOST_RESOURCES:
        raise InputInvalid(
            Text(
                f"shard {shard.stack} would hold {count} resources, at most {MOST_RESOURCES} are allowed",
                f"分片 {shard.stack} 将有 {count} 个资源，上限为 {MOST_RESOURCES}",
            ),
            where=shard.stack,
            fix=Text("split the department, or give it fewer servers", "请拆分部门或减少服务器"),
        )
