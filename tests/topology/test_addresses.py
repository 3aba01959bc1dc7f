"""Tests of the address plan: collision-free, stable, refused when it cannot be."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from ipaddress import IPv4Network
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failures import TopologyInvalid
from topology.addresses import AddressPlan, fixed_range, gateway, plan, pool
from topology.findings import Finding
from topology.model import Cloud
from topology.slots import Ledger

SITES = ("donghai", "anxi", "changle")
Zones = dict[str, dict[str, object]]
# 8 blocks of 16 slots, one of them the zone's own: collisions and a full house come soon.
TIGHT: Zones = {"extranet": {"cidr": "10.64.0.0/19", "subnet_prefix": 26}, "private": {"cidr": "10.128.0.0/19"}}
WIDE: Zones = {"extranet": {"cidr": "10.64.0.0/12", "subnet_prefix": 27}, "private": {"cidr": "10.128.0.0/11"}}
EDGE: Zones = {"edge": {"cidr": "172.20.0.0/16", "kind": "edge"}}
ROOM = 15
QUOTA = {"quota": {"vcpus": 1, "ram_gb": 1, "disk_gb": 1}}

names = st.text("abcxyz019-", max_size=5).map(lambda tail: f"d{tail}")
crowds = st.sets(names, min_size=1, max_size=ROOM)


def make_cloud(departments: Iterable[str], zones: Zones | None = None, sites: Iterable[str] = SITES) -> Cloud:
    site = {"role": "active", "city": "c", "openstack": "o", "capacity": {"vcpus": 1, "ram_gb": 1, "disk_tb": 1}}
    return Cloud.model_validate(
        {
            "cloud": "c",
            "sites": dict.fromkeys(sites, site),
            "zones": TIGHT | EDGE if zones is None else zones,
            "departments": dict.fromkeys(departments, QUOTA),
        }
    )


def subnets(planned: AddressPlan, departments: Collection[str]) -> dict[tuple[str, str, str], IPv4Network]:
    tenants = [name for name, zone in planned.zones.items() if zone.kind == "tenant"]
    keys = [(zone, site, department) for zone in tenants for site in planned.ledger.sites for department in departments]
    return {key: planned.subnet(*key) for key in keys}


def refused(cloud: Cloud, ledger: Ledger | None = None) -> tuple[Finding, ...]:
    with pytest.raises(TopologyInvalid) as caught:
        plan(cloud, ledger)
    return caught.value.findings


@pytest.mark.slow
@given(crowds, st.sets(names, min_size=1, max_size=8))
def test_plan_of_any_names_never_overlaps(departments: set[str], sites: set[str]) -> None:
    """No two networks of different zone, site or department share an address."""
    planned = plan(make_cloud(departments, sites=sites))
    own = [planned.zone_subnet(zone, site) for zone in planned.zones for site in sites]

    ordered = sorted([*subnets(planned, departments).values(), *own])
    assert not [(a, b) for a, b in pairwise(ordered) if a.overlaps(b)]


@pytest.mark.slow
@given(crowds)
def test_plan_of_any_names_stays_inside_zone_and_site(departments: set[str]) -> None:
    """Every subnet lies in its site's block and every block in its zone."""
    planned = plan(make_cloud(departments))

    for (zone, site, _), subnet in subnets(planned, departments).items():
        assert subnet.subnet_of(planned.site_block(zone, site))
        assert planned.site_block(zone, site).subnet_of(planned.zones[zone].cidr)


@pytest.mark.slow
@given(crowds)
def test_plan_of_department_uses_one_slot_everywhere(departments: set[str]) -> None:
    """A department's place inside the site block is the same in every zone and at every site."""
    planned = plan(make_cloud(departments))

    for department in departments:
        offsets = {
            int(subnet.network_address) - int(planned.site_block(zone, site).network_address)
            for (zone, site, _), subnet in subnets(planned, {department}).items()
        }
        assert len(offsets) == 1


@pytest.mark.slow
@given(st.lists(crowds, min_size=2, max_size=6))
def test_plan_under_its_ledger_moves_nobody(history: list[set[str]]) -> None:
    """Whatever comes and goes, those who stay keep their subnets, down to the last free slot."""
    ledger, known = Ledger(), set[str]()
    before: dict[tuple[str, str, str], IPv4Network] = {}
    for departments in history:
        planned = plan(make_cloud(departments), ledger)
        stay = departments & known
        assert subnets(planned, stay) == {key: net for key, net in before.items() if key[2] in stay}
        ledger, before, known = planned.ledger, subnets(planned, departments), departments


