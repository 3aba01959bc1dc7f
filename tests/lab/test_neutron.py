"""What is changed through the network API of a real OpenStack changes the network of a booted server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openstack
import pytest

from lab.edge.picture import tap_name
from lab.namespaces import namespaces
from lab.place import Place
from lab.site import LabSite
from tests.lab.conftest import TestCity
from tests.lab.wires import answers, devices, eventually, ip, latency, plug, silent, sync
from tests.lab.yard import LAB

pytestmark = [*LAB, pytest.mark.timeout(240)]

INNER, OUTER = "10.80.1", "172.30.0"


class Street:
    """A tenant's network behind a router of the first site, with one server that is booted as far as the edge knows."""

    def __init__(self, site: LabSite, connection: Any) -> None:
        self.site, self.network = site, connection.network
        self.host = f"{site.namespace}.h-street"
        self.address = f"{INNER}.2"
        self.group = self.network.create_security_group(name="street")
        self._rule("icmp")
        outer = self._net("street-out", f"{OUTER}.0/24", **EXTERNAL)
        inner = self._net("street-in", f"{INNER}.0/26")
        gateway = {"network_id": outer.id, "enable_snat": False}
        self.router = self.network.create_router(name="street", external_gateway_info=gateway)
        [self.subnet] = self.network.subnets(network_id=inner.id)
        self.network.add_interface_to_router(self.router, subnet_id=self.subnet.id)
        fixed = [{"subnet_id": self.subnet.id, "ip_address": self.address}]
        groups = [self.group.id]
        self.port = self.network.create_port(network_id=inner.id, fixed_ips=fixed, security_group_ids=groups)
        self.outer, self.inner = outer, inner
        plug(self.host, site.edge, self.port.id, self.port.mac_address, self.address)
        sync(str(site.run / "net.sock"))

    def _net(self, name: str, cidr: str, **more: Any) -> Any:
        made = self.network.create_network(name=name, **more)
        self.network.create_subnet(network_id=made.id, ip_version=4, cidr=cidr, is_dhcp_enabled=False)
        return made

    def _rule(self, protocol: str, port: int | None = None) -> Any:
        return self.network.create_security_group_rule(
            security_group_id=self.group.id,
            direction="ingress",
            protocol=protocol,
            port_range_min=port,
            port_range_max=port,
            remote_ip_prefix="10.250.0.0/16",
        )

    def open(self, port: int) -> Any:
        """Add a rule that lets operators in."""
        return self._rule("tcp", port)

    def reached(self, port: int) -> bool:
        return answers("", self.host, self.address, port)

    def remove(self) -> None:
        """Delete everything that was made."""
        for address in self.network.ips(floating_network_id=self.outer.id):
            self.network.delete_ip(address)
        self.network.delete_port(self.port)
        self.network.remove_interface_from_router(self.router, subnet_id=self.subnet.id)
        self.network.delete_router(self.router)
        for network in (self.inner, self.outer):
            self.network.delete_network(network)
        self.network.delete_security_group(self.group)
        ip("netns", "delete", self.host)


EXTERNAL = {
    "is_router_external": True,
    "provider_network_type": "vlan",
    "provider_physical_network": "public",
    "provider_segmentation_id": 3900,
}


@pytest.fixture(scope="module")
def street(testcity: TestCity) -> Iterator[Street]:
    """The street, until the module's last test."""
    loader = openstack.config.OpenStackConfig(config_files=[str(testcity.clouds_yaml)])
    site = testcity.raised.sites[0]
    connection = openstack.connection.Connection(config=loader.get_one(cloud=site.entry))
    made = Street(site, connection)
    try:
        yield made
    finally:
        made.remove()
        connection.close()


def test_server_is_reached_as_its_security_group_says(street: Street) -> None:
    """Echoes come back to the operator's seat and to the seat inside; no port is open yet."""
    assert latency("", street.address) is not None
    assert latency(street.site.seat, street.address) is not None
    assert not street.reached(22)


def test_rule_that_is_made_and_taken_away_is_followed(street: Street) -> None:
    """Neutron tells the edge at once: the port opens, and shuts again."""
    rule = street.open(8443)
    assert eventually(lambda: street.reached(8443))

    street.network.delete_security_group_rule(rule)

    assert eventually(lambda: not street.reached(8443))


def test_floating_address_that_is_bound_and_unbound_is_followed(street: Street) -> None:
    """The address leads to the server while it is bound."""
    address = street.network.create_ip(floating_network_id=street.outer.id, port_id=street.port.id)
    where = address.floating_ip_address
    assert eventually(lambda: latency("", where) is not None)

    street.network.update_ip(address, port_id=None)

    assert eventually(lambda: silent("", where))


def test_second_address_of_a_port_is_allowed_by_its_pair_only(street: Street) -> None:
    """A server may use another address once the port says so: what a moving address needs."""
    moving = f"{INNER}.40"
    ip("-n", street.host, "address", "add", f"{moving}/32", "dev", "eth0")
    assert silent("", moving)

    street.network.update_port(street.port, allowed_address_pairs=[{"ip_address": moving}])

    assert eventually(lambda: latency("", moving) is not None)
    ip("-n", street.host, "address", "delete", f"{moving}/32", "dev", "eth0")


def test_network_of_a_server_that_is_gone_is_no_longer_announced(street: Street, testcity: TestCity) -> None:
    """Without its interface the router and the operator's way to the subnet go; they come back with it."""
    edge = street.site.edge
    ip("-n", edge, "link", "delete", tap_name(street.port.id))
    sync(str(street.site.run / "net.sock"))
    assert not ways(testcity.place, INNER)
    assert street.router.id[:13] not in " ".join(routers(street.site))

    plug(street.host, edge, street.port.id, street.port.mac_address, street.address)
    sync(str(street.site.run / "net.sock"))

    assert ways(testcity.place, INNER)
    assert street.router.id[:13] in " ".join(routers(street.site))
    assert tap_name(street.port.id) in devices(edge)
    assert latency("", street.address) is not None


def ways(place: Place, begin: str) -> list[str]:
    """Return what the lab's sites announce of the networks that begin so."""
    files = [path.read_text() for path in place.run.glob("*/announced.json")]
    return [text for text in files if f'"{begin}.' in text]


def routers(site: LabSite) -> list[str]:
    """Return the namespaces of the site's routers."""
    return namespaces(f"{site.namespace}.r-")
