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
TENANTS = "tenants"
MANAGEMENT = "management"
ZONE = "zone"


@dataclass(frozen=True)
class Need:
    """`source` is `any`, `zone` (the server's own), `department`, `tenants` (every zone of theirs) or `management`."""

    protocol: str
    port: int | None
    source: str
    reason: str


OPERATOR_NEEDS = (
    Need("tcp", 22, MANAGEMENT, "operators and Ansible"),
    Need("tcp", 9100, MANAGEMENT, "metrics of the host"),
    Need("icmp", None, MANAGEMENT, "operators see whether a host is there"),
    Need("icmp", None, TENANTS, "path MTU, and the latency of the lines as the hosts measure it"),
)
SERVICE_NEEDS: dict[str, tuple[Need, ...]] = {
    "postgresql": (
        Need("tcp", 5432, ZONE, "clients and replicas of the other sites"),
        Need("tcp", 8008, ZONE, "the proxies ask Patroni who is primary"),
        Need("tcp", 2379, ZONE, "a standby cluster's own consensus store"),
        Need("tcp", 8432, ZONE, "the backup repository asks for base backups"),
        Need("tcp", 5432, MANAGEMENT, "drills write and count markers"),
        Need("tcp", 8008, MANAGEMENT, "status, and plans that promote"),
        Need("tcp", 2379, MANAGEMENT, "status, and plans that promote"),
    ),
    "etcd": (
        Need("tcp", 2379, ZONE, "clients of the consensus store"),
        Need("tcp", 2380, ZONE, "members at the other sites"),
        Need("tcp", 2379, MANAGEMENT, "status, and plans that compare and fence"),
    ),
    "dns": (
        Need("udp", 53, ANY, "the entrance answers everyone"),
        Need("tcp", 53, ANY, "answers too long for UDP"),
        Need("tcp", 5000, ZONE, "the site's way to the primary"),
        Need("tcp", 5001, ZONE, "the site's way to the replicas"),
        Need("tcp", 7000, MANAGEMENT, "status of the proxy"),
        Need("tcp", 5000, MANAGEMENT, "drills write as an application does"),
        Need("tcp", 5001, MANAGEMENT, "drills read as an application does"),
    ),
    "object-store": (
        Need("tcp", 8080, ZONE, "clients, and container sync from the other sites"),
        Need("tcp", 8432, ZONE, "databases send their log and base backups"),
    ),
    "app": (Need("tcp", 8080, MANAGEMENT, "health of each server"),),
    "repository": (
        Need("tcp", 443, TENANTS, "packages for every host of the cloud"),
        Need("tcp", 443, MANAGEMENT, "status"),
        Need("udp", 123, TENANTS, "the cloud's time"),
    ),
}


def declared(openings: Iterable[Declared]) -> tuple[Need, ...]:
    """Return a template's or service's declared openings as needs."""
    return tuple(Need(o.protocol, o.port, o.source, "declared in the topology") for o in openings)


def shared(cloud: Cloud) -> tuple[Opening, ...]:
    """Return what every server of the cloud accepts: one group per site holds it, not one per department."""
    found = {Opening(n.protocol, n.port, p) for n in OPERATOR_NEEDS for p in _wide_prefixes(n.source, cloud)}
    return _in_order(found)


def resolve(
    needs: Iterable[Need], cloud: Cloud, addresses: AddressPlan, department: str, zone: str
) -> tuple[Opening, ...]:
    """Return the ingress rules of servers in a zone: without doubles, sorted, sources as prefixes."""
    found = {
        Opening(need.protocol, need.port, prefix)
        for need in needs
        for prefix in _prefixes(need.source, cloud, addresses, department, zone)
    }
    return _in_order(found)


def _in_order(found: set[Opening]) -> tuple[Opening, ...]:
    return tuple(sorted(found, key=lambda o: (o.protocol, o.port or 0, o.prefix or "")))


def _prefixes(source: str, cloud: Cloud, addresses: AddressPlan, department: str, zone: str) -> tuple[str | None, ...]:
    if source == ANY:
        return (None,)
    if source == DEPARTMENT:
        return tuple(str(addresses.subnet(zone, site, department)) for site in cloud.sites_of(department))
    return _wide_prefixes(zone if source == ZONE else source, cloud)


def _wide_prefixes(source: str, cloud: Cloud) -> tuple[str, ...]:
    """Return the prefixes of a source that is the same for every department."""
    if source == TENANTS:
        return tuple(str(z.cidr) for z in cloud.zones.values() if z.kind == "tenant")
    return (str(cloud.management if source == MANAGEMENT else cloud.zones[source].cidr),)
