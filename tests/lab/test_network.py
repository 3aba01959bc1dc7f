"""The network between and inside the sites, with real namespaces and processes and a Neutron of the test's own."""

from __future__ import annotations

import os
import signal
import socket
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from failures import GateRefused, WrongUsage
from lab import cut, network
from lab.cut import Slowness, Targets
from lab.down import down
from lab.edge.picture import tap_name
from lab.namespaces import ensure, is_inside, within
from lab.passwords import keep_passwords
from lab.place import RUN, Place
from lab.processes import holder
from lab.site import plan_sites
from lab.up import up
from lab.wan.report import look
from lab.wan.settle import read_wiring
from tests.lab.command import Govcloud
from tests.lab.echo import echo
from tests.lab.wires import answers, devices, eventually, ip, latency, silent
from tests.lab.wiretown import SLOT, Town, raised_town, topology

pytestmark = [pytest.mark.lab, pytest.mark.timeout(120)]

ROOM_MS = 35.0
"""How much later than declared an echo may be on a machine that does other things too."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The town, until the module's last test."""
    with raised_town(tmp_path_factory.mktemp("wiretown")) as made:
        yield made


@pytest.fixture(autouse=True)
def healed(town: Town) -> Iterator[None]:
    """Nothing is cut when a test begins."""
    yield
    cut.heal(town.cloud, town.place, Targets())


def near(measured: float | None, declared: float) -> bool:
    """Tell whether an echo took the declared time there and back, and little more."""
    return measured is not None and declared <= measured <= declared + ROOM_MS


def test_host_is_reached_from_the_operator_and_from_other_sites(town: Town) -> None:
    """One host answers the operator's seat, the seats inside, its neighbour, and hosts of the other sites."""
    assert latency("", "10.96.1.2") is not None
    assert latency(town.host("one", "h2"), "10.96.1.2") is not None
    assert near(latency(town.host("two", "h2"), "10.96.1.3"), 20)
    assert near(latency(town.sites["three"].seat, "10.96.1.2"), 120)


def test_cut_line_hands_over_to_the_parallel_one_and_heal_brings_it_back(town: Town) -> None:
    """Two lines of 10 and 30 ms: the slower carries everything while the faster is cut."""
    host, lines = town.host("two", "h2"), ("one-two-red",)
    for _ in range(2):
        cut.cut(town.cloud, town.place, Targets(links=lines))
    assert near(latency(host, "10.96.1.3"), 60)
    assert {line.name: line.state for line in look(town.place.run)}["one-two-red"] == "cut"

    cut.heal(town.cloud, town.place, Targets(links=lines))

    assert near(latency(host, "10.96.1.3"), 20)
    assert {line.state for line in look(town.place.run)} == {"up"}


def test_both_lines_cut_goes_round_by_the_third_site(town: Town) -> None:
    """Both lines to the third site declare transit: 120 ms each way instead of 10."""
    cut.cut(town.cloud, town.place, Targets(links=("one-two-red", "one-two-blue")))

    assert near(latency(town.host("two", "h2"), "10.96.1.3"), 240)


def test_carrier_cut_takes_all_its_lines(town: Town) -> None:
    """The carrier's lines go together: one parallel line stays, and the first site's line to the third is gone."""
    cut.cut(town.cloud, town.place, Targets(carriers=("red",)))

    assert near(latency(town.host("two", "h2"), "10.96.1.3"), 60)
    assert silent(town.host("one", "h2"), "10.96.3.2")


def test_site_cut_goes_on_inside_and_is_gone_outside(town: Town) -> None:
    """Outside nothing of the site answers; inside its seat reaches its hosts and its own API, and others go on."""
    one = town.sites["one"]
    cut.cut(town.cloud, town.place, Targets(sites=("one",)))

    assert silent("", "10.96.1.2")
    assert silent("", one.address)
    assert silent(town.host("two", "h2"), "10.96.1.3")
    assert latency(one.seat, "10.96.1.2") is not None
    assert latency(one.seat, one.address) is not None
    assert near(latency(town.host("two", "h2"), "10.96.3.3"), 120)
    assert silent(one.seat, town.sites["two"].address)
    cut.heal(town.cloud, town.place, Targets())
    assert latency("", "10.96.1.2") is not None
    assert near(latency(one.seat, town.sites["two"].address), 20)


