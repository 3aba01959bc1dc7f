"""Whatever a run that did not come to its end has left, a drill that mends puts it right."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from dr_drills.faults.table import InForce
from dr_drills.journal.event import EventKind, struck
from dr_drills.journal.file import read_events
from dr_drills.planning.plan import plan
from dr_drills.planning.steps import Case, Kind, Plan
from dr_drills.rehearsal.mending import way_back
from dr_drills.rehearsal.resume import heal_run
from dr_drills.rehearsal.run import Rehearsal
from dr_drills.rehearsal.script import Move, Script
from failures import GateRefused
from tests.dr_drills.planning.truth import CITY, DR, OPERATOR, SITES, Truth
from tests.dr_drills.rehearsal.stand import (
    BY_LEASE,
    CITY_LOST,
    FAST,
    RUN,
    SEATS,
    SERVICE,
    THERE_AND_BACK,
    TOGETHER,
    Stand,
    copied,
    script,
)

A_AND_DR = Case(("a", DR), "b")
ALONE = script("survivor-alone", A_AND_DR.lost, [Move(Kind.TAKEOVER, A_AND_DR)], [Move(Kind.TAKE_BACK, A_AND_DR)])
MENDING = {
    one.scenario.scenario: one
    for one in (
        script("failback", (), [Move(Kind.FAILBACK, Case(CITY, "a"))]),
        script("reprotect", (), [Move(Kind.REPROTECT, Case(("a",), "b"))]),
        script("take-back", (), [Move(Kind.TAKE_BACK, A_AND_DR)]),
        script("restart", (), [Move(Kind.RESTART, Case(SITES, "a"))]),
        script("takeover", (), [Move(Kind.TAKEOVER, A_AND_DR)]),
        script("city-failover", (), [Move(Kind.CITY_FAILOVER, Case(CITY, DR))]),
    )
}
BROKEN = {one.scenario.scenario: one for one in (BY_LEASE, FAST, CITY_LOST, ALONE, THERE_AND_BACK)}
LEAVING = {"both-active-lost", "survivor-alone"}
"""Of which something is left to put right when they are killed at some moment and healed."""
MOST = 3


def whole(cloud: Stand) -> bool:
    """Tell whether the city leads with a copy, the DR site follows, and nobody is shut out or stopped."""
    truth = cloud.truth
    copies = truth.observe("b").copies
    return bool(truth.primary_of_city() and truth.dr_follows and copies and not truth.fences and not truth.stopped)


def named_by(told: str) -> list[Script]:
    """Return the drills that a text says to run, in its order."""
    return [MENDING[word] for word in re.findall(r"govcloud drill run TOPOLOGY ([a-z-]+)", told)]


def can_be_carried_out(cloud: Stand, mending: Script) -> bool:
    made = plan(mending.courses[0].kind, cloud.look()[SERVICE], mending.courses[0].case)
    return isinstance(made, Plan) and bool(made.steps)


def put_right(cloud: Stand, told: str) -> list[str]:
    """Run the first drill that is not refused, again and again, from outside the sites; return which."""
    ran: list[str] = []
    cloud.seat = OPERATOR
    while not whole(cloud) and len(ran) < MOST:
        mending = next((one for one in named_by(told) if can_be_carried_out(cloud, one)), None)
        assert mending, (told, cloud.truth)
        (cloud.folder / RUN).rename(cloud.folder / f"before-{len(ran)}")
        ran.append(mending.scenario.scenario)
        with cloud.begin(mending) as journal:
            assert cloud.rehearse(mending, journal) == "pass", (ran, read_events(cloud.folder / RUN)[-1].data)
    return ran


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["act", "event"])
@pytest.mark.parametrize("broken", BROKEN.values(), ids=list(BROKEN))
def test_city_that_a_healed_run_left_is_put_right_by_the_drills_it_names(
    tmp_path: Path, broken: Script, moment: str
) -> None:
    """Killed anywhere and only healed, whoever leads then: drills without a fault, and the city leads with a copy."""
    ran = []
    for folder in copied(tmp_path, broken, moment):
        cloud = Stand.again(folder, SEATS.get(broken.scenario.scenario, "b"))
        with cloud.resume() as journal:
            heal_run(journal, cloud, cloud, broken, lambda _: None, cloud.sleep)
        cloud.sleep(60.0)
        ran += put_right(cloud, way_back(broken, read_events(folder / RUN)).en)
        assert whole(cloud), (folder.name, cloud.truth)

    assert bool(ran) >= (broken.scenario.scenario in LEAVING)


@pytest.mark.parametrize("begun", [True, False])
def test_way_back_of_a_run_that_did_nothing_is_to_look(tmp_path: Path, *, begun: bool) -> None:
    """Drills are named where a step was begun, and only there."""
    cloud = Stand(tmp_path, DR)
    with cloud.begin(CITY_LOST) as journal:
        if begun:
            cloud.rehearse(CITY_LOST, journal)
        told = way_back(CITY_LOST, journal.events).en

    assert [one.scenario.scenario for one in named_by(told)] == (
        ["failback", "restart", "city-failover"] if begun else []
    )


def test_drill_that_mends_begins_where_all_is_not_well_and_is_refused_with_anything_in_force(tmp_path: Path) -> None:
    """What is not well is what it is for; what is broken on purpose has to be undone first."""
    mending = MENDING["restart"]
    cloud = Stand(tmp_path, OPERATOR, unhealthy=("S01 citizen-db: there is no primary",))
    cloud.applied = frozenset({InForce("cut", "site", "a")})
    with cloud.begin(mending) as journal, pytest.raises(GateRefused, match="in force: cut site a"):
        cloud.rehearse(mending, journal)
    (tmp_path / RUN).rename(tmp_path / "refused")
    cloud.unhealthy = ()
    cloud.save(replace(cloud.truth, stopped=frozenset(CITY), minds=frozenset()), frozenset())
    with cloud.begin(mending) as journal:
        assert cloud.rehearse(mending, journal) == "pass"

    gates = [
        event.data for event in read_events(tmp_path / RUN) if event.kind == EventKind.GATE and event.row == "gate"
    ]
    assert [(gate["passed"], gate["remarks"]) for gate in gates] == [(True, ["no primary"])]
    assert whole(cloud)


def test_drill_that_takes_over_does_not_wait_for_the_sites_it_gave_up(tmp_path: Path) -> None:
    """The city is out on purpose: the run passes, and says which drill brings it back."""
    mending = MENDING["city-failover"]
    cloud = Stand(tmp_path, DR, truth=replace(Stand(tmp_path).truth, cut=frozenset(CITY)))
    notes: list[str] = []
    with cloud.begin(mending) as journal:
        means = replace(cloud.means(), note=lambda text: notes.append(text.en))
        verdict = Rehearsal(mending, means, journal, TOGETHER).run()

    assert (verdict, cloud.truth.dr_leads) == ("pass", True)
    assert "govcloud drill run TOPOLOGY failback --site a" in notes[-1]
    assert not [e for e in read_events(tmp_path / RUN) if e.data.get("phase") == "rejoin"]


def led_from_afar(folder: Path) -> Truth:
    """Return the world in which the DR site leads, and the sites it gave up are reached again."""
    cloud = Stand(folder, DR, truth=replace(Stand(folder).truth, cut=frozenset(CITY)))
    with cloud.begin(MENDING["city-failover"]) as journal:
        cloud.rehearse(MENDING["city-failover"], journal)
    (folder / RUN).rename(folder / "before")
    return replace(cloud.truth, cut=frozenset())


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["act", "event"])
def test_drill_that_mends_killed_anywhere_goes_on_where_it_died(tmp_path: Path, moment: str) -> None:
    """Every phase of its plan is one that a resumed run goes on with, and never do two sides write."""
    mending = MENDING["failback"]
    for folder in copied(tmp_path, mending, moment, led_from_afar(tmp_path)):
        cloud = Stand.again(folder, DR)
        with cloud.resume() as journal:
            cloud.rehearse(mending, journal)
        assert whole(cloud), (folder.name, cloud.truth)


def test_outages_of_a_failback_count_from_where_the_dr_site_is_demoted(tmp_path: Path) -> None:
    """It serves while the city is stopped, compared and attached, so nobody need miss anything until then."""
    cloud = Stand(tmp_path, DR, truth=led_from_afar(tmp_path))
    with cloud.begin(MENDING["failback"]) as journal:
        verdict = cloud.rehearse(MENDING["failback"], journal)
        found = struck(journal.events)

    assert verdict == "pass"
    assert found is not None
    assert (found.kind, found.row) == (EventKind.STEP_INTENT, "demote-dr")
