"""A real lab: three OpenStack sites raised, cut, healed, repaired and taken down."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import openstack
import pytest

from failures import GateRefused
from lab import cut, namespaces
from lab.check import check
from lab.down import down
from lab.openstack.probe import ask_all
from lab.passwords import keep_passwords
from lab.place import RUN, Place
from lab.processes import holder
from lab.services import SERVICES, Service
from lab.site import LabSite
from lab.status import status
from lab.up import up
from tests.lab.conftest import TestCity

pytestmark = [
    pytest.mark.lab,
    # openstacksdk warns of what openstacksdk itself still does.
    pytest.mark.filterwarnings("ignore::openstack.warnings.RemovedInSDK50Warning"),
    pytest.mark.filterwarnings("ignore::openstack.warnings.RemovedInSDK60Warning"),
]

NEUTRON = next(service for service in SERVICES if service.name == "neutron")


def quiet(*_: object) -> None:
    """Listen to nothing."""


def connect(city: TestCity, site: str) -> openstack.connection.Connection:
    """Return an administrator's connection through the lab's clouds.yaml."""
    loader = openstack.config.OpenStackConfig(config_files=[str(city.clouds_yaml)])
    return openstack.connection.Connection(config=loader.get_one(f"testcity-{site}"))


def site_of(city: TestCity, name: str) -> LabSite:
    """Return one placed site of the lab."""
    return next(site for site in city.raised.sites if site.name == name)


def reachable(site: LabSite, service: Service) -> bool:
    """Tell whether the operator's seat reaches the service."""
    try:
        socket.create_connection((site.address, service.port), 1).close()
    except OSError:
        return False
    return True


def holders(sites: Sequence[LabSite]) -> set[int | None]:
    """Return the processes of all services."""
    return {holder(site.lock(service)) for site in sites for service in SERVICES}


