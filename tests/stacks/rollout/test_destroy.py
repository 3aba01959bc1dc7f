"""Taking a cloud down."""

from __future__ import annotations

from pathlib import Path

import pytest

from failures import GateRefused
from stacks.rollout.deploy import deploy
from stacks.rollout.destroy import destroy
from stacks.rollout.options import RunOptions
from stacks.rollout.run import Verdict
from tests.stacks.city import FakeTerminal, World, backends, records_of, write_city


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GOVCLOUD_HOME", str(tmp_path / "home"))
    return write_city(tmp_path, {"health": 4, "roads": 4})


@pytest.fixture
def world(city: Path) -> World:
    world = World()
    deploy(city, RunOptions(yes=True), FakeTerminal(), backends(world))
    return world


def test_destroy_takes_everything_and_its_records(city: Path, world: World, tmp_path: Path) -> None:
    """Nothing is left in the world or here."""
    report = destroy(city, RunOptions(yes=True), FakeTerminal(), backends(world))
    assert report.exit_code == 0
    assert world.held == {}
    assert records_of(tmp_path / "home") == {}


@pytest.mark.parametrize("answer", ["yes", "", "smalltow"])
def test_destroy_without_the_name_of_the_cloud_touches_nothing(city: Path, world: World, answer: str) -> None:
    """Only the cloud's own name is a yes."""
    with pytest.raises(GateRefused, match="not confirmed"):
        destroy(city, RunOptions(), FakeTerminal(says=answer), backends(world))
    assert len(world.held) == 6


def test_destroy_with_the_name_of_the_cloud_goes_on(city: Path, world: World) -> None:
    """The question tells how much goes."""
    terminal = FakeTerminal(says="smalltown")
    destroy(city, RunOptions(), terminal, backends(world))
    assert "12 things in 6 stacks" in terminal.questions[0]
    assert world.held == {}


def test_destroy_with_a_dark_site_keeps_what_is_known_of_it(city: Path, world: World, tmp_path: Path) -> None:
    """The rest goes; the rerun takes the rest."""
    world.dead = {"west"}
    report = destroy(city, RunOptions(yes=True), FakeTerminal(), backends(world))
    assert report.exit_code == 5
    assert {stack.split(".")[1] for stack in world.held} == {"west"}
    assert set(records_of(tmp_path / "home")) == set(world.held)
    world.dead = set()
    assert destroy(city, RunOptions(yes=True), FakeTerminal(), backends(world)).exit_code == 0
    assert world.held == {}


def test_destroy_of_one_site_leaves_the_other(city: Path, world: World) -> None:
    """--site narrows it."""
    report = destroy(city, RunOptions(sites=("east",), yes=True), FakeTerminal(), backends(world))
    assert {end.verdict for end in report.ended} == {Verdict.DONE}
    assert {stack.split(".")[1] for stack in world.held} == {"west"}


def test_destroy_of_nothing_asks_nothing(city: Path, world: World) -> None:
    """A cloud that is gone is gone."""
    destroy(city, RunOptions(yes=True), FakeTerminal(), backends(world))
    terminal = FakeTerminal()
    assert destroy(city, RunOptions(), terminal, backends(world)).exit_code == 0
    assert terminal.questions == []
