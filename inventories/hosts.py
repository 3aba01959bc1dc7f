"""The hosts of a cloud: every service server, with its planned address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from failures import InputInvalid, Text
from stacks import names
from stacks.fixed import fixed_addresses
from stacks.slices import service_zone
from topology.addresses import AddressPlan
from topology.model import Cloud, Service, SiteRole

MIB_PER_GIB = 1024


@dataclass(frozen=True)
class Host:
    """One service server; `number` counts from 1 within its service and site."""

    name: str
    site: str
    service: str
    number: int
    department: str
    zone: str
    address: str

    @property
    def peer(self) -> dict[str, Any]:
        """The host as other hosts know it."""
        return {"name": self.name, "address": self.address}


@dataclass(frozen=True)
class Register:
    """All hosts of a cloud, in the order of the file: by service, site and number."""

    cloud: Cloud
    addresses: AddressPlan
    hosts: tuple[Host, ...]

    @cached_property
    def by_name(self) -> dict[str, Host]:
        return {host.name: host for host in self.hosts}

    def of(self, service: str, site: str | None = None) -> tuple[Host, ...]:
        """Return the hosts of a service, at one site or all."""
        return tuple(h for h in self.hosts if h.service == service and site in {None, h.site})

    def of_role(self, service: str, role: SiteRole) -> tuple[Host, ...]:
        """Return the hosts of a service at the sites of a role."""
        return tuple(h for h in self.of(service) if self.cloud.sites[h.site].role is role)

    def of_kind(self, kind: str) -> tuple[Host, ...]:
        return tuple(host for host in self.hosts if self.service(host).kind == kind)

    def service(self, host: Host) -> Service:
        return self.cloud.services[host.service]

    def city(self, host: Host) -> str:
        return self.cloud.sites[host.site].city

    def role(self, host: Host) -> SiteRole:
        return self.cloud.sites[host.site].role

    def near(self, site: str) -> tuple[str, ...]:
        """Return all sites, this one first, the others in the order of the file."""
        return (site, *(other for other in self.cloud.sites if other != site))


def register(cloud: Cloud, addresses: AddressPlan) -> Register:
    """Return the cloud's hosts.

    Raises InputInvalid where two of them would get one name (a cluster with such members can silently lose its
    synchronous copy), or a service is placed at a site where its department does not live.
    """
    hosts = tuple(host for name in cloud.services for host in _of_service(cloud, addresses, name))
    seen: dict[str, Host] = {}
    for host in hosts:
        if host.name in seen:
            raise _double(host, seen[host.name])
        seen[host.name] = host
    return Register(cloud, addresses, hosts)


def _of_service(cloud: Cloud, addresses: AddressPlan, name: str) -> Iterator[Host]:
    service = cloud.services[name]
    zone = service_zone(cloud, service)
    for site in cloud.sites:
        count = service.placement.get(site, 0)
        if not count:
            continue
        if site not in cloud.sites_of(service.department):
            raise _homeless(name, site, service.department)
        planned = fixed_addresses(cloud, addresses, service.department, zone, site)
        for number in range(1, count + 1):
            host = names.server_name(f"{name}-{site}", number)
            yield Host(host, site, name, number, service.department, zone, planned[name, number])


def _double(one: Host, other: Host) -> InputInvalid:
    return InputInvalid(
        Text(
            f"services {other.service} and {one.service} would both have a member named {one.name}",
            f"服务 {other.service} 与 {one.service} 会有同名成员 {one.name}",
        ),
        where=f"services.{one.service}",
        fix=Text("rename one of the two services", "请重命名其中一个服务"),
    )


def _homeless(service: str, site: str, department: str) -> InputInvalid:
    return InputInvalid(
        Text(
            f"it is placed at {site}, where its department {department} does not live",
            f"它部署在 {site}，而所属部门 {department} 不在那里",
        ),
        where=f"services.{service}.placement",
        fix=Text(
            f"add {site} to the sites of {department}, or place the service elsewhere",
            f"请把 {site} 加入 {department} 的 sites，或改变部署位置",
        ),
    )
