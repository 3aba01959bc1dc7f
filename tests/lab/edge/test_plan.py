"""From Neutron's picture to what must be there."""

from __future__ import annotations

from lab.edge.picture import bridge_name, tap_name
from lab.edge.plan import SitePlan, plan_site
from tests.lab.edge.town import read, small_site
from tests.lab.neutron import Neutron

MARK = "gc.town.one."


def plan(neutron: Neutron, *names: str) -> SitePlan:
    return plan_site(read(neutron, *names), MARK)


def test_plan_without_hosts_is_empty() -> None:
    """No booted server, no bridge, no router, nothing announced."""
    assert plan(small_site()) == SitePlan()


def test_plan_one_host_makes_one_router_although_the_site_has_two() -> None:
    """Only what leads to the host is made: its bridge, the external one, the router between."""
    neutron = small_site()
    made = plan(neutron, "h1")

    assert set(made.bridges) == {bridge_name(neutron.id("tenant")), bridge_name(neutron.id("public"))}
    assert made.taps == {tap_name(neutron.id("h1")): bridge_name(neutron.id("tenant"))}
    assert [router.namespace for router in made.routers] == [f"{MARK}r-{neutron.id('router')[:13]}"]


def test_plan_edge_is_the_gateway_of_external_networks_only() -> None:
    """The tenant's gateway is the router's leg, the router's gateway is the edge."""
    neutron = small_site()
    made = plan(neutron, "h1")
    legs = {leg.device[:2]: leg for leg in made.routers[0].legs}

    assert made.bridges[bridge_name(neutron.id("public"))] == ("10.97.1.1/24",)
    assert made.bridges[bridge_name(neutron.id("tenant"))] == ()
    assert legs["qr"].addresses == ("10.96.1.1/26",)
    assert made.routers[0].routes == (("default", "10.97.1.1"),)


def test_plan_routed_tenant_is_announced_with_the_external_network() -> None:
    """A router that does not translate makes its subnets known by their own addresses."""
    made = plan(small_site(), "h1")

    assert made.routes == {"10.96.1.0/26": "10.97.1.5"}
    assert made.announced == ("10.96.1.0/26", "10.97.1.0/24")


def test_plan_translating_router_announces_no_tenant() -> None:
    """Behind a router that translates nothing is known by its own address."""
    neutron = small_site()
    neutron.rows["routers"][0]["external_gateway_info"]["enable_snat"] = True
    made = plan(neutron, "h1")

    assert made.announced == ("10.97.1.0/24",)
    assert "snat to 10.97.1.5" in made.routers[0].nat


def test_plan_floating_address_is_on_the_gateway_and_translated_both_ways() -> None:
    """The router answers for the address and puts it in place of the host's."""
    router = plan(small_site(), "h1").routers[0]
    outer = next(leg for leg in router.legs if leg.device.startswith("qg"))

    assert outer.addresses == ("10.97.1.5/24", "10.97.1.9/32")
    assert "ip daddr 10.97.1.9 dnat to 10.96.1.2" in router.nat
    assert f'oifname "{outer.device}" ip saddr 10.96.1.2 snat to 10.97.1.9' in router.nat


def test_plan_two_routers_with_one_subnet_announces_the_first() -> None:
    """Overlapping tenants are not sent to both."""
    neutron = small_site()
    neutron.rows["subnets"][1]["cidr"] = "10.96.1.0/26"
    neutron.port("twin", "other", "10.96.1.2", "compute:nova", "server-4", "web")
    first = min(neutron.id("router"), neutron.id("elsewhere"))
    made = plan(neutron, "h1", "twin")

    assert made.routes == {"10.96.1.0/26": "10.97.1.5" if first == neutron.id("router") else "10.97.1.6"}
    assert len(made.routers) == 2
