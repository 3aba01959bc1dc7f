"""One site of a lab on this machine: its names, folders, addresses and compute hosts."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Interface
from pathlib import Path

from lab.addresses import SiteLink, edge_link, number_sites, operator_link, seat_link, site_link
from lab.place import Place
from lab.services import SERVICES, Service, endpoint
from topology.model import Capacity, Cloud

HOSTS = 4
INSIDE = "api0"


@dataclass(frozen=True)
class LabSite:
    """`link` and `operator_link` are interfaces at the operator's seat, to the control plane and to the edge.

    `folder` keeps data, `run` keeps sockets and locks.
    """

    name: str
    number: int
    entry: str
    capacity: Capacity
    namespace: str
    link: str
    operator_link: str
    outside: IPv4Interface
    inside: IPv4Interface
    operator_line: SiteLink
    seat_line: SiteLink
    edge_line: SiteLink
    folder: Path
    run: Path

    @property
    def edge(self) -> str:
        """The namespace of the site's border router."""
        return f"{self.namespace}.edge"

    @property
    def seat(self) -> str:
        """The namespace of the operator's seat inside the site."""
        return f"{self.namespace}.seat"

    @property
    def address(self) -> str:
        return str(self.inside.ip)

    @property
    def etc(self) -> Path:
        return self.folder / "etc"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def data(self) -> Path:
        return self.folder / "db"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def socket(self) -> Path:
        return self.run / "mysql.sock"

    def lock(self, service: Service) -> Path:
        """Return the file that the service's process keeps locked as long as it lives."""
        return self.run / f"{service.name}.lock"

    def url(self, service: Service) -> str:
        return endpoint(service, self.address)

    @property
    def auth_url(self) -> str:
        return self.url(SERVICES[0])


def plan_sites(cloud: Cloud, place: Place, slot: int, known: dict[str, int]) -> tuple[LabSite, ...]:
    """Return the sites of the cloud, placed; `known` are the indices given before."""
    numbers = number_sites(tuple(cloud.sites), known)
    placed = []
    for name, site in cloud.sites.items():
        link = site_link(slot, numbers[name])
        placed.append(
            LabSite(
                name=name,
                number=numbers[name],
                entry=site.openstack,
                capacity=site.capacity,
                namespace=f"{place.mark}{name}",
                link=f"{place.prefix}{slot}c{numbers[name]}",
                outside=link.outside,
                inside=link.inside,
                operator_link=f"{place.prefix}{slot}o{numbers[name]}",
                operator_line=operator_link(cloud.management, slot, numbers[name]),
                seat_line=seat_link(cloud.management, slot, numbers[name]),
                edge_line=edge_link(slot, numbers[name]),
                folder=place.sites / name,
                run=place.run / name,
            ),
        )
    return tuple(placed)


def share(capacity: Capacity, site: str) -> dict[str, dict[str, int]]:
    """Split the declared capacity over the compute hosts; the shares add up to exactly what was declared.

    A site with fewer than four vCPUs has one host per vCPU, so that no host is empty.
    """
    totals = {"vcpus": capacity.vcpus, "memory_mb": capacity.ram_gb * 1024, "local_gb": capacity.disk_tb * 1024}
    count = min(HOSTS, capacity.vcpus)
    return {
        f"{site}-h{number + 1}": {
            kind: total // count + (1 if number < total % count else 0) for kind, total in totals.items()
        }
        for number in range(count)
    }
