"""Real hosts on this machine, without OpenStack: booted, broken, changed while they run, and gone without a trace."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import topology
from failures import OutsideFailed
from lab import clock
from lab.check import quick
from lab.commands import run
from lab.down import down
from lab.hosts import groups
from lab.hosts.base import make_base
from lab.hosts.machine import Machine
from lab.hosts.spec import DEFAULT_DISK_GB, Card, Spec, Volume
from lab.openstack.install import missing_packages
from lab.place import DEFAULT_CACHE, RUN, Place
from tests.lab.conftest import read_city
from tests.lab.login import Operator, host_keys, wait_until
from tests.lab.test_lab import traces

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

ADDRESS = "10.96.7.10"
CLOUD = "hostyard"
NETWORK = "feedfeed-0000-0000-0000-000000000000"
TELLER = """
[Service]
ExecStart=/bin/sh -c "while sleep 0.1; do date +%%s > /run/telling; mv /run/telling /run/told; done"
Restart=always
RestartSec=0
"""
"""Tells its clock."""


@dataclass(frozen=True)
class Ground:
    """Where hosts are tried: a lab with one site that has no control plane, only an edge."""

    place: Place
    base: Path
    operator: Operator

    def machine(self, number: int) -> Machine:
        uuid = f"{number:08x}-0000-0000-0000-000000000000"
        return Machine(f"{self.place.mark}solo", self.place.sites / "solo/hosts" / uuid)

    def spec(self, machine: Machine, address: str = ADDRESS) -> Spec:
        card = Card(machine.uuid, NETWORK, "eth0", "fa:16:3e:00:00:0a", 1500, (f"{address}/24",), ())
        return Spec(machine.uuid, "tried", str(self.base), 256, self.operator.public_key, None, {}, (card,))


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A place for hosts; whatever the tests leave there is taken down at the end."""
    home = tmp_path_factory.mktemp(CLOUD)
    cache = Path(os.environ.get("GOVCLOUD_CACHE") or DEFAULT_CACHE)
    place = Place(CLOUD, home / "lab", cache, RUN / CLOUD, home / "clouds.yaml")
    lacking = [row.what.en for row in quick(read_city(), place) if not row.ok] + missing_packages()
    if lacking:
        pytest.skip(f"this machine cannot boot hosts: {lacking}")
    down(CLOUD, place)
    recipe = Path(topology.__path__[0]) / "images/debian-12.yaml"
    try:
        yield Ground(place, make_base(cache, recipe.read_text()), Operator(home, f"{place.mark}solo.edge"))
    finally:
        down(CLOUD, place)


@pytest.fixture(scope="module")
def booted(ground: Ground) -> Machine:
    """A host that runs and is known by the keys on its console."""
    machine = ground.machine(1)
    machine.save(ground.spec(machine))
    machine.boot()
    run("ip", "-n", machine.edge, "address", "add", "10.96.7.1/24", "dev", machine.spec.cards[0].bridge)
    wait_until("the console shows no host keys", lambda: host_keys(machine.printed().decode()))
    ground.operator.know(ADDRESS, host_keys(machine.printed().decode()))
    return machine


@pytest.fixture
def host(booted: Machine) -> Machine:
    """The host, running, whatever the test before did to it."""
    booted.boot()
    return booted


def soon(action: str) -> str:
    """Return the command that lets systemd do it when the operator has left."""
    return f"sudo systemd-run --quiet --no-block sh -c 'sleep 0.3; systemctl {action}'"


