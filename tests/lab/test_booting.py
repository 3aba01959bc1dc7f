"""Servers that become hosts through Nova's own API: booted, used, broken and powered at one site."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import topology
from lab import power
from lab.hosts.machine import Machine
from lab.place import Place
from lab.processes import holder
from lab.services import SERVICES
from lab.site import LabSite
from lab.status import status
from lab.up import up
from tests.lab.conftest import TestCity
from tests.lab.login import Operator, host_keys, wait_until
from tests.lab.test_lab import connect, quiet, site_of
from tests.lab.yard import LAB

pytestmark = [
    pytest.mark.city,
    *LAB,
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore::openstack.warnings.RemovedInSDK60Warning"),
]

RECIPE = Path(topology.__path__[0]) / "images/debian-12.yaml"
SITE = "east"
Server = Any
"""An openstack.compute.v2.server.Server."""


@dataclass
class Town:
    """One site with a routed network that lets operators in, a key pair, an image and a size for hosts."""

    city: TestCity
    cloud: Any
    operator: Operator
    common: dict[str, Any]
    network: str

    @property
    def site(self) -> LabSite:
        return site_of(self.city, SITE)

    @property
    def place(self) -> Place:
        return self.city.place

    def port(self) -> str:
        """Make a port whose address a server keeps when it is made again."""
        made: str = self.cloud.network.create_port(network_id=self.network).id
        return made

    def create(self, name: str, port: str, **more: Any) -> Server:
        """Create a server that carries a service and return it when Nova says ACTIVE."""
        told = {**self.common, "metadata": {"govcloud_service": "tried"}, "networks": [{"port": port}], **more}
        return self.cloud.compute.wait_for_server(
            self.cloud.compute.create_server(name=name, **told), interval=0.3, wait=120
        )

    def machine(self, server: Server) -> Machine:
        return Machine(self.site.namespace, self.site.folder / "hosts" / server.id)

    def address(self, server: Server) -> str:
        found: str = next(iter(server.addresses.values()))[0]["addr"]
        return found

    def console(self, server: Server) -> str:
        said: str = self.cloud.compute.get_server_console_output(server)["output"]
        return said

    def meet(self, server: Server) -> list[str]:
        """Trust the keys that the console shows, as soon as it does, and return them."""
        wait_until("no host keys on the console", lambda: host_keys(self.console(server)))
        keys = host_keys(self.console(server))
        self.operator.know(self.address(server), keys)
        return keys

    def state(self, server: Server) -> tuple[str, str | None]:
        now = self.cloud.compute.get_server(server.id)
        return now.status, now.task_state

    def await_state(self, server: Server, wanted: str) -> None:
        """Return when Nova is at rest in that state."""
        wait_until(f"{server.name} is not {wanted}", lambda: self.state(server) == (wanted, None), 120)

    def delete(self, server: Server) -> None:
        self.cloud.compute.delete_server(server)
        self.cloud.compute.wait_for_delete(server, interval=0.3, wait=60)


@pytest.fixture(scope="module")
def town(testcity: TestCity, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The ground that servers stand on; all of it is deleted at the end."""
    up(testcity.cloud, testcity.place, quiet, recipes=[RECIPE])
    cloud: Any = connect(testcity, SITE)
    operator = Operator(tmp_path_factory.mktemp("operator"))
    image = cloud.image.create_image(
        name="debian-12", disk_format="raw", container_format="bare", data=RECIPE.read_bytes()
    )
    flavor = cloud.compute.create_flavor(name="host", vcpus=1, ram=256, disk=1)
    key = cloud.compute.create_keypair(name="operator", public_key=operator.public_key)
    outer = cloud.network.create_network(
        name="outer", is_router_external=True, provider_network_type="flat", provider_physical_network="public"
    )
    cloud.network.create_subnet(network_id=outer.id, ip_version=4, cidr=cidr(testcity, "edge"), is_dhcp_enabled=False)
    net = cloud.network.create_network(name="inner")
    subnet = cloud.network.create_subnet(network_id=net.id, ip_version=4, cidr=cidr(testcity, "core"))
    router = cloud.network.create_router(
        name="between", external_gateway_info={"network_id": outer.id, "enable_snat": False}
    )
    cloud.network.add_interface_to_router(router, subnet_id=subnet.id)
    group = cloud.network.create_security_group(name="operators")
    rule = {"direction": "ingress", "ether_type": "IPv4", "protocol": "tcp", "port_range_min": 22, "port_range_max": 22}
    cloud.network.create_security_group_rule(security_group_id=group.id, **rule)
    spread = cloud.compute.create_server_group(name="tried", policy="anti-affinity")
    common = {
        "image_id": image.id,
        "flavor_id": flavor.id,
        "key_name": key.name,
        "scheduler_hints": {"group": spread.id},
    }
    made = Town(testcity, _grouped(cloud, group.id), operator, common, net.id)
    try:
        yield made
    finally:
        for server in cloud.compute.servers():
            made.delete(server)
        for port in cloud.network.ports(network_id=net.id, device_owner=""):
            cloud.network.delete_port(port)
        cloud.network.remove_interface_from_router(router, subnet_id=subnet.id)
        for delete, thing in (
            (cloud.network.delete_router, router),
            (cloud.network.delete_network, net),
            (cloud.network.delete_network, outer),
            (cloud.network.delete_security_group, group),
            (cloud.compute.delete_server_group, spread),
            (cloud.compute.delete_keypair, key),
            (cloud.compute.delete_flavor, flavor),
            (cloud.image.delete_image, image),
        ):
            delete(thing)
        cloud.close()


