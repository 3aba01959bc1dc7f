"""The topology model: one government cloud as frozen, typed data."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from topology.values import Count, Duration, Name, Network, Port, Positive, Size, Strict, Titles

CloudEntry = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
DutyName = Literal["supervise", "operate", "use"]
ServiceKind = Literal["postgresql", "etcd", "dns", "object-store", "app", "repository"]


class SiteRole(StrEnum):
    ACTIVE = "active"
    DR = "dr"


class Capacity(Strict):
    """What one site offers: virtual CPUs, GiB of memory, TiB of block storage."""

    vcpus: Positive
    ram_gb: Positive
    disk_tb: Positive


class Site(Strict):
    """One data centre; `openstack` is its entry in clouds.yaml."""

    role: SiteRole
    city: Name
    openstack: CloudEntry
    title: Titles = Titles()
    power: tuple[Name, ...] = ()
    capacity: Capacity


class Link(Strict):
    """One line between two sites; latency is one way, in milliseconds; `transit` lets it carry other sites' traffic."""

    between: tuple[Name, Name]
    kind: Literal["government-direct", "leased", "dark-fibre", "vpn"]
    latency_ms: Annotated[float, Field(ge=0, le=1000, strict=True, allow_inf_nan=False)]
    bandwidth_mbps: Positive
    carrier: Name
    duct: Name | None = None
    transit: Annotated[bool, Field(strict=True)] = False


class Zone(Strict):
    """A network plane inside every site; an `edge` zone holds the floating addresses."""

    cidr: Network
    kind: Literal["tenant", "edge"] = "tenant"
    subnet_prefix: Annotated[int, Field(ge=20, le=29, strict=True)] = 26
    title: Titles = Titles()


class Tier(Strict):
    """A promise: RTO and RPO in seconds, and the GB/T 20988 level claimed; `strict` stops rather than lose a copy."""

    rto: Duration
    rpo: Duration
    gbt20988: Annotated[int, Field(ge=1, le=6, strict=True)]
    strict: Annotated[bool, Field(strict=True)] = False


class FlavorSize(Strict):
    vcpus: Positive
    ram_gb: Positive
    disk_gb: Positive


class Opening(Strict):
    """A port that a server must accept; `source` is `any`, a zone's name, or `department`."""

    port: Port
    protocol: Literal["tcp", "udp"] = "tcp"
    source: Name = "department"


class Template(Strict):
    """The shape an application is made from; `count` is servers per active site, `dr_count` at each DR site."""

    flavor: FlavorSize
    count: Count = 1
    dr_count: Count = 0
    zone: Name
    image: Name = "debian-12"
    openings: tuple[Opening, ...] = ()
    volume_gb: Size = 0
    floating: Annotated[bool, Field(strict=True)] = False
    title: Titles = Titles()


class Application(Strict):
    """What a department runs; `count` and `dr_count` override its template."""

    template: Name
    tier: Name
    title: Titles = Titles()
    count: Count | None = None
    dr_count: Count | None = None


class Service(Strict):
    """A replicated thing; `placement` is servers per site, `sync` says where an acknowledged write must already be.

    `uses` are the services it stands on: of a kind it needs, the one it lists, else the only one of the cloud.
    """

    kind: ServiceKind
    department: Name
    placement: Mapping[Name, Count]
    tier: Name | None = None
    sync: Literal["none", "city"] = "none"
    uses: tuple[Name, ...] = ()
    ttl: Duration = 5
    zone: Name | None = None
    flavor: FlavorSize = FlavorSize(vcpus=1, ram_gb=1, disk_gb=10)
    image: Name = "debian-12"
    volume_gb: Size = 0
    openings: tuple[Opening, ...] = ()
    title: Titles = Titles()


class Quota(Strict):
    """What one department may use at each site; block storage counts in GiB."""

    vcpus: Positive
    ram_gb: Positive
    disk_gb: Positive
    servers: Positive = 20
    volumes: Positive = 20
    networks: Positive = 10
    floating_addresses: Count = 5
    security_group_rules: Positive = 200


class Department(Strict):
    """A tenant: one OpenStack project at each site it lives in (all sites when `sites` is empty)."""

    title: Titles = Titles()
    quota: Quota
    sites: tuple[Name, ...] = ()
    applications: Mapping[Name, Application] = {}


class Image(Strict):
    """A boot image, uploaded from `file`, a path relative to the topology."""

    file: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._/-]{1,200}$")]
    disk_format: Literal["raw", "qcow2"] = "raw"
    min_disk_gb: Count = 1
    min_ram_mb: Size = 64


class Party(Strict):
    """An organisation that holds a duty."""

    title: Titles = Titles()


class Duties(Strict):
    """管 supervise, 运 operate, 用 use: who may look, who may run, who may consume."""

    supervise: Mapping[Name, Party] = {}
    operate: Mapping[Name, Party] = {}
    use: Mapping[Name, Party] = {}


class Rules(Strict):
    """Safety rules every plan is checked against."""

    min_active_sites: Annotated[int, Field(ge=1, le=10, strict=True)] = 1
    max_primaries: Annotated[int, Field(ge=1, le=1, strict=True)] = 1


class Drill(Strict):
    """A scheduled rehearsal; `schedule` is a systemd calendar expression."""

    scenario: Name
    site: Name | None = None
    carrier: Name | None = None
    service: Name | None = None
    schedule: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 *:,./~-]{1,80}$")] | None = None
    window: Duration = 7200
    level: Literal["tabletop", "functional", "full"] = "functional"


class Cloud(Strict):
    """The whole cloud, as one topology describes it; operators reach its servers from `management`."""

    cloud: Name
    title: Titles = Titles()
    sites: Annotated[Mapping[Name, Site], Field(min_length=1, max_length=8)]
    links: tuple[Link, ...] = ()
    zones: Annotated[Mapping[Name, Zone], Field(min_length=1, max_length=8)]
    management: Network = IPv4Network("10.250.0.0/16")
    tiers: Mapping[Name, Tier] = {}
    images: Mapping[Name, Image] = {}
    templates: Mapping[Name, Template] = {}
    services: Mapping[Name, Service] = {}
    departments: Mapping[Name, Department] = {}
    rules: Rules = Rules()
    duties: Duties = Duties()
    drills: Mapping[Name, Drill] = {}

    @property
    def name(self) -> str:
        return self.cloud

    def sites_of(self, department: str) -> tuple[str, ...]:
        """Return the sites a department lives in, in the order of the file."""
        chosen = self.departments[department].sites
        return tuple(s for s in self.sites if not chosen or s in chosen)

    def servers_of(self, application: Application, site: str) -> int:
        """Return how many servers an application has at a site."""
        template = self.templates[application.template]
        if self.sites[site].role is SiteRole.ACTIVE:
            return template.count if application.count is None else application.count
        return template.dr_count if application.dr_count is None else application.dr_count