def kill_all(machine: Machine) -> None:
    """Kill each of the host's processes by its number; some end with others."""
    for pid in list(groups.processes(machine.group)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def boot_id(machine: Machine) -> int:
    """Return the process that the host began with."""
    return machine.init() or 0


def test_boot_ends_in_a_login_and_a_whole_system(ground: Ground, host: Machine) -> None:
    """The operator's key opens it, sudo needs no password, no unit has failed."""
    said = ground.operator.run(ADDRESS, "hostname; sudo id -u; systemctl is-system-running --wait; cat /etc/machine-id")

    assert said.splitlines() == ["tried", "0", "running", host.uuid.replace("-", "")]
    assert groups.memory_mib(host.group) > 1


def test_boot_of_a_running_host_changes_nothing(host: Machine) -> None:
    """Repeating it is safe."""
    before = boot_id(host)
    host.boot()

    assert boot_id(host) == before


def test_host_without_a_way_out_has_no_package_sources(ground: Ground, host: Machine) -> None:
    """Hosts install from the cloud's own repository, so the image names no other."""
    assert ground.operator.run(ADDRESS, "cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true") == ""


def test_reboot_from_inside_comes_back_with_keys_and_files(ground: Ground, host: Machine) -> None:
    """The host's own reboot needs nobody, and the host stays who it was."""
    before, keys = boot_id(host), host_keys(host.printed().decode())
    ground.operator.run(ADDRESS, "echo kept > kept; sync; " + soon("reboot"))
    wait_until("the host has not rebooted", lambda: host.init() not in {before, None})

    assert ground.operator.run(ADDRESS, "cat kept") == "kept"
    wait_until("no keys", lambda: host.printed().decode().count("BEGIN SSH HOST KEY KEYS") > 1)
    assert host_keys(host.printed().decode()) == keys


def test_poweroff_from_inside_ends_the_host(ground: Ground, host: Machine) -> None:
    """What powers itself off is off until it is started."""
    ground.operator.run(ADDRESS, soon("poweroff"))
    wait_until("the host has not ended", lambda: not host.running())

    assert host.init() is None


def test_stop_with_grace_ends_in_order(ground: Ground, host: Machine) -> None:
    """Services are stopped, and what they write then is there at the next boot."""
    unit = "[Service]\\nExecStart=sleep inf\\nExecStopPost=touch /var/ended\\n"
    ground.operator.run(
        ADDRESS, f"printf '{unit}' | sudo tee /etc/systemd/system/last.service && sudo systemctl start last"
    )
    host.stop(grace=30)
    host.boot()

    assert ground.operator.run(ADDRESS, "ls /var/ended") == "/var/ended"


def test_kill_of_everything_then_boot_has_the_files(ground: Ground, host: Machine) -> None:
    """A host that lost its power keeps what it had written."""
    ground.operator.run(ADDRESS, "echo written > written")
    kill_all(host)
    wait_until("still there", lambda: not host.running())
    host.boot()

    assert ground.operator.run(ADDRESS, "cat written") == "written"


def test_volume_comes_stays_and_goes_while_the_host_runs(ground: Ground, host: Machine) -> None:
    """It is a disk under its device and its identity, there again after a power cut, and gone when detached."""
    file = ground.place.root / "volume"
    file.touch()
    os.truncate(file, 64 << 20)
    volume = Volume("7ab9cf2c-f3eb-46fc-b486-7a1c2750db80", "/dev/vdb", str(file))
    host.attach_volume(volume)
    ground.operator.run(
        ADDRESS, "sudo mkfs.ext4 -q /dev/vdb && sudo mount /dev/vdb /mnt && sudo touch /mnt/kept && sync"
    )
    host.stop()
    host.boot()

    assert "kept" in ground.operator.run(ADDRESS, f"sudo mount /dev/disk/by-id/{volume.serial} /mnt && ls /mnt")
    ground.operator.run(ADDRESS, "sudo umount /mnt")
    host.detach_volume("/dev/vdb")
    assert ground.operator.run(ADDRESS, "ls /dev/vdb /dev/disk/by-id 2>/dev/null || true") == "/dev/disk/by-id:"
    assert run("losetup", "--associated", file) == ""


def test_card_comes_and_goes_while_the_host_runs(ground: Ground, host: Machine) -> None:
    """A further port is a further interface with its address."""
    assert host.next_card() == 1
    card = Card("beefbeef-0000", NETWORK, "eth1", "fa:16:3e:00:00:0b", 1400, ("10.96.8.2/24",), ())
    host.attach_card(card)

    assert "10.96.8.2/24" in ground.operator.run(ADDRESS, "ip -br address show eth1")
    host.detach_card(card.port)
    assert "eth1" not in ground.operator.run(ADDRESS, "ip -br link")


def test_boot_that_cannot_be_says_what_the_host_said(ground: Ground) -> None:
    """A base without a system ends in an error with the reason, and in nothing that runs."""
    broken = ground.machine(2)
    base = ground.place.root / "no-base"
    for folder in ("root/etc", "root/home/debian"):
        (base / folder).mkdir(parents=True)
    (base / "user").write_text("debian")
    broken.save(replace(ground.spec(broken, "10.96.7.11"), base=str(base)))
    with pytest.raises(OutsideFailed, match="did not start"):
        broken.boot()

    assert not broken.running()
    broken.remove()


def test_remove_leaves_nothing_of_the_host(ground: Ground) -> None:
    """No process, namespace, interface, mount, control group or file."""
    gone = ground.machine(3)
    gone.save(ground.spec(gone, "10.96.7.12"))
    gone.boot()
    gone.remove()

    mounts = Path("/proc/self/mounts").read_text()
    assert not gone.running()
    assert not gone.folder.exists()
    assert gone.namespace not in {path.name for path in Path("/run/netns").iterdir()}
    assert gone.uuid not in mounts
    assert not any(folder.exists() for folder in groups.folders(gone.group))
    assert f"tap{gone.uuid[:11]}" not in run("ip", "-n", gone.edge, "link")


def test_down_after_kill_of_everything_leaves_no_trace_of_hosts(ground: Ground, tmp_path: Path) -> None:
    """Hosts that run, hosts that were killed, and their volumes: all of it is found by name."""
    place = replace(ground.place, cloud="hostbarn", root=tmp_path / "lab", run=RUN / "hostbarn")
    barn = replace(ground, place=place)
    file = place.root / "volume"
    for number in (1, 2):
        machine = barn.machine(number)
        machine.save(barn.spec(machine, f"10.96.7.{20 + number}"))
    file.touch()
    os.truncate(file, 16 << 20)
    for number in (1, 2):
        barn.machine(number).boot()
    barn.machine(1).attach_volume(Volume("abc", "/dev/vdb", str(file)))
    kill_all(barn.machine(2))
    assert len(traces(place)) > 5  # the search finds what there is

    down("hostbarn", place)

    assert traces(place) == []
    assert groups.begin_with(place.mark) == []
    assert str(tmp_path) not in run("losetup", "--list")
    left = Path("/run/systemd/nspawn/propagate")
    assert not any((left / barn.machine(number).uuid).exists() for number in (1, 2))


def test_disk_of_a_host_is_as_large_as_its_flavor_says_and_may_fill_up(ground: Ground, host: Machine) -> None:
    """What fills it to the last block takes nothing of the machine's disk, and the host goes on when it is gone."""
    before = shutil.disk_usage(ground.place.root).free
    size = int(ground.operator.run(ADDRESS, "df --output=size -B1M / | tail -1"))
    fill = "free=$(df --output=avail -B1 / | tail -1); sudo fallocate --length $free /ballast; sudo cp /bin/bash /more"
    said = ground.operator.run(ADDRESS, f"({fill}) 2>&1 || true")
    taken = before - shutil.disk_usage(ground.place.root).free
    ground.operator.run(ADDRESS, "sudo rm -f /ballast /more")

    assert DEFAULT_DISK_GB * 1000 < size <= DEFAULT_DISK_GB * 1024
    assert "No space left on device" in said
    assert taken < 1 << 30
    assert ground.operator.run(ADDRESS, "echo well | sudo tee /well") == "well"


def test_clock_of_one_unit_steps_and_comes_right_again(ground: Ground, host: Machine) -> None:
    """The rest of the host keeps its time, both ways may be repeated, and nothing is left once it is right."""

    def inside(*words: str) -> str:
        return run("nsenter", f"--target={host.init()}", "--all", "--root", "--wdns=/", "--", *words)

    def ahead(told: str) -> float:
        return float(told) - time.time()

    ground.operator.run(ADDRESS, "systemctl is-system-running --wait || true")  # the test before may have stopped it
    host.root.joinpath("etc/systemd/system/teller.service").write_text(TELLER)
    inside("systemctl", "daemon-reload")
    inside("systemctl", "start", "teller")
    for _ in range(2):
        clock.put_ahead(host.root, inside, "teller")
    assert host.root.joinpath(clock.PRELOADED).exists()
    inside("systemctl", "kill", "--kill-who=all", "--signal=SIGKILL", "teller")
    wait_until("the unit's clock has not stepped", lambda: ahead(inside("cat", "/run/told")) > clock.AHEAD_S - 60)
    assert abs(ahead(inside("date", "+%s"))) < 60
    for _ in range(2):
        clock.put_right(host.root, inside, "teller")
    inside("systemctl", "kill", "--kill-who=all", "--signal=SIGKILL", "teller")
    wait_until("the unit's clock is not right", lambda: abs(ahead(inside("cat", "/run/told"))) < 60)
    inside("systemctl", "stop", "teller")
    host.root.joinpath("etc/systemd/system/teller.service").unlink()

    assert inside("find", "/run/systemd", "-name", "govcloud-drill*") == ""
    assert not host.root.joinpath(clock.PRELOADED).exists()
