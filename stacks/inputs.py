"""Everything one shard's program reads, as frozen plain data; whatever is not here cannot change what is built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Flavor:
    """A server size; GiB of memory and disk."""

    name: str
    vcpus: int
    ram_gb: int
    disk_gb: int


@dataclass(frozen=True)
class Image:
    """A boot image; `file` is relative to the folder of the topology, `content` the SHA-256 of what it holds."""

    name: str
    file: str
    content: str
    disk_format: str
    min_disk_gb: int
    min_ram_mb: int


@dataclass(frozen=True)
class Net:
    """A network with one subnet; `first` to `last` may be allocated by OpenStack, the rest is planned."""

    zone: str
    name: str
    cidr: str
    gateway: str
    first: str
    last: str


@dataclass(frozen=True)
class Edge:
    """An external network: floating addresses and router gateways come from it; `vlan` is its segment."""

    net: Net
    vlan: int


@dataclass(frozen=True)
class Access:
    """An identity group and the role it gets."""

    group: str
    role: str


@dataclass(frozen=True)
class Opening:
    """One ingress rule; no port means all of the protocol, no prefix means any source."""

    protocol: str
    port: int | None
    prefix: str | None


@dataclass(frozen=True)
class SecurityGroup:
    name: str
    openings: tuple[Opening, ...]


@dataclass(frozen=True)
class Server:
    """One server; `address` is planned for services, None where OpenStack allocates."""

    name: str
    address: str | None


@dataclass(frozen=True)
class ServerSet:
    """The equal servers of one application or service at the site; `volume_gb` 0 is no volume."""

    name: str
    application: str | None
    service: str | None
    service_kind: str | None
    tier: str | None
    zone: str
    flavor: str
    image: str
    groups: tuple[str, ...]
    volume_gb: int
    floating: bool
    servers: tuple[Server, ...]


@dataclass(frozen=True)
class Quota:
    """What the department may use at the site; memory in MiB, block storage in GiB."""

    cores: int
    ram_mb: int
    servers: int
    volumes: int
    disk_gb: int
    networks: int
    ports: int
    floating_addresses: int
    security_groups: int
    security_group_rules: int


@dataclass(frozen=True)
class FoundationInputs:
    """What a site has before its first department; `openstack` is the site's entry in clouds.yaml."""

    cloud: str
    site: str
    openstack: str
    roles: tuple[str, ...]
    groups: tuple[str, ...]
    flavors: tuple[Flavor, ...]
    images: tuple[Image, ...]
    edges: tuple[Edge, ...]
    zones: tuple[Net, ...]
    base_group: SecurityGroup


@dataclass(frozen=True)
class DepartmentInputs:
    """One department at one site; `foundation` is the stack whose outputs it uses."""

    cloud: str
    site: str
    openstack: str
    foundation: str
    department: str
    quota: Quota
    access: tuple[Access, ...]
    own_access: Access
    edge_zone: str | None
    edge_network: str | None
    nets: tuple[Net, ...]
    security_groups: tuple[SecurityGroup, ...]
    sets: tuple[ServerSet, ...]


ShardInputs = FoundationInputs | DepartmentInputs
Plain = Mapping[str, object]