def test_host_cut_is_alone_and_its_neighbour_goes_on(town: Town) -> None:
    """A host that is cut reaches nobody and is reached by nobody; one that two sites have must be named with its site."""
    with pytest.raises(WrongUsage, match="several sites"):
        cut.cut(town.cloud, town.place, Targets(hosts=("h1",)))
    cut.cut(town.cloud, town.place, Targets(hosts=("one/h1",)))

    assert silent("", "10.96.1.2")
    assert silent(town.host("one", "h1"), "10.96.1.3")
    assert silent(town.host("one", "h2"), "10.96.1.2")
    assert latency("", "10.96.1.3") is not None
    assert latency("", "10.96.2.2") is not None
    cut.heal(town.cloud, town.place, Targets(hosts=("one/h1",)))
    assert latency("", "10.96.1.2") is not None


def test_slow_site_adds_latency_and_loss(town: Town) -> None:
    """Slowed by 30 ms, traffic between the others stays as it was, and half of the echoes are lost."""
    slowness = Slowness(latency_ms=30, loss=0.3)
    cut.slow(town.cloud, town.place, Targets(sites=("three",)), slowness)
    found = [echo(town.host("three", "h2"), "10.96.1.3", 0.6) for _ in range(25)]
    back = [ms for ms in found if ms is not None]

    assert 3 <= found.count(None) <= 22
    assert near(statistics.median(back), 180)
    assert near(latency(town.host("two", "h2"), "10.96.1.3"), 20)


def test_bandwidth_ceiling_holds(town: Town) -> None:
    """A megabyte takes at least as long as 20 Mbit/s allow, and much less without the ceiling."""
    free = transfer(town)
    cut.slow(town.cloud, town.place, Targets(sites=("one",)), Slowness(bandwidth_mbps=20))
    held = transfer(town)

    assert held > 0.35
    assert free < held


def transfer(town: Town, size: int = 1_000_000) -> float:
    """Return in how many seconds the seat of the first site got `size` bytes from that of the second."""
    here, there = town.sites["one"].seat, town.sites["two"].seat
    address = str(town.sites["one"].seat_line.outside.ip)
    with within(here, lambda: socket.create_server((address, 9))) as server:
        server.settimeout(20)
        with within(there, lambda: socket.create_connection((address, 9), 5)) as line, server.accept()[0] as taken:
            began = time.monotonic()
            sending = threading.Thread(target=line.sendall, args=(bytes(size),))
            sending.start()
            left = size
            while left:
                left -= len(taken.recv(1 << 16))
            sending.join(20)
            return time.monotonic() - began


def test_lab_asked_for_power_at_a_seat_refuses(town: Town) -> None:
    """Only the machine sees what is needed; who is told so does not take a site for powered."""
    with pytest.raises(GateRefused, match="a seat inside a site"):
        within(town.sites["one"].seat, lambda: up(town.cloud, town.place, lambda *_: None))
    assert not is_inside(town.place.mark)


def test_security_group_allows_what_it_says_and_nothing_else(town: Town) -> None:
    """Port 22 is open to operators, not to tenants; 80 to members of the group; 81 to nobody."""
    h1, h2, far = town.host("one", "h1"), town.host("one", "h2"), town.host("two", "h2")

    assert answers("", h1, "10.96.1.2", 22)
    assert answers(h2, h1, "10.96.1.2", 80)
    assert not answers("", h1, "10.96.1.2", 80)
    assert not answers(far, h1, "10.96.1.2", 22)
    assert not answers(h2, h1, "10.96.1.2", 81)


