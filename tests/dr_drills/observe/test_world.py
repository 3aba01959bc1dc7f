"""The world as it is read: of a city that is well, and of one that is not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

import pytest

from dr_drills.glance.readings import Readings
from dr_drills.observe.evidence import Evidence, Proof, ProofKind, Wrote
from dr_drills.observe.keys import Held, StoreKeys
from dr_drills.observe.world import Sight, unfenceable, worlds
from dr_drills.planning.plan import plan
from dr_drills.planning.steps import Case, Kind, Plan, Refusal
from dr_drills.planning.world import NOBODY, WHO_KNOWS, Member, Role, Seen, Side, World
from dr_drills.probes.etcd import EtcdReading
from dr_drills.probes.proxy import ProxyReading
from failures import Text
from tests.dr_drills import city

CITY, DR = "citizen-db", "citizen-db-changle"
SYNC = {"leader": city.PRIMARY, "sync_standby": city.STANDBY, "quorum": 0}
QUORUM = {p.site: str(p.own["etcd_name"]) for p in city.everyone().running("etcd_cluster") if "quorum" in p.host}
ALL = tuple(QUORUM.values())
OPEN = {
    site: {other: False for other in ("donghai", "anxi", "changle") if other != site}
    for site in ("donghai", "anxi", "changle")
}


def store(scope: str = CITY, members: tuple[str, ...] = (), **keys: Any) -> StoreKeys:
    """Return what a store holds; values that are no text are kept as JSON, None is no key."""
    said = {"leader": city.PRIMARY, "sync": SYNC, "config": {"ttl": 20}, **keys}
    texts = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in said.items()
        if value is not None
    }
    return StoreKeys(scope, 9, {name: Held(text, 7) for name, text in texts.items()}, members or ALL)


def dr_store(**keys: Any) -> StoreKeys:
    settings = {"standby_cluster": {"host": "10.0.0.1"}}
    return store(DR, ("c",), **{"leader": city.REMOTE, "sync": None, "config": settings, **keys})


def seen_with(readings: Readings | None = None, **more: Any) -> World:
    sight = Sight(readings or city.well(), {CITY: store(), DR: dr_store()}, OPEN)
    return worlds(city.everyone(), replace(sight, **more))[CITY]


def test_world_of_a_city_that_is_well_is_known_but_for_writes() -> None:
    """Who leads, who copies, who follows and how far is all read; a write is seen only when one was made."""
    world = seen_with()

    assert (world.city, world.dr, world.holder, world.copies) == (
        ("donghai", "anxi"),
        "changle",
        "donghai",
        frozenset({"anxi"}),
    )
    assert {site: node.role for site, node in world.nodes.items()} == {
        "donghai": Role.PRIMARY,
        "anxi": Role.STANDBY,
        "changle": Role.STANDBY_LEADER,
    }
    assert {node.streaming for node in world.nodes.values()} == {Seen.YES}
    assert {view.reached for view in world.sites.values()} == {Seen.YES}
    assert {view.off for view in world.sites.values()} == {view.fenced for view in world.sites.values()} == {Seen.NO}
    assert (world.quorum, world.forked, world.route, world.writes) == (Seen.YES, Seen.NO, Side.CITY, Seen.UNKNOWN)
    assert (world.following(Side.CITY), world.following(Side.DR)) == (Seen.NO, Seen.YES)


@pytest.mark.parametrize(
    ("kind", "steps"), [(Kind.SWITCHOVER, ["switch/anxi", "verify-write/anxi", "await-copy/donghai"])]
)
def test_world_that_is_well_can_be_planned_in(kind: Kind, steps: list[str]) -> None:
    """A switchover has all its steps."""
    made = plan(kind, seen_with(), Case((), "anxi"))

    assert isinstance(made, Plan)
    assert [step.id for step in made.steps] == steps


def test_world_after_a_site_went_dark_is_planned_by_the_lease() -> None:
    """The dark site is not reached and not known to be off; the copy still has every acknowledged write."""
    world = seen_with(city.dark("donghai"))
    made = plan(Kind.FAILOVER_BY_LEASE, world, Case(("donghai",), "anxi"))

    assert (world.sites["donghai"].reached, world.sites["donghai"].off) == (Seen.NO, Seen.UNKNOWN)
    assert (world.nodes["donghai"].role, world.holder) == (Role.UNKNOWN, "donghai")
    assert isinstance(made, Plan)
    assert [step.id for step in made.steps] == ["await-lease/anxi", "verify-write/anxi"]


def test_world_without_the_store_knows_neither_holder_nor_copies() -> None:
    """What would have been read there is unknown, and no plan goes ahead on it."""
    world = seen_with(city.dark("donghai"), keys={CITY: city.SILENT, DR: dr_store()})

    assert (world.holder, world.copies, world.quorum) == (WHO_KNOWS, None, Seen.UNKNOWN)
    assert isinstance(plan(Kind.FAILOVER_BY_LEASE, world, Case(("donghai",), "anxi")), Refusal)


def test_world_in_which_nobody_holds_the_lease_says_so() -> None:
    """No key is nobody, which is something else than not known."""
    assert seen_with(keys={CITY: store(leader=None), DR: dr_store()}).holder == NOBODY


def test_world_with_a_strange_holder_does_not_know_him() -> None:
    """A name that is none of our servers is no site."""
    assert seen_with(keys={CITY: store(leader="elsewhere-1"), DR: dr_store()}).holder == WHO_KNOWS


def test_world_with_copies_of_an_earlier_holder_has_none() -> None:
    """The record of who must have a write counts only for the holder who made it."""
    assert seen_with(keys={CITY: store(leader=city.STANDBY), DR: dr_store()}).copies == frozenset()
    assert seen_with(keys={CITY: store(leader=None), DR: dr_store()}).copies == frozenset({"donghai", "anxi"})


@pytest.mark.parametrize(
    ("refusing", "wanted"),
    [((True, True), Seen.YES), ((True, False), Seen.UNKNOWN), ((False, False), Seen.NO)],
)
def test_world_has_a_site_fenced_only_when_every_border_refuses_it(refusing: tuple[bool, bool], wanted: Seen) -> None:
    """Some is not all."""
    fences = {**OPEN, "donghai": dict(zip(("anxi", "changle"), refusing, strict=True))}

    assert seen_with(fences=fences).sites["donghai"].fenced is wanted


def test_world_without_borders_does_not_know_of_fences() -> None:
    """Nobody to ask is unknown, not open."""
    assert seen_with(fences=None).sites["donghai"].fenced is Seen.UNKNOWN


def test_switchover_can_be_planned_where_nothing_of_ours_can_fence() -> None:
    """Nobody is shut out there; a failover, which needs a fence that is proven, stays impossible."""
    world = seen_with(fences=unfenceable(city.everyone()))
    told = plan(Kind.SWITCHOVER, world, Case((), "anxi"))

    assert world.sites["donghai"].fenced is Seen.NO
    assert isinstance(told, Plan)
    assert [step.id for step in told.steps] == ["switch/anxi", "verify-write/anxi", "await-copy/donghai"]


def test_world_with_a_proof_has_the_site_off_until_its_patroni_answers() -> None:
    """A server that answers is not off, whoever vouched for it."""
    proof = Proof(ProofKind.PERSON, "li", Text("switched off", "已断电"))
    evidence = {CITY: Evidence().proven_off("donghai", proof)}
    dark = seen_with(city.dark("donghai"), evidence=evidence)

    assert (dark.sites["donghai"].off, dark.nodes["donghai"].role) == (Seen.YES, Role.STOPPED)
    assert seen_with(evidence=evidence).sites["donghai"].off is Seen.NO


def test_world_of_a_copy_on_another_history_does_not_stream() -> None:
    """It may say that it streams; its timeline tells otherwise."""
    readings = city.changed("patroni", citizen_db_anxi_1=city.patroni(city.STANDBY, timeline=2))

    assert seen_with(readings).nodes["anxi"].streaming is Seen.NO


def test_world_of_a_copy_behind_streams_once_it_has_passed_where_the_primary_was() -> None:
    """One look at a copy that is behind tells nothing; two do."""
    readings = city.changed("patroni", citizen_db_anxi_1=city.patroni(city.STANDBY, replayed=900))

    assert seen_with(readings).nodes["anxi"].streaming is Seen.UNKNOWN
    assert seen_with(readings, before={CITY: {CITY: 890}}).nodes["anxi"].streaming is Seen.YES
    assert seen_with(readings, before={CITY: {CITY: 950}}).nodes["anxi"].streaming is Seen.NO


def test_world_has_a_copy_complete_only_when_the_other_cluster_writes_no_more() -> None:
    """As long as there is a primary, no record is the last one."""
    stepped_down = city.patroni(city.PRIMARY, role="standby_leader", written=None, replayed=1000, received=1000)
    after = city.changed("patroni", citizen_db_donghai_1=stepped_down)

    assert seen_with().nodes["changle"].complete is Seen.NO
    assert seen_with(after).nodes["changle"].complete is Seen.YES
    behind = city.swapped("patroni", {city.REMOTE: city.patroni(city.REMOTE, replayed=999)}, after)
    assert seen_with(behind).nodes["changle"].complete is Seen.NO


def test_world_of_two_clusters_that_follow_nobody_has_to_be_compared() -> None:
    """Only a comparison tells whether their histories parted."""
    alone = {CITY: store(), DR: dr_store(config={"ttl": 20})}

    assert seen_with(keys=alone).forked is Seen.UNKNOWN
    assert seen_with(keys=alone, evidence={CITY: Evidence(forked=True)}).forked is Seen.YES


def test_world_with_proxies_that_disagree_has_no_route() -> None:
    """Where writes go is known when all proxies that answer say the same, and none of them leads nowhere."""
    readings = city.well()
    one = next(iter(readings.proxies))
    apart = city.swapped("proxies", {one: ProxyReading({"citizen-db-write": (city.REMOTE,)})})
    nowhere = city.swapped("proxies", {one: ProxyReading({"citizen-db-write": ()})})
    dr = city.swapped(
        "proxies", {host: ProxyReading({"citizen-db-write": (city.REMOTE,)}) for host in readings.proxies}
    )

    assert (seen_with(apart).route, seen_with(nowhere).route, seen_with(dr).route) == (None, None, Side.DR)


def test_world_does_not_ask_a_fenced_site_where_the_entrance_points() -> None:
    """A proxy behind the fence leads nowhere, however it is set; the others are believed."""
    readings = city.well()
    inside = {p.host: ProxyReading({"citizen-db-write": ()}) for p in city.everyone().places if p.site == "donghai"}
    apart = city.swapped("proxies", {host: said for host, said in inside.items() if host in readings.proxies})
    fenced = {**OPEN, "donghai": {"anxi": True, "changle": True}}

    assert seen_with(apart).route is None
    assert seen_with(apart, fences=fenced).route is Side.CITY


def test_world_counts_a_write_only_for_the_primary_that_took_it() -> None:
    """Another timeline, or another primary, has to be tried again."""
    assert seen_with(evidence={CITY: Evidence(wrote=Wrote("donghai", 1))}).writes is Seen.YES
    assert seen_with(evidence={CITY: Evidence(wrote=Wrote("donghai", 2))}).writes is Seen.UNKNOWN
    assert seen_with(evidence={CITY: Evidence(wrote=Wrote("anxi", 1))}).writes is Seen.UNKNOWN


def test_world_with_one_member_left_of_three_was_forced() -> None:
    """A store that was declared with three and has one was restarted alone."""
    alone = {CITY: store(members=(QUORUM["anxi"],)), DR: dr_store()}

    assert seen_with(keys=alone).forced == "anxi"
    assert seen_with().forced == NOBODY


@pytest.mark.parametrize(
    ("leaders", "wanted"),
    [
        (("x", "x", "x"), Seen.YES),
        (("x", "x", ""), Seen.YES),
        (("", "", ""), Seen.YES),
        (("x", "", ""), Seen.NO),
        (("x", "y", "y"), Seen.NO),
        (("x", "x", None), Seen.UNKNOWN),
        (("", None, ""), Seen.UNKNOWN),
    ],
)
def test_world_has_one_store_when_all_members_answer_and_none_leads_without_a_majority(
    leaders: tuple[str | None, ...], wanted: Seen
) -> None:
    """A member that was restarted alone leads itself; who says nothing may be such a one."""
    well = city.well().etcd
    hosts = [host for host in well if "quorum" in host]
    said = {
        host: city.SILENT if leader is None else replace(cast("EtcdReading", well[host]), leader=leader)
        for host, leader in zip(hosts, leaders, strict=True)
    }

    assert seen_with(city.swapped("etcd", said)).one_store is wanted


def test_world_has_a_member_that_answers_and_is_not_in_the_store_as_old() -> None:
    """It runs, of a store that is no more; one that is dark may hold anything, unless it was wiped."""
    alone = {CITY: store(members=(QUORUM["anxi"],)), DR: dr_store()}
    wiped = {CITY: Evidence().with_wiped("changle")}
    dark = seen_with(city.dark("changle"), keys=alone)

    assert (dark.member("anxi"), dark.member("donghai"), dark.member("changle")) == (
        Member.IN,
        Member.OLD,
        Member.UNKNOWN,
    )
    assert seen_with(city.dark("changle"), keys=alone, evidence=wiped).member("changle") is Member.WIPED
    assert seen_with(keys=alone, evidence=wiped).member("changle") is Member.OLD
    assert seen_with(city.dark("changle"), evidence=wiped).member("changle") is Member.UNKNOWN


def test_world_without_a_majority_has_the_copies_that_its_members_wrote_down() -> None:
    """Whether the survivor had every acknowledged write is known before anything is forced; who holds the lease is not."""
    silent = {CITY: city.SILENT, DR: city.SILENT}
    readings, case = city.dark("donghai", "changle"), Case(("donghai", "changle"), "anxi")
    recorded = seen_with(readings, keys=silent, records={CITY: store()})
    other = seen_with(readings, keys=silent, records={CITY: store(sync={"leader": city.PRIMARY, "sync_standby": ""})})

    assert (recorded.copies, recorded.holder) == (frozenset({"donghai", "anxi"}), WHO_KNOWS)
    made = plan(Kind.TAKEOVER, recorded, case)
    assert isinstance(made, Plan)
    assert [step.rule.id for step in made.steps][-3:] == ["force-store", "take-lease", "verify-write"]
    refused = plan(Kind.TAKEOVER, other, case)
    assert isinstance(refused, Refusal)
    assert refused.step.rule.id == "take-lease"


def test_world_of_a_survivor_that_led_knows_that_it_had_every_write() -> None:
    """The primary is in no list of its copies; alone with both others off it may take over all the same."""
    silent = {CITY: city.SILENT, DR: city.SILENT}
    world = seen_with(city.dark("anxi", "changle"), keys=silent, records={CITY: store()})

    made = plan(Kind.TAKEOVER, world, Case(("anxi", "changle"), "donghai"))

    assert isinstance(made, Plan)
    assert [step.rule.id for step in made.steps][-3:] == ["force-store", "take-lease", "verify-write"]


@pytest.mark.parametrize(("kind", "wanted"), [(ProofKind.HOST, Seen.YES), (ProofKind.POWER, Seen.UNKNOWN)])
def test_world_with_the_power_back_needs_another_proof_than_its_lack(kind: ProofKind, wanted: Seen) -> None:
    """A host that boots may start its database; one on which it was stopped does not."""
    evidence = {CITY: Evidence().proven_off("donghai", Proof(kind, "x", Text("off", "已停止")))}
    booted = city.swapped("patroni", {city.PRIMARY: city.SHUT})

    assert seen_with(booted, evidence=evidence).sites["donghai"].off is wanted
    assert seen_with(city.dark("donghai"), evidence=evidence).sites["donghai"].off is Seen.YES
