"""Reading what booted servers need, and no more."""

from __future__ import annotations

from lab.edge.picture import Picture, tap_name
from lab.edge.reading import AT_ONCE, Reader
from tests.lab.edge.town import SERVER, read, small_site


def test_read_without_taps_asks_nothing() -> None:
    """A city that nobody booted costs its Neutron nothing."""
    neutron = small_site()

    assert read(neutron) == Picture()
    assert neutron.asked == 0


def test_read_one_host_finds_its_way_out_and_no_other_tenant() -> None:
    """The host's router and external network are found; the other tenant's are left alone."""
    neutron = small_site()
    picture = read(neutron, "h1")

    assert [port.id for port in picture.ports] == [neutron.id("h1")]
    assert set(picture.networks) == {neutron.id("tenant"), neutron.id("public")}
    assert [router.id for router in picture.routers] == [neutron.id("router")]
    assert [row.address for row in picture.floating] == ["10.97.1.9"]


def test_read_group_rule_finds_all_members_booted_or_not() -> None:
    """A rule for a group counts members that are no hosts of the lab too."""
    neutron = small_site()

    assert read(neutron, "h1").members == {neutron.id("clients"): ("10.96.1.3", "10.96.1.4")}


def test_read_again_lists_the_ports_only_for_a_new_name() -> None:
    """The long list of all ports is read when a name is unknown, and not again."""
    neutron = small_site()
    reader = Reader(neutron.ask)
    taps = [tap_name(neutron.id("h1"))]
    reader.read(taps)
    before = neutron.asked
    reader.read(taps)
    known = neutron.asked - before
    reader.read([*taps, tap_name(neutron.id("h2"))])

    assert neutron.asked - before - known == known  # the list of all had the second name in it
    assert before == known + 1


def test_read_name_of_a_port_it_was_told_of_needs_no_list() -> None:
    """Nudges name the ports that come, so that a host that boots does not cost a list of the whole city."""
    neutron = small_site()
    unknown, told = Reader(neutron.ask), Reader(neutron.ask)
    unknown.read([tap_name(neutron.id("h1"))])
    before = neutron.asked
    told.learn([neutron.id("h1"), neutron.id("tenant")])
    found = told.read([tap_name(neutron.id("h1"))])

    assert [port.id for port in found.ports] == [neutron.id("h1")]
    assert neutron.asked - before == before - 1


def test_read_name_of_no_port_is_left_out() -> None:
    """An interface whose port was deleted has nothing behind it, and stays shut."""
    neutron = small_site()

    assert [p.id for p in Reader(neutron.ask).read(["tap00000000-00", tap_name(neutron.id("h1"))]).ports] == [
        neutron.id("h1")
    ]


def test_read_more_ports_than_one_question_carries_finds_all() -> None:
    """Long questions are cut into parts."""
    neutron = small_site()
    names = [f"many{number}" for number in range(AT_ONCE + 5)]
    for number, name in enumerate(names):
        neutron.port(name, "tenant", f"10.96.1.{number}", SERVER, name, "web")

    assert len(read(neutron, *names).ports) == len(names)


def test_concerns_names_what_is_in_force_and_no_bystander() -> None:
    """A nudge counts for the host, its router, network and groups, and for members of groups that rules name."""
    neutron = small_site()
    concerns = read(neutron, "h1").concerns()

    assert {neutron.id(name) for name in ("h1", "router", "tenant", "web")} < concerns
    assert f"member:{neutron.id('clients')}" in concerns
    assert not {neutron.id(name) for name in ("idle", "elsewhere", "other")} & concerns
    assert f"member:{neutron.id('web')}" not in concerns
