"""Derives the inventory of a cloud: the variables of every host and the groups it is in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inventories.hosts import Host, Register
from inventories.settings import app, backup, base, dns, etcd, haproxy, metrics, patroni, repository
from topology.model import Cloud

PARTS = ("etcd", "patroni", "haproxy", "dns", "backup", "app", "repository")
"""What a host can run beside what all hosts run, named as the roles; a host with a part's variables runs it."""
_EVERYWHERE = (base, metrics, etcd, patroni, backup, haproxy, dns, app)


@dataclass(frozen=True)
class Inventory:
    """`variables` by host, `groups` with their hosts; both in the order of the file."""

    hosts: tuple[Host, ...]
    variables: Mapping[str, Mapping[str, Any]]
    groups: Mapping[str, tuple[str, ...]]


def derive(register: Register, bundle: Path | None = None) -> Inventory:
    """Return the inventory; pure.

    Raises InputInvalid where the topology leaves open who stands on what, or asks for what no cluster can keep.
    """
    variables = {host.name: _variables(register, host, bundle) for host in register.hosts}
    groups: dict[str, list[str]] = {}
    for host in register.hosts:
        for group in _groups(register.cloud, variables[host.name]):
            groups.setdefault(group.replace("-", "_"), []).append(host.name)
    return Inventory(register.hosts, variables, {name: tuple(hosts) for name, hosts in groups.items()})


def _variables(register: Register, host: Host, bundle: Path | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for subject in _EVERYWHERE:
        found |= subject.variables(register, host)
    return found | repository.variables(register, host, bundle)


def _groups(cloud: Cloud, variables: Mapping[str, Any]) -> Iterator[str]:
    for subject in ("site", "city", "service", "kind", "tier", "department"):
        yield f"{subject}_{variables[f'govcloud_{subject}']}"
    yield f"role_{variables['govcloud_site_role']}"
    for duty, parties in (("operate", cloud.duties.operate), ("supervise", cloud.duties.supervise)):
        yield from (f"duty_{duty}_{party}" for party in parties)
    for part in PARTS:
        if any(name.startswith(f"{part}_") for name in variables):
            yield f"runs_{part}"
