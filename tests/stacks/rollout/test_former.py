"""What is known of clouds that are no more: set aside, kept once, and only that."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from stacks.access import GENERATION
from stacks.rollout.deploy import deploy, preview
from stacks.rollout.former import FORMER, dated, void
from stacks.rollout.options import RunOptions
from stacks.rollout.plan import Standing
from stacks.rollout.records import Record, Result
from tests.stacks.city import FakeTerminal, World, backends, records_of, write_city

ONE = {"health": 4}
YES = RunOptions(yes=True)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GOVCLOUD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    return tmp_path / "home"


def raised(folder: Path, east: str, west: str) -> None:
    """Write a clouds.yaml of clouds of these generations; "" is one that is never thrown away."""
    entries = {f"small-{site}": {GENERATION: one} if one else {} for site, one in (("east", east), ("west", west))}
    (folder / "clouds.yaml").write_text(yaml.safe_dump({"clouds": entries}), encoding="utf-8")


def record(generation: str, engine: str = "embedded") -> Record:
    return Record("town.east.health", "east", "department", "d", "p", engine, Result.DONE, "", generation=generation)


@pytest.mark.parametrize(
    ("built_on", "engine", "now", "is_void"),
    [
        ("1f", "embedded", "2a", True),
        ("1f", "embedded", "1f", False),
        ("", "embedded", "2a", False),
        ("1f", "embedded", "", False),
        ("1f", "pulumi", "2a", False),
    ],
)
def test_void_is_only_what_another_generation_had(built_on: str, engine: str, now: str, *, is_void: bool) -> None:
    """A real cloud's state is never set aside, whatever clouds.yaml says of it now; the CLI's own is left alone."""
    assert bool(void(dated([record(built_on, engine)]), {"east": now})) is is_void


def test_deploy_on_a_cloud_made_anew_builds_everything_again(tmp_path: Path, home: Path) -> None:
    """The site whose cloud is the same keeps what it has; the state of the lost one is kept beside."""
    source = write_city(tmp_path, ONE)
    raised(tmp_path, "1f", "1f")
    deploy(source, YES, FakeTerminal(), backends(World()))
    state = home / "stacks" / "smalltown" / "states" / "smalltown.east.health.json"
    state.write_text("{}")
    raised(tmp_path, "2a", "1f")
    terminal, world = FakeTerminal(), World()

    report = deploy(source, YES, terminal, backends(world))

    assert report.exit_code == 0
    assert set(world.held) == {"smalltown.east.foundation", "smalltown.east.health"}
    assert {r["generation"] for r in records_of(home).values() if r["site"] == "east"} == {"2a"}
    kept = home / "stacks" / "smalltown" / FORMER / "1f"
    assert not state.exists()
    assert (kept / "states" / state.name).read_text() == "{}"
    assert len(list((kept / "records").iterdir())) == 2
    assert "clouds of east are others" in terminal.notes[0]


def test_preview_of_a_cloud_made_anew_shows_everything_new(tmp_path: Path, home: Path) -> None:
    """A plan tells the same as the deployment that follows."""
    source = write_city(tmp_path, ONE)
    raised(tmp_path, "1f", "1f")
    deploy(source, YES, FakeTerminal(), backends(World()))
    raised(tmp_path, "2a", "2a")

    plan = preview(source, RunOptions(), FakeTerminal(), backends(World()))

    assert {stack.standing for stack in plan.stacks} == {Standing.NEW}


def test_deploy_keeps_only_the_last_generation(tmp_path: Path, home: Path) -> None:
    """Many a lab comes and goes on one machine; the disk does not fill with what none can use."""
    source = write_city(tmp_path, ONE)
    for one in ("1f", "2a", "3b"):
        raised(tmp_path, one, one)
        deploy(source, YES, FakeTerminal(), backends(World()))

    assert [path.name for path in (home / "stacks" / "smalltown" / FORMER).iterdir()] == ["2a"]