def traces(place: Place) -> list[str]:
    """Return everything on the machine that carries the lab's name, found with the system's own means."""
    words = (f"gc.{place.cloud}.", str(place.root), str(place.run))
    found = [line for line in Path("/proc/self/mounts").read_text().splitlines() if any(w in line for w in words)]
    found += [path.name for path in Path("/run/netns").glob("*") if path.name.startswith(words[0])]
    links = subprocess.run(["ip", "-d", "link"], capture_output=True, text=True, check=True, timeout=10).stdout
    found += [line for line in links.splitlines() if words[0] in line]
    for process in Path("/proc").glob("[0-9]*"):
        if process.name != str(os.getpid()):
            try:
                line = (process / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            found += [line for word in words if word in line]
    return found + [str(folder) for folder in (place.root, place.run) if folder.exists()]


def test_up_twice_changes_nothing(testcity: TestCity) -> None:
    """A second up leaves every process alone and takes less than three seconds."""
    before, began = holders(testcity.raised.sites), time.monotonic()
    again = up(testcity.cloud, testcity.place, quiet)

    assert not again.changed
    assert holders(testcity.raised.sites) == before
    assert None not in before
    assert time.monotonic() - began < 3


def test_every_service_answers_through_clouds_yaml(testcity: TestCity) -> None:
    """Identity, image, network, compute and volume services answer at every site, in the site's own region."""
    for name in testcity.cloud.sites:
        cloud = connect(testcity, name)

        assert cloud.current_project.name == "admin"
        assert [region["id"] for region in cloud.identity.get("/regions").json()["regions"]] == [name]
        assert list(cloud.image.images()) == []
        assert len(list(cloud.compute.hypervisors())) == 4
        assert [pool.name for pool in cloud.block_storage.backend_pools()] == [f"{name}@govlab#govlab"]
        assert list(cloud.network.networks()) == []
        cloud.close()


def test_placement_inventory_equals_the_declared_capacity(testcity: TestCity) -> None:
    """The sums over all compute hosts are the topology's figures, not over-committed."""
    for name, site in testcity.cloud.sites.items():
        cloud = connect(testcity, name)
        rows = [
            row
            for p in cloud.placement.resource_providers()
            for row in cloud.placement.resource_provider_inventories(p)
        ]
        sums = {
            kind: sum(row.total for row in rows if row.resource_class == kind)
            for kind in ("VCPU", "MEMORY_MB", "DISK_GB")
        }
        cloud.close()

        capacity = site.capacity
        assert sums == {"VCPU": capacity.vcpus, "MEMORY_MB": capacity.ram_gb * 1024, "DISK_GB": capacity.disk_tb * 1024}
        assert {(row.allocation_ratio, row.reserved) for row in rows} == {(1.0, 0)}


def test_server_group_anti_affinity_holds_and_survives_a_restart(testcity: TestCity) -> None:
    """Three members land on three hosts, and are ACTIVE still after nova was killed and raised again."""
    cloud = connect(testcity, "east")
    image = cloud.image.create_image(name="tiny", disk_format="raw", container_format="bare", data=b"x")
    flavor = cloud.compute.create_flavor(name="tiny", vcpus=1, ram=64, disk=1)
    net = cloud.network.create_network(name="tiny")
    cloud.network.create_subnet(network_id=net.id, ip_version=4, cidr="10.64.0.0/24")
    group = cloud.compute.create_server_group(name="apart", policy="anti-affinity")
    common = {"image_id": image.id, "flavor_id": flavor.id, "networks": [{"uuid": net.id}]}
    hints = {"group": group.id}
    servers = [cloud.compute.create_server(name=f"s{n}", scheduler_hints=hints, **common) for n in range(3)]
    active = [cloud.compute.wait_for_server(server, interval=1, wait=120) for server in servers]

    assert len({server.compute_host for server in active}) == 3

    nova = next(service for service in SERVICES if service.name == "nova")
    os.kill(holder(site_of(testcity, "east").lock(nova)) or 0, signal.SIGKILL)
    assert up(testcity.cloud, testcity.place, quiet).changed
    again = connect(testcity, "east")

    assert [server.status for server in again.compute.servers()] == ["ACTIVE"] * 3
    for server in servers:
        again.compute.delete_server(server)
    for server in servers:
        again.compute.wait_for_delete(server, interval=1, wait=60)
    again.network.delete_network(net)
    again.image.delete_image(image.id)
    again.close()
    cloud.close()


def test_cut_takes_every_api_away_and_heal_brings_it_back(testcity: TestCity) -> None:
    """Outside nothing answers, inside all goes on, other sites notice nothing."""
    west, east = site_of(testcity, "west"), site_of(testcity, "east")
    password = keep_passwords(testcity.place.root).admin
    away = cut.Targets(sites=("west",))
    assert cut.cut(testcity.cloud, testcity.place, away) == cut.cut(testcity.cloud, testcity.place, away)
    try:
        assert not any(reachable(west, service) for service in SERVICES)
        assert all(reachable(east, service) for service in SERVICES)
        assert {row.site: row.state for row in status(testcity.cloud, testcity.place)}["west"] == "cut"
        namespaces.within(west.namespace, lambda: ask_all(west, password))
        assert not up(testcity.cloud, testcity.place, quiet).changed
    finally:
        assert cut.heal(testcity.cloud, testcity.place, away) == cut.heal(testcity.cloud, testcity.place, away) == ()

    assert all(reachable(west, service) for service in SERVICES)


def test_up_after_kill_repairs_only_what_died(testcity: TestCity) -> None:
    """Killing a database and a service: the next up brings back these two and leaves the rest."""
    far = site_of(testcity, "far")
    database = far.data / "ibdata1"
    before = holders(testcity.raised.sites)
    killed = holder(far.lock(NEUTRON)), holder(database)
    for pid in killed:
        os.kill(pid or 0, signal.SIGKILL)
    assert up(testcity.cloud, testcity.place, quiet).changed

    assert before - holders(testcity.raised.sites) == {killed[0]}
    assert holder(database) not in {None, killed[1]}
    assert status(testcity.cloud, testcity.place)[2].state == "up"


def test_second_up_at_the_same_time_is_refused(testcity: TestCity) -> None:
    """Two ups of one lab never work at once."""
    code = "import fcntl,sys,time; f=open(sys.argv[1],'a'); fcntl.lockf(f, 2); print(1, flush=True); time.sleep(30)"
    command = ["/usr/bin/python3", "-c", code, str(testcity.place.run / "up.lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout
        other.stdout.readline()
        with pytest.raises(GateRefused, match=f"pid {other.pid}"):
            up(testcity.cloud, testcity.place, quiet)
        other.kill()


def test_check_leaves_nothing_behind(testcity: TestCity) -> None:
    """Trying the machine makes and removes its own things, and every row has words in both languages."""

    def machine() -> tuple[set[Path], str]:
        return set(Path("/run/netns").iterdir()), Path("/proc/self/mounts").read_text()

    before = machine()
    rows = check(testcity.cloud, testcity.place)

    assert all(row.what.en and row.what.zh and row.fix.en and row.fix.zh for row in rows)
    assert len(rows) >= 12
    assert machine() == before


def test_check_removes_what_a_killed_check_left(testcity: TestCity) -> None:
    """A namespace named after a process that has ended goes; one of a living process stays."""
    dead, living = "gc-check-4194305", f"gc-check-{os.getppid()}"
    for name in (dead, living):
        subprocess.run(["ip", "netns", "add", name], check=True, timeout=10)
    try:
        check(testcity.cloud, testcity.place)
        left = {path.name for path in Path("/run/netns").iterdir()}
    finally:
        subprocess.run(["ip", "netns", "delete", living], check=True, timeout=10)

    assert dead not in left
    assert living in left


def test_down_after_kill_of_everything_leaves_nothing(testcity: TestCity, tmp_path: Path) -> None:
    """Everything killed, then down: no process, namespace, line, mount or file is left, and other labs go on."""
    town = testcity.cloud.model_copy(
        update={"cloud": "testtown", "sites": {"far": testcity.cloud.sites["far"]}, "links": ()}
    )
    place = Place("testtown", tmp_path / "lab", testcity.place.cache, RUN / "testtown", tmp_path / "clouds.yaml")
    others = holders(testcity.raised.sites)
    try:
        raised = up(town, place, quiet)
        assert len(traces(place)) > len(SERVICES)  # the search finds a running lab
        for pid in holders(raised.sites):
            os.kill(pid or 0, signal.SIGKILL)
    finally:
        down("testtown", place)

    assert traces(place) == []
    assert not place.clouds_yaml.exists()
    assert holders(testcity.raised.sites) == others
