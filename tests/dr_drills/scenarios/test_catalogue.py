"""The scenarios that come with govcloud: each can be read, aimed at Quanzhou, and foreseen."""

from __future__ import annotations

import pytest

from dr_drills.faults.table import BY_ID
from dr_drills.planning.world import NodeView, Role, SiteView, World
from dr_drills.rehearsal.forecast import foresee, timeline
from dr_drills.rehearsal.script import Choice, Script, Stage, aim, write
from dr_drills.scenarios.catalogue import find, named, names
from dr_drills.scenarios.scenario import KIND_OF, Aim
from failures import GateRefused, WrongUsage
from tests.dr_drills import city
from topology.rehearsals import REHEARSALS, Rehearsal

MENDING = {"city-failover", "failback", "reprotect", "restart", "take-back", "takeover"}
"""They put right what a drill left, are run by hand, and cannot be foreseen where all is well."""
ISSUED = {
    *("host-crash", "primary-crash", "site-network-loss", "site-power-loss", "one-line-cut", "city-partition"),
    *("dr-isolated", "carrier-loss", "both-active-lost", "slow-direct-line", "disk-full", "api-outage"),
    *("switchover-and-back", "full-failback", "survivor-alone", "frozen-primary", "sync-lost-then-site-lost"),
    *("false-alarm", "site-network-loss-fast", "clock-step"),
}
CATALOGUE = sorted(ISSUED | MENDING)
NEEDED = {"site": "donghai", "carrier": "telecom"}
HOSTS = {("citizen-db", site): f"citizen-db-{site}-1" for site in ("donghai", "anxi", "changle")}


def healthy(holder: str = "donghai") -> World:
    other = {"donghai": "anxi", "anxi": "donghai"}[holder]
    roles = {holder: Role.PRIMARY, other: Role.STANDBY, "changle": Role.STANDBY_LEADER}
    return World(
        sites={site: SiteView() for site in roles},
        nodes={site: NodeView(role) for site, role in roles.items()},
        city=("donghai", "anxi"),
        dr="changle",
        holder=holder,
        copies=frozenset({other}),
    )


def stage(choice: Choice | None = None, holder: str = "donghai") -> Stage:
    return Stage(city.cloud(), {"citizen-db": healthy(holder)}, HOSTS, choice or Choice())


def written(name: str, holder: str = "donghai", site: str = "donghai") -> Script:
    scenario = named(name)
    chosen = Choice(**{need: {**NEEDED, "site": site}[need] for need in scenario.needs})
    return write(scenario, stage(chosen, holder), scenario.levels[-1])


def test_catalogue_of_scenarios_has_all_that_were_promised() -> None:
    """Each is a file of its own, named as the scenario in it."""
    assert set(names()) == ISSUED | MENDING
    assert {name for name in names() if named(name).mends} == MENDING
    assert all(named(name).scenario == name for name in names())


def test_topology_knows_of_every_scenario_what_it_needs_and_its_levels() -> None:
    """The language is below the drills and cannot ask them; none that mends can be had by the clock."""
    found = {name: Rehearsal(named(name).needs, named(name).levels) for name in ISSUED}

    assert found == REHEARSALS


@pytest.mark.parametrize("site", ["donghai", "anxi"])
@pytest.mark.parametrize("holder", ["donghai", "anxi"])
@pytest.mark.parametrize("name", sorted(ISSUED))
def test_scenario_aimed_at_quanzhou_can_be_foreseen(name: str, holder: str, site: str) -> None:
    """Every target has a name there, every fault exists, and no step of its plan would be refused, whoever leads."""
    script = written(name, holder, site)
    steps = foresee(script, {"citizen-db": healthy(holder)})

    assert all(fault.kind in BY_ID[fault.fault].kinds for fault in script.faults)
    assert [one.step.id for one in steps if one.refused] == []
    assert bool(script.courses) == (script.scenario.recovery.by != "none")
    assert {row[0] for row in timeline(steps, script)} >= {"hold", "heal"}


@pytest.mark.parametrize("name", CATALOGUE)
def test_script_written_down_and_read_again_is_the_same(name: str) -> None:
    """What a dead controller was to do can be read from its journal."""
    script = written(name)

    assert Script.parse(script.document()) == script


def test_scenario_without_what_it_needs_is_wrong_usage() -> None:
    """The message says which option is missing."""
    with pytest.raises(WrongUsage) as refused:
        write(named("site-network-loss"), stage(), "full")

    assert "--site" in refused.value.fix.en


def test_scenario_for_a_site_there_is_not_names_those_there_are() -> None:
    """A slip of the hand is told from the topology's names."""
    with pytest.raises(WrongUsage) as refused:
        write(named("site-network-loss"), stage(Choice(site="dongai")), "full")

    assert "donghai" in refused.value.fix.zh


def test_scenario_of_no_name_is_answered_with_near_ones() -> None:
    """The suggestion is one of the catalogue."""
    with pytest.raises(WrongUsage) as refused:
        find("site-netwrk-loss")

    assert "site-network-loss" in refused.value.fix.en


def test_aim_at_the_primary_follows_who_is_primary_now() -> None:
    """A host is chosen from what is observed, never from the file."""
    assert aim(Aim.PRIMARY_HOST, stage()) == ("citizen-db-donghai-1",)
    assert aim(Aim.PRIMARY_HOST, stage(holder="anxi")) == ("citizen-db-anxi-1",)
    assert aim(Aim.SYNC_HOST, stage(holder="anxi")) == ("citizen-db-donghai-1",)
    assert aim(Aim.OTHER_SITE, stage(holder="anxi")) == ("donghai",)


def test_aim_at_lines_means_those_between_or_beyond_the_active_sites() -> None:
    """Direct lines join active sites, DR lines lead away; together they are all lines."""
    direct, away = aim(Aim.DIRECT_LINKS, stage()), aim(Aim.DR_LINKS, stage())

    assert direct == ("donghai-anxi-unicom", "donghai-anxi-telecom")
    assert len(direct) + len(away) == len(city.cloud().links)


def test_aim_at_a_primary_nobody_knows_is_refused() -> None:
    """Unknown is not the first site of the file."""
    unknown = Stage(city.cloud(), {"citizen-db": World({}, {}, (), "", "?", None)}, HOSTS, Choice())

    with pytest.raises(GateRefused):
        aim(Aim.PRIMARY_HOST, unknown)


def test_aims_that_can_be_written_all_have_a_kind() -> None:
    """No aim of the language is without a kind of target."""
    assert set(KIND_OF) == set(Aim)
