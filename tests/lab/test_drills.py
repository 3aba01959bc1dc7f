"""Three rehearsals of a real city: by whom it is taken over, what its citizens notice, what is left behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.lab.serve.cityhall import CityHall
from tests.lab.serve.leftovers import left, picture
from tests.lab.yard import LAB

pytestmark = [*LAB, pytest.mark.timeout(1200)]

FAST_S = 8.0
SWITCHOVER_S = 5.0
ROOM = 3.0
"""A machine that runs three data centres and a test at once is this much slower than one at peace."""
PROVED_NOTHING = (4, 6)
"""Exit codes of a drill that was not begun, or during which the clients themselves were held up."""


def rehearsed(hall: CityHall, name: str, *words: str) -> dict[str, Any]:
    """Run a drill that must pass, once more where it proved nothing; its evidence is checked offline."""
    scenario = hall.short(name)
    for _ in range(2):
        ended = hall.govcloud.start("drill", "run", hall.path, scenario, *words, "--json").ended(600.0)
        print(f"{name}: exit code {ended.code}")
        if ended.code not in PROVED_NOTHING:
            break
    assert ended.code == 0, ended.text
    document: dict[str, Any] = ended.document
    hall.govcloud.run("report", "verify", document["folder"])
    print(f"{name}: {document['whole']['seconds']:.2f} s, rows {document['rows']}")
    return document


def test_a_fault_in_force_is_seen_by_the_comparison(stage: CityHall) -> None:
    """What finds nothing left below would find a cut line."""
    before = picture(stage.place)
    stage.govcloud.run("lab", "cut", stage.path, "--carrier", str(stage.cloud.links[0].carrier))
    try:
        assert left(before, picture(stage.place))
    finally:
        stage.govcloud.run("lab", "heal", stage.path)


def test_switchover_and_back_loses_nothing_and_is_short(stage: CityHall) -> None:
    """A planned change of the primary, and back again."""
    before = picture(stage.place)
    drill = rehearsed(stage, "switchover-and-back")

    assert drill["rows"]["lost"] == 0
    assert drill["whole"]["seconds"] < SWITCHOVER_S * ROOM
    assert left(before, picture(stage.place)) == []


def test_lost_site_is_taken_over_fast_without_a_lost_row(stage: CityHall) -> None:
    """Two observers agree, the lost site is fenced, the synchronous copy takes the lease."""
    before = picture(stage.place)
    drill = rehearsed(stage, "site-network-loss-fast", "--site", "north")

    assert drill["rows"]["lost"] == 0
    assert 0 < drill["whole"]["seconds"] < FAST_S * ROOM
    assert left(before, picture(stage.place)) == []
    events = [json.loads(line) for line in (Path(drill["folder"]) / "journal.jsonl").read_text().splitlines()]
    assert any(event["row"] == "two-observers" for event in events)


def test_primary_that_crashes_is_back_by_itself(stage: CityHall) -> None:
    """Its processes die, its host does not: whoever leads then, no row is lost."""
    before = picture(stage.place)
    drill = rehearsed(stage, "primary-crash")

    assert drill["rows"]["lost"] == 0
    assert drill["whole"]["seconds"] > 0
    assert left(before, picture(stage.place)) == []


@pytest.mark.city
def test_one_line_of_two_is_not_missed(hall: CityHall) -> None:
    """Nobody notices, which is seen by clients who would."""
    before = picture(hall.place)
    drill = rehearsed(hall, "one-line-cut")

    assert drill["rows"]["lost"] == 0
    assert left(before, picture(hall.place)) == []
