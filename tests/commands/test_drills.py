"""The drill commands as far as they go without a cloud."""

from __future__ import annotations

import io
import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

import cli
from commands import drill_means, drill_stores, drills
from commands.drill_stores import Unasked
from commands.drills import Asked
from commands.frame import start
from console import Voice
from dr_drills.journal.elsewhere import NOWHERE
from dr_drills.journal.event import EventKind
from dr_drills.journal.file import Journal
from dr_drills.rehearsal.runs import alone, drills_folder, new_name, refuse_open, runs
from dr_drills.rehearsal.script import Choice
from dr_drills.rehearsal.window import next_elapse, refuse_outside
from failures import GateRefused, InputInvalid, OutsideFailed, WrongUsage
from stacks.rollout.home import home_of
from tests.commands.drilltown import NAME, voice
from tests.dr_drills.rehearsal.stand import BY_LEASE


def document(spoken: Voice) -> dict[str, object]:
    assert isinstance(spoken.out, io.StringIO)
    found: dict[str, object] = json.loads(spoken.out.getvalue())
    return found


def folder_of(topology: Path) -> Path:
    return drills_folder(home_of(NAME, {"GOVCLOUD_HOME": str(topology.parent / "home")}))


def died(topology: Path, name: str) -> None:
    """Leave a run whose controller is gone, with a fault that may be in force."""
    with Journal.begin(folder_of(topology) / name, name, {"script": BY_LEASE.document()}) as journal:
        aimed = {"fault": "cut", "target": {"kind": "site", "name": "a"}}
        journal.append(EventKind.FAULT_INTENT, "cut", **aimed)


def test_drill_list_names_every_scenario_in_one_document() -> None:
    """Scripts read the scenarios as they are written."""
    spoken = voice()

    assert drills.listing(spoken) == 0
    assert len(list(document(spoken)["scenarios"])) > 15  # type: ignore[call-overload]  # a list of the document


def test_drill_list_of_a_topology_shows_its_drills_too(topology: Path) -> None:
    """Without one there are none to show."""
    plain, spoken = voice(), voice()
    words = Voice("en", out=io.StringIO(), err=io.StringIO())
    for each in (spoken, words):
        assert drills.listing(each, topology) == 0
    assert drills.listing(plain) == 0

    assert document(plain)["drills"] == {}
    assert list(document(spoken)["drills"]) == ["weekly", "table"]  # type: ignore[call-overload]  # a mapping of the document
    assert isinstance(words.out, io.StringIO)
    (row,) = [line.split("  ") for line in words.out.getvalue().splitlines() if line.startswith("weekly")]
    assert [cell.strip() for cell in row if cell.strip()] == [
        "weekly",
        "site-network-loss",
        "donghai",
        "functional",
        "Sat 02:00",
        "2h",
    ]


@pytest.mark.parametrize("kind", [field.name for field in fields(Choice)])
@pytest.mark.parametrize("command", ["plan", "run"])
def test_drill_option_that_names_a_target_is_a_choice_of_its_kind(
    command: str, kind: str, topology: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The options of both commands are what a script can be told."""
    seen: list[Choice] = []

    def keep(voice: Voice, path: Path, name: str, asked: drills.Asked) -> int:
        seen.append(Choice(**asked.named))
        return 0

    monkeypatch.setattr(drills, command, keep)

    assert start(cli.app, ["drill", command, str(topology), "site-network-loss", f"--{kind}", "there"]) == 0
    assert seen == [Choice(**{kind: "there"})]


def test_drill_show_of_no_scenario_is_wrong_usage() -> None:
    """Nothing is shown for a name there is not."""
    with pytest.raises(WrongUsage):
        drills.show(voice(), "no-such-thing")


def test_window_that_opened_within_its_length_lets_a_drill_begin() -> None:
    """A run that was missed is made up for within the window, and refused after it."""
    opened = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)

    assert next_elapse("Sat 02:00 UTC", opened - timedelta(hours=5)) == opened
    refuse_outside("", opened)
    refuse_outside("7200/Sat 02:00 UTC", opened + timedelta(hours=1))
    with pytest.raises(GateRefused):
        refuse_outside("7200/Sat 02:00 UTC", opened + timedelta(hours=3))
    with pytest.raises(GateRefused):
        refuse_outside("7200/Sat 02:00 UTC", opened - timedelta(minutes=1))
    with pytest.raises(InputInvalid):
        refuse_outside("at night", opened)


def test_drill_at_the_same_time_as_another_is_refused(topology: Path) -> None:
    """The second controller is told who runs."""
    folder = folder_of(topology)
    with alone(folder, "the first"), pytest.raises(GateRefused) as refused, alone(folder, "the second"):
        pass

    assert "the first" in refused.value.what.en


@pytest.mark.slow
def test_drill_after_one_that_died_is_refused_until_that_is_healed(topology: Path) -> None:
    """A fault that cannot be undone stays told; without a lab on this machine nothing is claimed to be healed."""
    died(topology, "run-1")
    folder = folder_of(topology)
    with pytest.raises(GateRefused):
        refuse_open(folder)
    spoken = voice()

    assert drills.heal(spoken, topology, "") == 5
    assert document(spoken)["left"] == [{"fault": "cut", "kind": "site", "name": "a"}]
    assert [run.is_open for run in runs(folder)] == [True]


def test_drill_heal_with_nothing_left_says_so(topology: Path) -> None:
    """Healing may be repeated, also where there never was a run."""
    spoken = voice()

    assert drills.heal(spoken, topology, "") == 0
    assert document(spoken)["runs"] == []


def test_store_without_a_majority_is_not_taken_for_no_run(topology: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another controller may have left is unknown, and unknown is neither over nor healed."""
    unasked = Unasked("quorum", ("run-7",))
    desk = SimpleNamespace(home=home_of(NAME, {"GOVCLOUD_HOME": str(topology.parent / "home")}))
    monkeypatch.setattr(drill_stores, "fetch_runs", lambda *_: unasked)
    monkeypatch.setattr(drill_stores, "elsewhere_at", lambda _: NOWHERE)
    monkeypatch.setattr(drill_means, "open_desk", lambda *_: desk)
    spoken = voice()

    with pytest.raises(OutsideFailed) as unknown:
        drills.resume(spoken, topology, "", Asked())

    assert "run-7 --break-glass" in unknown.value.fix.en
    assert drills.heal(spoken, topology, "") == 5


def test_fault_of_nobodys_is_told_by_healing(topology: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No run here knows of it, and it is there all the same."""
    cut = SimpleNamespace(in_force=lambda: {("cut", "link", "a-b")})
    monkeypatch.setattr(drill_means, "lab_means", lambda _: (cut, None))
    spoken = voice()

    assert drills.heal(spoken, topology, "") == 5
    assert document(spoken)["left"] == [{"fault": "cut", "kind": "link", "name": "a-b"}]


def test_drill_history_lists_runs_with_their_verdicts(topology: Path) -> None:
    """A run that is not over has none."""
    died(topology, "run-1")
    spoken = voice()

    assert drills.history(spoken, topology) == 0
    rows = document(spoken)["runs"]
    assert isinstance(rows, list)
    assert [(row["run"], row["open"], row["verdict"]) for row in rows] == [("run-1", True, None)]


def test_drill_names_of_runs_sort_by_time() -> None:
    """The name says the scenario and when it began."""
    assert new_name("host-crash", datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)) == "host-crash-20261122T010203Z"
