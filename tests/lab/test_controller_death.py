"""Controllers of drills that die behind each act of each kind of plan: another goes on, nothing is left, no row is lost."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from dr_drills.rehearsal.runs import drills_folder
from stacks.rollout.home import home_of
from tests.lab.serve.cityhall import CityHall
from tests.lab.serve.deaths import Controller
from tests.lab.serve.leftovers import left, picture
from tests.lab.wires import eventually
from tests.lab.yard import LAB

pytestmark = [*LAB, pytest.mark.city, pytest.mark.bench, pytest.mark.timeout(7200)]

WELL_S = 120.0
PEOPLE = ("li.na", "chen.jing")


class Kind(NamedTuple):
    """A scenario whose plans are rehearsed, whether it is told a site, the primary's, and whether rows may be lost.

    Of one that is `dark` no majority of the store is left while its faults are in force.
    """

    scenario: str
    sited: bool = False
    may_lose: bool = False
    dark: bool = False


KINDS = {
    "switchover": Kind("switchover-and-back"),
    "failover-by-lease, reprotect": Kind("site-network-loss", sited=True),
    "failover, reprotect": Kind("site-network-loss-fast", sited=True),
    "takeover, take-back": Kind("survivor-alone", sited=True, may_lose=True, dark=True),
    "city-failover, failback": Kind("both-active-lost", may_lose=True, dark=True),
    "city-switchover, failback": Kind("full-failback"),
}


@pytest.fixture(scope="module")
def people(hall: CityHall) -> dict[str, Path]:
    """Return the private keys of those whose signatures count."""
    keys = {who: hall.folder / who for who in PEOPLE}
    for key in keys.values():
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(key)]
        subprocess.run(words, check=True, timeout=20)
    lines = [f"{who} {Path(f'{key}.pub').read_text(encoding='utf-8')}" for who, key in keys.items()]
    hall.path.with_suffix(".approvers").write_text("".join(lines), encoding="utf-8")
    return keys


def controller(hall: CityHall) -> Controller:
    return Controller(hall.govcloud, hall.path, drills_folder(home_of(hall.cloud.name, hall.govcloud.environ)))


def words_for(hall: CityHall, kind: Kind, people: dict[str, Path]) -> tuple[str, ...]:
    at, who = controller(hall), PEOPLE[0]
    words = (str(hall.short(kind.scenario)), *(("--site", at.leading_site()) if kind.sited else ()))
    return (*words, *(at.agree(words, who, people[who]) if kind.may_lose else ()))


def is_well(hall: CityHall) -> bool:
    """Wait for all to be well."""
    return eventually(lambda: hall.govcloud.run("status", hall.path, "--json", expect=None).code == 0, WELL_S)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_killed_behind_each_act_another_goes_on(hall: CityHall, people: dict[str, Path], kind: Kind) -> None:
    """Every second time all that the dead controller kept is lost, and a member of the sites' store has the rest."""
    at = controller(hall)
    assert is_well(hall)
    before, nth = picture(hall.place), 0
    while killed := at.kill_behind(nth := nth + 1, words_for(hall, kind, people)):
        run, act = killed
        if lost := nth % 2 == 0:
            at.lose(run)
        resumed = at.resume()
        # Two persons sign where no majority is left; by then the promised time is over, and the run may fail by that. So
        # may one that the survivor's store knows of: what the clients had measured is lost, an outage is told too long.
        if lost and kind.dark and resumed.code == 5:
            resumed = at.break_glass(run.name, people)
        rows = resumed.document["rows"]
        print(f"{kind.scenario} {nth} {act}, {'all lost' if lost else 'kept'}: {resumed.document['verdict']}, {rows}")
        assert resumed.code in ({0, 1, 6} if lost and kind.dark else {0, 6}), resumed.text
        assert kind.may_lose or rows["lost"] == 0
        assert is_well(hall)
        assert left(before, picture(hall.place)) == []
    assert nth > 1