def cidr(city: TestCity, zone: str) -> str:
    """Return the last /26 of a zone, which no other test uses."""
    *_, last = city.cloud.zones[zone].cidr.subnets(new_prefix=26)
    return str(last)


def _grouped(cloud: Any, group: str) -> Any:
    """Return the connection; every port made through it from now on is in the group."""
    create = cloud.network.create_port
    cloud.network.create_port = lambda **told: create(security_group_ids=[group], **told)
    return cloud


@pytest.fixture(scope="module")
def pair(town: Town) -> tuple[Server, Server]:
    """Two hosts of one service on different compute hosts, known to the operator."""
    first, second = (town.create(f"tried-{number}", town.port()) for number in (1, 2))
    for server in (first, second):
        town.meet(server)
    assert first.compute_host != second.compute_host
    return first, second


@pytest.fixture
def server(town: Town, pair: tuple[Server, Server]) -> Server:
    """The host on the compute host that is not the first of its process, running."""
    chosen = max(pair, key=lambda one: one.compute_host)
    if town.state(chosen)[0] == "SHUTOFF":
        town.cloud.compute.start_server(chosen)
    town.await_state(chosen, "ACTIVE")
    return chosen


def test_server_with_a_service_is_a_host_with_neutrons_address(town: Town, server: Server) -> None:
    """From the operator's seat, over the router, to a shell with the server's name, MAC and address."""
    said = town.operator.run(town.address(server), "hostname; cat /sys/class/net/eth0/address; ip -4 -br address")
    mac = next(iter(server.addresses.values()))[0]["OS-EXT-IPS-MAC:mac_addr"]

    assert said.splitlines()[:2] == [server.name, mac]
    assert town.address(server) in said


def test_console_has_the_keys_in_its_last_lines_and_the_journal(town: Town, server: Server) -> None:
    """Who asks for a few lines finds the keys; who asks for all sees the boot."""
    last = town.cloud.compute.get_server_console_output(server, length=5)["output"]

    assert len(host_keys(last)) == 1
    assert "systemd[1]: Reached target" in town.console(server)


def test_server_without_a_service_is_accepted_and_not_booted(town: Town) -> None:
    """Hundreds of a department's servers take no process of this machine."""
    plain = town.create("plain", town.port(), metadata={"department": "x"})

    assert plain.status == "ACTIVE"
    assert not town.machine(plain).folder.exists()
    town.delete(plain)


def test_server_from_an_image_that_is_no_recipe_ends_in_error(town: Town) -> None:
    """The fault says what the image lacks; nothing of the host is left."""
    image = town.cloud.image.create_image(name="other", disk_format="raw", container_format="bare", data=b"\x00" * 600)
    told = {**town.common, "image_id": image.id, "metadata": {"govcloud_service": "x"}}
    failed = town.cloud.compute.create_server(name="other", networks=[{"port": town.port()}], **told)
    wait_until("no error", lambda: town.state(failed)[0] == "ERROR")

    assert "no recipe" in town.cloud.compute.get_server(failed.id).fault["message"]
    assert not town.machine(failed).running()
    town.delete(failed)
    town.cloud.image.delete_image(image)