@pytest.mark.slow
@given(crowds.flatmap(lambda crowd: st.tuples(st.permutations(sorted(crowd)), st.permutations(sorted(crowd)))))
def test_plan_without_ledger_ignores_the_order_of_the_file(orders: tuple[list[str], list[str]]) -> None:
    """Two people who write the same departments in another order get the same plan."""
    one, other = (plan(make_cloud(order)).ledger for order in orders)

    assert one == other


@pytest.mark.slow
@given(crowds, st.sets(names, max_size=3))
def test_plan_when_department_comes_back_gives_its_old_subnet(departments: set[str], newcomers: set[str]) -> None:
    """A department that was removed returns to its addresses, while free ones last for those who came meanwhile."""
    gone = min(departments)
    others = set(sorted(departments - {gone})[: ROOM - 4])
    first = plan(make_cloud(others | {gone}))
    away = plan(make_cloud(others | newcomers - {gone}), first.ledger)

    again = plan(make_cloud(others | newcomers | {gone}), away.ledger)

    assert subnets(again, {gone}) == subnets(first, {gone})
    assert gone in away.ledger.retired_departments
    assert gone not in again.ledger.retired_departments


def test_plan_when_only_retired_slots_are_left_reuses_one() -> None:
    """A retired slot is given away last, and its former holder is then forgotten."""
    crowd = [f"d{n}" for n in range(ROOM)]
    full = plan(make_cloud(crowd))

    planned = plan(make_cloud([*crowd[1:], "newcomer"]), full.ledger)

    assert planned.ledger.departments["newcomer"] == full.ledger.departments["d0"]
    assert planned.ledger.retired_departments == {}


def test_plan_when_free_slots_are_left_spares_the_retired() -> None:
    """With one slot free and one retired, the newcomer gets the free one."""
    crowd = [f"d{n}" for n in range(ROOM - 1)]
    first = plan(make_cloud(crowd))

    planned = plan(make_cloud([*crowd[1:], "newcomer"]), first.ledger)

    assert planned.ledger.departments["newcomer"] not in first.ledger.departments.values()
    assert planned.ledger.retired_departments == {"d0": first.ledger.departments["d0"]}


def test_plan_when_site_comes_and_goes_keeps_the_others() -> None:
    """A new site takes a free block, and a removed one finds its block again."""
    two = plan(make_cloud(["d"], sites=["anxi", "changle"]))
    three = plan(make_cloud(["d"], sites=SITES), two.ledger)
    back = plan(make_cloud(["d"], sites=["changle", "donghai"]), three.ledger)

    assert three.ledger.sites.items() > two.ledger.sites.items()
    assert back.ledger.retired_sites == {"anxi": two.ledger.sites["anxi"]}


def test_plan_of_full_zone_is_refused_with_figures() -> None:
    """One department too many is an error that says how many fit and which cidr would do."""
    assert plan(make_cloud([f"d{n}" for n in range(ROOM)]))

    found = refused(make_cloud([f"d{n}" for n in range(ROOM + 1)]))

    assert [(f.id, f.path) for f in found] == [
        ("zone-too-small", "zones.extranet.cidr"),
        ("zone-too-small", "zones.private.cidr"),
    ]
    assert "room for 15 departments" in found[0].message.en
    assert "/18" in found[0].fix.en


@pytest.mark.slow
@given(st.integers(min_value=1, max_value=400), st.integers(min_value=20, max_value=29))
def test_plan_of_full_zone_names_a_cidr_that_does(count: int, prefix: int) -> None:
    """The width that the error recommends is enough, and half of it is not."""
    crowd = [f"d{n}" for n in range(count)]
    zone = {"cidr": f"10.0.0.0/{prefix}", "subnet_prefix": prefix}
    advice = int(refused(make_cloud(crowd, {"z": zone}))[0].fix.en.split("/")[1].split()[0])

    assert plan(make_cloud(crowd, {"z": zone | {"cidr": f"0.0.0.0/{advice}"}}))
    assert refused(make_cloud(crowd, {"z": zone | {"cidr": f"0.0.0.0/{advice + 1}"}}))


