"""Tests of the flagship at full size: shard sizes, totals, addresses."""

from __future__ import annotations

from collections import Counter
from functools import cache
from ipaddress import IPv4Network
from itertools import pairwise
from pathlib import Path

import pytest

from stacks.image_files import image_contents
from stacks.inputs import DepartmentInputs, FoundationInputs, Net
from stacks.shards import Shard, count_resources, plan_shards
from tests.stacks.recorder import record
from topology.ledger import plan_for
from topology.load import load_cloud

QUANZHOU = Path(__file__).parent.parent.parent / "topology" / "quanzhou.yaml"


@cache
def shards() -> tuple[Shard, ...]:
    cloud = load_cloud(QUANZHOU)
    return plan_shards(cloud, plan_for(cloud, QUANZHOU), image_contents(cloud, QUANZHOU.parent))


def test_quanzhou_shards_stay_small() -> None:
    """Two applications fit into 40 resources; the base that carries the city's services is the largest."""
    departments = [s.typed for s in shards() if isinstance(s.typed, DepartmentInputs)]
    sizes = {f"{d.site}.{d.department}": (len(d.sets), count_resources(d)) for d in departments}

    assert {name: size for name, size in sizes.items() if size[0] <= 2 and size[1] > 40} == {}
    assert max(size for _, size in sizes.values()) <= 80


def test_quanzhou_each_site_has_a_foundation_and_the_same_departments() -> None:
    """Every department lives at all three sites."""
    found: dict[str, set[str | None]] = {}
    for shard in shards():
        found.setdefault(shard.site, set()).add(shard.department)

    assert len({frozenset(departments) for departments in found.values()}) == 1
    assert set(found) == {"donghai", "anxi", "changle"}


def test_quanzhou_no_two_subnets_overlap() -> None:
    """All planned subnets of all three sites are apart."""
    nets = [net for shard in shards() for net in _nets(shard)]
    cidrs = sorted(IPv4Network(net.cidr) for net in nets)

    assert len(cidrs) > 100
    assert [pair for pair in pairwise(cidrs) if pair[0].overlaps(pair[1])] == []


def test_quanzhou_service_servers_are_unique_in_the_cloud() -> None:
    """An inventory over all sites can use the servers' names."""
    names = Counter(
        server.name
        for shard in shards()
        if isinstance(shard.typed, DepartmentInputs)
        for servers in shard.typed.sets
        if servers.service
        for server in servers.servers
    )

    assert [name for name, count in names.items() if count > 1] == []
    assert "citizen-db-donghai-1" in names


@pytest.mark.parametrize(
    "stack", ["quanzhou.anxi.foundation", "quanzhou.donghai.data-bureau", "quanzhou.changle.health"]
)
def test_quanzhou_shard_registers_as_many_as_counted(stack: str) -> None:
    """The counted size of real shards is what the program registers."""
    by_stack = {shard.stack: shard for shard in shards()}
    base = by_stack[f"quanzhou.{by_stack[stack].site}.foundation"].typed

    assert len(record(by_stack[stack].typed, base).openstack()) == count_resources(by_stack[stack].typed)


def _nets(shard: Shard) -> tuple[Net, ...]:
    if isinstance(shard.typed, FoundationInputs):
        return (*shard.typed.zones, *(edge.net for edge in shard.typed.edges))
    return shard.typed.nets