def test_security_group_rule_that_comes_is_taken_up_on_a_nudge(town: Town) -> None:
    """The rule holds a moment after Neutron has told of it; a nudge about another group wakes nobody."""
    neutron, h1 = town.neutrons["three"], town.host("three", "h1")
    assert not answers("", h1, "10.96.3.2", 443)
    neutron.rule("web", "tcp", 443, remote_ip_prefix="10.98.0.0/16")
    nudge(town, "three", neutron.id("some other group"))
    asked = neutron.asked
    time.sleep(1.5)
    assert neutron.asked == asked

    nudge(town, "three", neutron.id("web"))

    assert eventually(lambda: answers("", h1, "10.96.3.2", 443))


def nudge(town: Town, site: str, words: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.sendto(words.encode(), str(town.sites[site].run / "net.nudge"))


def test_stranger_at_the_edge_and_a_borrowed_address_are_dropped(town: Town) -> None:
    """An interface that no port explains, and a host that takes its neighbour's address, reach nobody."""
    host, edge = town.host("two", "h2"), town.sites["two"].edge
    ip("-n", host, "address", "add", "10.96.2.9/26", "dev", "eth0")
    try:
        assert latency(host, "10.96.2.2") is not None
        ip("-n", host, "address", "delete", "10.96.2.3/26", "dev", "eth0")
        ip("-n", host, "address", "replace", "10.96.2.9/26", "dev", "eth0")
        assert silent(host, "10.96.2.2")
    finally:
        ip("-n", host, "address", "flush", "dev", "eth0")
        ip("-n", host, "address", "add", "10.96.2.3/26", "dev", "eth0")
        ip("-n", host, "route", "add", "default", "via", "10.96.2.1")
    ensure(f"{town.sites['two'].namespace}.h-stranger")
    stranger = f"{town.sites['two'].namespace}.h-stranger"
    bridge = next(name for name in devices(edge) if name.startswith("br-") and tap_of(town, edge, name))
    ip("-n", edge, "link", "add", "tapstranger", "type", "veth", "peer", "name", "eth0", "netns", stranger)
    ip("-n", edge, "link", "set", "tapstranger", "master", bridge, "up")
    ip("-n", stranger, "address", "add", "10.96.2.20/26", "dev", "eth0")
    ip("-n", stranger, "link", "set", "eth0", "up")
    try:
        assert silent(stranger, "10.96.2.2")
    finally:
        ip("netns", "delete", stranger)


def tap_of(town: Town, edge: str, bridge: str) -> bool:
    """Tell whether the bridge is the one that the second site's hosts are on."""
    path = ["ip", "-n", edge, "-br", "link", "show", "master", bridge]
    return (
        tap_name(town.neutrons["two"].id("h2"))
        in subprocess.run(path, capture_output=True, text=True, check=True, timeout=10).stdout
    )


def test_floating_address_leads_to_its_host(town: Town) -> None:
    """The address answers from outside and from another site, where the rules of the host hold."""
    h1 = town.host("one", "h1")

    assert latency("", "10.97.1.9") is not None
    assert answers("", h1, "10.97.1.9", 22)
    assert not answers("", h1, "10.97.1.9", 81)
    assert near(latency(town.host("two", "h2"), "10.97.1.9"), 20)


def test_unknown_target_is_refused_with_the_names_there_are(town: Town) -> None:
    """A name that does not exist changes nothing and tells what exists."""
    with pytest.raises(WrongUsage) as told:
        cut.cut(town.cloud, town.place, Targets(links=("one-two-white",)))

    assert "one-two-red" in told.value.fix.en
    assert {line.state for line in look(town.place.run)} == {"up"}


@pytest.fixture
def govcloud(town: Town, tmp_path: Path) -> tuple[Govcloud, Path]:
    """The command and the topology it is given."""
    path = tmp_path / "wiretown.yaml"
    path.write_text(yaml.safe_dump(topology()))
    labs = str(town.place.root.parent)
    return Govcloud(tmp_path / "home", town.place.clouds_yaml, GOVCLOUD_LAB_ROOT=labs), path


def test_commands_that_cut_slow_and_heal_are_seen_in_status(govcloud: tuple[Govcloud, Path]) -> None:
    """Each command tells what is in force, and status shows it on the lines."""
    run, path = govcloud
    run.run("lab", "cut", path, "--carrier", "green")
    slowed = run.run("lab", "slow", path, "--link", "one-two-red", "--latency", "15", "--loss", "2", "--json")
    status = run.run("lab", "status", path, "--json", expect=None).document
    healed = run.run("lab", "heal", path, "--carrier", "green")

    assert [(row["act"], row["kind"], row["name"]) for row in slowed.document["faults"]] == [
        ("cut", "carrier", "green"),
        ("slow", "link", "one-two-red"),
    ]
    assert status["faults"] == slowed.document["faults"]
    lines = {row["name"]: (row["state"], row["latency_ms"]) for row in status["lines"]}
    assert lines["one-two-red"] == ("slow", 25)
    assert lines["two-three-green"] == ("cut", 60)
    assert lines["one-two-blue"] == ("up", 30)
    assert "slowed down: link one-two-red (+15 ms, -2 %)" in healed.out
    assert "nothing is cut" in run.run("lab", "heal", path).out


@pytest.mark.parametrize("words", ["cut", "slow --site one", "slow --latency 5", "cut --host nobody", "cut --site six"])
def test_commands_without_a_target_or_a_measure_are_wrong_usage(govcloud: tuple[Govcloud, Path], words: str) -> None:
    """What is missing or unknown is told, and nothing is cut."""
    run, path = govcloud
    verb, *rest = words.split()

    assert "-> " in run.run("lab", verb, path, *rest, expect=2).err
    assert {line.state for line in look(RUN / "wiretown")} == {"up"}


def test_raise_after_kill_of_everything_repairs_it_and_keeps_the_fault(town: Town) -> None:
    """Agents and lines killed: raised again they serve, what was cut is still cut, and a third raise does nothing."""
    cut.cut(town.cloud, town.place, Targets(links=("one-two-red",)))
    wiring = read_wiring(town.place.run)
    locks = [*map(wiring.lock, wiring.lines), *(site.run / "net.lock" for site in town.sites.values())]
    killed = {lock: holder(lock) for lock in locks}
    for pid in killed.values():
        os.kill(pid or 0, signal.SIGKILL)
    assert silent(town.host("two", "h2"), "10.96.1.3")

    assert town.raise_network()

    assert near(latency(town.host("two", "h2"), "10.96.1.3"), 60)
    assert all(holder(lock) not in {None, pid} for lock, pid in killed.items())
    assert not town.raise_network()
    for site in town.sites:
        town.sync(site)


def test_down_leaves_nothing_of_the_network(tmp_path: Path, town: Town) -> None:
    """Every process, namespace, interface and route of the lab is gone; those of another lab are not touched."""
    other = Place("othertown", tmp_path / "lab", tmp_path, RUN / "othertown", tmp_path / "clouds.yaml")
    pair = {name: town.cloud.sites[name] for name in ("one", "two")}
    cloud = town.cloud.model_copy(update={"cloud": "othertown", "sites": pair, "links": town.cloud.links[:1]})
    sites = plan_sites(cloud, other, SLOT + 1, {})
    try:
        other.root.mkdir()
        keep_passwords(other.root)
        for site in sites:
            site.log.mkdir(parents=True)
            site.run.mkdir(parents=True)
            network.connect(site)
        network.raise_network(cloud, other, sites)
        assert len(traces("othertown")) > 15
    finally:
        down("othertown", other)

    assert traces("othertown") == []
    assert latency("", "10.96.1.2") is not None


def traces(cloud: str) -> list[str]:
    """Return whatever carries the lab's name, and its interfaces and routes at the operator's seat."""
    shown = [
        subprocess.run(["ip", *words], capture_output=True, text=True, check=True, timeout=10).stdout
        for words in (["netns"], ["-d", "link"], ["route", "show", "proto", "77"])
    ]
    found = [line for text in shown for line in text.splitlines() if f"gc.{cloud}." in line or f"gc{SLOT + 1}" in line]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        found += [line] if f"/run/govcloud/{cloud}/" in line else []
    return found