@pytest.mark.parametrize(
    ("zones", "row"),
    [
        ({"a": {"cidr": "10.0.0.0/16"}, "b": {"cidr": "10.0.128.0/17"}}, "zone-overlap"),
        ({"a": {"cidr": "10.0.0.0/16"}, "b": {"cidr": "10.0.0.0/17", "kind": "edge"}}, "zone-overlap"),
        (EDGE, "zone-missing"),
        ({"a": {"cidr": "10.0.0.0/16"}, "e": {"cidr": "172.20.0.0/24", "kind": "edge"}}, "zone-too-small"),
        ({"a": {"cidr": "10.0.0.0/30"}}, "zone-too-small"),
    ],
)
def test_plan_of_impossible_zones_is_refused(zones: Zones, row: str) -> None:
    """Zones that overlap, are missing or too small are findings, not tracebacks."""
    assert row in {finding.id for finding in refused(make_cloud(["d"], zones))}


@pytest.mark.parametrize(
    ("ledger", "row", "path"),
    [
        (Ledger(departments={"d": 16}), "T407", "ledger.departments.d"),
        (Ledger(departments={"d": 0}), "T407", "ledger.departments.d"),
        (Ledger(sites={"anxi": 8}), "T407", "ledger.sites.anxi"),
        (Ledger(departments={"d": 3, "e": 3}), "T408", "ledger.departments.e"),
        (Ledger(sites={"anxi": 3}, retired_sites={"old": 3}), "T408", "ledger.retired.sites.old"),
        (Ledger(departments={"d": 3}, retired_departments={"d": 4}), "T409", "ledger.retired.departments.d"),
    ],
)
def test_plan_under_impossible_ledger_is_refused(ledger: Ledger, row: str, path: str) -> None:
    """A ledger that gives a number twice or out of range stops the plan and names the entry."""
    assert [(f.id, f.path) for f in refused(make_cloud(["d"]), ledger)] == [(row, path)]


@given(st.integers(min_value=20, max_value=29))
def test_subnet_of_any_size_is_shared_out_without_gaps(prefix: int) -> None:
    """Gateway, fixed addresses and pool follow each other and fill the hosts of the subnet."""
    subnet = IPv4Network(f"10.0.0.0/{prefix}")
    fixed, free = fixed_range(subnet), pool(subnet)

    assert gateway(subnet) + 1 == fixed.first
    assert fixed.last + 1 == free.first
    assert free.last == subnet.broadcast_address - 1
    assert 1 + len(fixed) + len(free) == subnet.num_addresses - 2


def test_subnet_of_usual_size_keeps_nine_hosts_back() -> None:
    """In a /26 the gateway is .1, services have .2 to .9, OpenStack allocates from .10."""
    subnet = IPv4Network("10.0.0.64/26")

    assert str(gateway(subnet)) == "10.0.0.65"
    assert (str(fixed_range(subnet).first), str(fixed_range(subnet).last)) == ("10.0.0.66", "10.0.0.73")
    assert (str(pool(subnet).first), str(pool(subnet).last)) == ("10.0.0.74", "10.0.0.126")


def test_edge_subnet_of_site_is_the_whole_block() -> None:
    """Floating addresses and router gateways share one large external subnet at each site."""
    planned = plan(make_cloud(["d"]), Ledger(sites={"donghai": 0, "anxi": 1}))

    assert planned.edge_subnet("anxi") == planned.zone_subnet("edge", "anxi") == IPv4Network("172.20.32.0/19")
    with pytest.raises(ValueError, match="edge"):
        planned.subnet("edge", "anxi", "d")


def test_edge_subnet_without_edge_zone_is_a_key_error() -> None:
    """A cloud without an edge has no external subnet, whatever its tenant zones are called."""
    planned = plan(make_cloud(["d"], {"edge": {"cidr": "10.64.0.0/16"}}))

    with pytest.raises(KeyError):
        planned.edge_subnet("anxi")
    with pytest.raises(KeyError):
        planned.edge_subnet("anxi", "edge")


@pytest.mark.slow
def test_plan_of_province_takes_less_than_a_second() -> None:
    """3,300 departments at three sites in two zones are planned, all subnets computed, within a second."""
    crowd = [f"office-{n}" for n in range(3300)]
    cloud = make_cloud(crowd, WIDE | EDGE)

    begin = time.process_time()
    count = len(set(subnets(plan(cloud), crowd).values()))
    took = time.process_time() - begin

    assert count == 3300 * 3 * 2
    assert took < 1