def test_stop_start_and_reboots_are_the_hosts_own(town: Town, server: Server) -> None:
    """Off means no process; on, soft and hard begin anew with the same keys and files."""
    address, machine = town.address(server), town.machine(server)
    town.operator.run(address, "echo kept > kept")
    town.cloud.compute.stop_server(server)
    town.await_state(server, "SHUTOFF")
    assert not machine.running()

    town.cloud.compute.start_server(server)
    town.await_state(server, "ACTIVE")
    for kind in ("SOFT", "HARD"):
        before = machine.init()
        town.cloud.compute.reboot_server(server, kind)
        wait_until(f"no {kind} reboot", lambda before=before: machine.init() not in {before, None})
        town.await_state(server, "ACTIVE")
    assert town.operator.run(address, "cat kept") == "kept"


def test_volume_is_a_disk_of_the_host_until_it_is_detached(town: Town, server: Server) -> None:
    """Cinder's volume is there under the device that Nova names, on whichever compute host."""
    volume = town.cloud.block_storage.create_volume(name="tried", size=1)
    town.cloud.block_storage.wait_for_status(volume, "available", interval=0.3)
    town.cloud.compute.create_volume_attachment(server, volume_id=volume.id)
    attached = town.cloud.block_storage.wait_for_status(volume, "in-use", interval=0.3).attachments[0]

    size = town.operator.run(town.address(server), f"sudo blockdev --getsize64 {attached['device']}")
    assert (attached["device"], size) == ("/dev/vdb", str(1 << 30))
    town.cloud.compute.delete_volume_attachment(server, volume.id)
    town.cloud.block_storage.wait_for_status(volume, "available", interval=0.3)
    assert town.operator.run(town.address(server), "test -e /dev/vdb && echo there || echo gone") == "gone"
    town.cloud.block_storage.delete_volume(volume)


def test_kill_of_nova_leaves_hosts_running_and_watched(town: Town, server: Server) -> None:
    """A host outlives nova; what it does afterwards nova sees again."""
    machine = town.machine(server)
    before = machine.init()
    nova = next(service for service in SERVICES if service.name == "nova")
    os.kill(holder(town.site.lock(nova)) or 0, signal.SIGKILL)
    assert up(town.city.cloud, town.place, quiet).changed

    assert (machine.init(), town.state(server)) == (before, ("ACTIVE", None))
    town.operator.run(town.address(server), "sudo systemd-run --quiet --no-block sh -c 'sleep 0.3; systemctl poweroff'")
    town.await_state(server, "SHUTOFF")


def test_delete_and_recreate_keeps_the_address_and_changes_the_keys(town: Town, server: Server) -> None:
    """The port is the server's place; a host made again is another host, and the old one left nothing."""
    port = town.port()
    first = town.create("again", port, scheduler_hints={})
    keys, old, address = town.meet(first), town.machine(first), town.address(first)
    town.delete(first)
    assert not old.folder.exists()
    assert not old.running()

    # Nova gives a port that was made beforehand back unbound.
    second = town.create("again", port, scheduler_hints={})
    assert town.address(second) == address
    assert town.meet(second) != keys
    assert town.operator.run(address, "hostname") == "again"
    town.delete(second)


def test_power_of_a_site_goes_at_once_and_brings_back_what_ran(
    town: Town, pair: tuple[Server, Server], server: Server
) -> None:
    """After the power cut nothing of the site answers; afterwards the host that ran runs, the stopped one does not."""
    other = next(one for one in pair if one.id != server.id)
    if town.state(other)[0] == "ACTIVE":
        town.cloud.compute.stop_server(other)
    town.await_state(other, "SHUTOFF")
    cloud, place, targets = town.city.cloud, town.place, power.Targets(sites=(SITE,))
    power.off(cloud, place, targets)
    row = next(row for row in status(cloud, place) if row.site == SITE)
    assert (row.state, set(row.answers.values())) == ("off", {None})
    assert not any(host.running for host in row.hosts)
    assert not up(cloud, place, quiet).changed  # the power is taken; only `power on` gives it back

    power.on(cloud, place, targets, quiet)
    assert town.operator.run(town.address(server), "hostname") == server.name
    assert (town.state(server), town.state(other)) == (("ACTIVE", None), ("SHUTOFF", None))


def test_power_of_a_host_goes_and_comes_back_through_nova(town: Town, server: Server) -> None:
    """Nova sees the host die, and starts it again when it is given power."""
    targets = power.Targets(hosts=(server.name,))
    power.off(town.city.cloud, town.place, targets)
    assert not town.machine(server).running()

    power.on(town.city.cloud, town.place, targets, quiet)
    town.await_state(server, "ACTIVE")
    assert town.operator.run(town.address(server), "hostname") == server.name
