"""What servers accept from the network, as rows: every server, and services that declare no openings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stacks.inputs import Opening
from topology.addresses import AddressPlan
from topology.model import Cloud
from topology.model import Opening as Declared

ANY = "any"
DEPARTMENT = "department"
ZONE = "zone"


@dataclass(frozen=True)
class Need:
    """`source` is `any`, `zone` (the server's own), `department`, or a prefix."""

    protocol: str
    port: int | None
    source: str
    reason: str


OPERATOR_NEEDS = (
    Need(
        "tcp", 22, "10.0.0.0/8", "operators and Ansible reach servers from private addresses, never from the internet"
    ),
    Need("icmp", None, "10.0.0.0/8", "reachability and path MTU between the sites' private addresses"),
)
SERVICE_NEEDS: dict[str, tuple[Need, ...]] = {
    "postgresql": (
        Need("tcp", 5432, ZONE, "clients and replicas of the other sites"),
        Need("tcp", 8008, ZONE, "the proxies ask Patroni who is primary"),
    ),
    "etcd": (
        Need("tcp", 2379, ZONE, "clients of the consensus store"),
        Need("tcp", 2380, ZONE, "members at the other sites"),
    ),
    "dns": (
        Need("udp", 53, ANY, "the entrance answers everyone"),
        Need("tcp", 53, ANY, "answers too long for UDP"),
    ),
    "object-store": (Need("tcp", 8080, ZONE, "clients, and container sync from the other sites"),),
    "app": (),
}


def declared(openings: Iterable[Declared]) -> tuple[Need, ...]:
    """Return a template's or service's declared openings as needs."""
    return tuple(Need(o.protocol, o.port, o.source, "declared in the topology") for o in openings)


def resolve(
    needs: Iterable[Need], cloud: Cloud, addresses: AddressPlan, department: str, zone: str
) -> tuple[Opening, ...]:
    """Return the ingress rules of servers in a zone: without doubles, sorted, sources as prefixes."""
    found = {
        Opening(need.protocol, need.port, prefix)
        for need in needs
        for prefix in _prefixes(need.source, cloud, addresses, department, zone)
    }
    return tuple(sorted(found, key=lambda o: (o.protocol, o.port or 0, o.prefix or "")))


def _prefixes(source: str, cloud: Cloud, addresses: AddressPlan, department: str, zone: str) -> tuple[str | None, ...]:
    if source == ANY:
        return (None,)
    if source == DEPARTMENT:
        return tuple(str(addresses.subnet(zone, site, department)) for site in cloud.sites_of(department))
    if source == ZONE:
        return (str(cloud.zones[zone].cidr),)
    return (str(cloud.zones[source].cidr),) if source in cloud.zones else (source,)
