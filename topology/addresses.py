"""Planned addresses: zone x site x department gives a subnet, from the topology and its address ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

from failures import TopologyInvalid
from topology.model import Cloud, Zone
from topology.slots import SITE_BITS, ZONE_SLOT, Ledger, faults, seat_all

FIXED_HOSTS = 9


@dataclass(frozen=True)
class AddressRange:
    """An inclusive range of host addresses."""

    first: IPv4Address
    last: IPv4Address

    def __len__(self) -> int:
        return int(self.last) - int(self.first) + 1


def gateway(subnet: IPv4Network) -> IPv4Address:
    """Return the router's address: the first host."""
    return subnet.network_address + 1


def fixed_range(subnet: IPv4Network) -> AddressRange:
    """Return the hosts after the gateway that are kept for services with a fixed address: .2 to .9."""
    return AddressRange(subnet.network_address + 2, subnet.network_address + _reserved(subnet))


def pool(subnet: IPv4Network) -> AddressRange:
    """Return the hosts that OpenStack may allocate: those after the first nine (after the first half if under 18)."""
    return AddressRange(subnet.network_address + _reserved(subnet) + 1, subnet.broadcast_address - 1)


def _reserved(subnet: IPv4Network) -> int:
    return min(FIXED_HOSTS, (subnet.num_addresses - 2) // 2)


@dataclass(frozen=True)
class AddressPlan:
    """Every subnet of a cloud; `ledger` is to be written before anything is built from the plan.

    A name that the cloud does not have is a KeyError.
    """

    ledger: Ledger
    zones: Mapping[str, Zone] = field(repr=False)

    def site_block(self, zone: str, site: str) -> IPv4Network:
        """Return all of a zone's addresses at a site: what other sites route towards it."""
        cidr = self.zones[zone].cidr
        prefix = cidr.prefixlen + SITE_BITS
        return IPv4Network((int(cidr.network_address) + (self.ledger.sites[site] << (32 - prefix)), prefix))

    def subnet(self, zone: str, site: str, department: str) -> IPv4Network:
        """Return a department's subnet in a tenant zone at a site; ValueError for an edge zone."""
        return self._slot(zone, site, self.ledger.departments[department])

    def zone_subnet(self, zone: str, site: str) -> IPv4Network:
        """Return the zone's own network at a site: slot 0 of a tenant zone, the whole block of an edge zone."""
        if self.zones[zone].kind == "edge":
            return self.site_block(zone, site)
        return self._slot(zone, site, ZONE_SLOT)

    def edge_subnet(self, site: str, zone: str | None = None) -> IPv4Network:
        """Return the external subnet at a site, of the first edge zone unless one is named; KeyError without any."""
        edges = self.edge_zones if zone is None else (zone,)
        if not edges or edges[0] not in self.edge_zones:
            raise KeyError(f"no such edge zone: {zone or 'the cloud has none'}")
        return self.site_block(edges[0], site)

    @property
    def edge_zones(self) -> tuple[str, ...]:
        """The names of the edge zones in the order of the file."""
        return tuple(name for name, zone in self.zones.items() if zone.kind == "edge")

    def _slot(self, zone: str, site: str, slot: int) -> IPv4Network:
        if self.zones[zone].kind == "edge":
            raise ValueError(f"zone {zone} is an edge: it has no department subnets")
        prefix = self.zones[zone].subnet_prefix
        block = self.site_block(zone, site)
        return IPv4Network((int(block.network_address) + (slot << (32 - prefix)), prefix))


def plan(cloud: Cloud, ledger: Ledger | None = None) -> AddressPlan:
    """Return the address plan; TopologyInvalid carries all findings when the names or the ledger do not fit."""
    held = ledger or Ledger()
    findings = faults(cloud, held)
    if findings:
        raise TopologyInvalid(findings)
    return AddressPlan(seat_all(cloud, held), cloud.zones)
