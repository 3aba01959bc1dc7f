"""How Neutron reads what hangs on its networks, subnets, ports and routers; said once, before the first query."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

How = Literal["joined", "select", "noload"]


class Relation(NamedTuple):
    """A relation that is read in another way; `back` is its name at the other end, where that end is meant.

    `of` is the extension of the API without which nobody writes it.
    """

    module: str
    model: str
    name: str
    back: bool = False
    of: str = ""


SMALL = (
    Relation("db.models.tag", "Tag", "standard_attr", back=True),
    Relation("db.models.allowed_address_pair", "AllowedAddressPair", "port", back=True),
    Relation("db.extra_dhcp_opt.models", "ExtraDhcpOpt", "ports", back=True),
    Relation("plugins.ml2.models", "PortBindingLevel", "port", back=True),
    Relation("db.models.subnet_service_type", "SubnetServiceType", "subnet", back=True),
    Relation("db.models.l3", "RouterRoute", "router", back=True),
    Relation("db.models_v2", "Port", "fixed_ips"),
    Relation("db.models_v2", "Subnet", "routes"),
    Relation("db.models_v2", "Subnet", "dns_nameservers"),
    Relation("db.models_v2", "Subnet", "allocation_pools"),
)
"""A row or two for each object: read with it, not by a query of its own for every object."""
SELDOM = (
    Relation("db.models_v2", "Subnet", "network_standard_attr"),
    # Whether it is of a default group is asked of each rule; the group with all its rules is not.
    Relation("db.models.securitygroup", "DefaultSecurityGroup", "security_group"),
    Relation("db.models.securitygroup", "DefaultSecurityGroup", "security_group_rule"),
)
"""Read when somebody asks."""
UNUSED = (
    Relation("db.models.dns", "PortDNS", "port", back=True, of="dns-integration"),
    Relation("db.models.dns", "FloatingIPDNS", "floatingip", back=True, of="dns-integration"),
    Relation("db.models.dns", "NetworkDNSDomain", "network", back=True, of="dns-integration"),
    Relation("db.models.dns", "SubnetDNSPublishFixedIP", "subnet", back=True, of="subnet-dns-publish-fixed-ip"),
    Relation("db.models.data_plane_status", "PortDataPlaneStatus", "port", back=True, of="data-plane-status"),
    Relation(
        *("db.models.uplink_status_propagation", "PortUplinkStatusPropagation", "port"),
        back=True,
        of="uplink-status-propagation",
    ),
    Relation(
        *("db.models.port_hardware_offload_type", "PortHardwareOffloadType", "port"),
        back=True,
        of="port-hardware-offload-type",
    ),
    Relation("db.models.port_hints", "PortHints", "port", back=True, of="port-hints"),
    Relation("db.models.port_trusted", "PortTrusted", "port", back=True, of="port-trusted-vif"),
    Relation("db.models.port_forwarding", "PortForwarding", "port", back=True, of="floating-ip-port-forwarding"),
    Relation("db.models.port_forwarding", "PortForwarding", "floating_ip", back=True, of="floating-ip-port-forwarding"),
    Relation("db.models.conntrack_helper", "ConntrackHelper", "router", back=True, of="l3-conntrack-helper"),
    Relation("db.models.ndp_proxy", "RouterNDPProxyState", "router", back=True, of="l3-ndp-proxy"),
    Relation("db.models.segment", "SegmentHostMapping", "network_segment", back=True, of="segment"),
    Relation("services.trunk.models", "Trunk", "port", back=True, of="trunk"),
    Relation("services.trunk.models", "SubPort", "port", back=True, of="trunk"),
)
"""Written through extensions that a site does not load: there is nothing to read."""
AGENTLESS = (
    Relation("db.models_v2", "Network", "dhcp_agents"),
    Relation("db.models.l3", "Router", "l3_agents"),
)
"""Which agents have an object; there are no agents."""
CHOICES: Mapping[tuple[Relation, ...], How] = {SMALL: "joined", SELDOM: "select", UNUSED: "noload", AGENTLESS: "noload"}


def read_what_there_is() -> None:
    """Join what is small, leave out what is empty; each table joined costs even where it has no row."""
    for relations, how in CHOICES.items():
        for relation in relations:
            _read(relation, how)


def _read(relation: Relation, how: How) -> None:
    found = find(relation)
    if relation.back:
        found.backref[1]["lazy"] = how
    else:
        found.lazy, found.strategy_key = how, (("lazy", how),)


def find(relation: Relation) -> Any:
    """Return the property that declares the relation, at whichever end."""
    owner = getattr(importlib.import_module(f"neutron.{relation.module}"), relation.model)
    return getattr(owner, relation.name).comparator.prop
