"""The world against the topology."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from failures import GovcloudError, SiteUnreachable, Text
from stacks.engine.events import Change, Op, Outcome
from stacks.rollout.deploy import deploy
from stacks.rollout.drift import Drifted, Kind, drift
from stacks.rollout.engines import Run
from stacks.rollout.options import RunOptions
from stacks.rollout.parity import SiteSummary, expected_summary
from stacks.rollout.preview import Backends
from stacks.rollout.workspace import Workspace
from stacks.rollout.world import SiteWorld, Thing
from stacks.shards import Shard
from tests.stacks.city import PROJECT, FakeEngine, FakeTerminal, World, backends, urn, write_city

TWO = {"health": 4, "roads": 4}


@dataclass
class Hands:
    """What was done by hand: changes that a refresh shows by stack, and changes to what a site has."""

    seen: dict[str, list[Change]] = field(default_factory=dict)
    things: dict[str, tuple[Thing, ...]] = field(default_factory=dict)
    summaries: dict[str, SiteSummary] = field(default_factory=dict)
    dark: tuple[str, ...] = ()


class LookingEngine(FakeEngine):
    """Shows in a refresh what was done by hand."""

    def __init__(self, world: World, hands: Hands) -> None:
        super().__init__(world)
        self.hands = hands

    def preview(self, shard: Shard, run: Run) -> Outcome:
        outcome = super().preview(shard, run)
        extra = self.hands.seen.get(shard.stack, []) if run.refresh else []
        return replace(outcome, changes=[*outcome.changes, *extra])


def maker(world: World, hands: Hands) -> Any:
    def make(workspace: Workspace, options: RunOptions, terminal: FakeTerminal) -> Backends:
        def worlds(sites: Mapping[str, str], cloud: str) -> Mapping[str, SiteWorld | GovcloudError]:
            assert cloud == workspace.cloud.name
            return {
                site: SiteWorld(
                    hands.summaries.get(site) or expected_summary(workspace.shards, site), hands.things.get(site, ())
                )
                for site in sites
            }

        def reach(sites: Mapping[str, str]) -> Mapping[str, GovcloudError]:
            return {s: SiteUnreachable(Text("dark", "暗"), where=s) for s in sites if s in hands.dark}

        return Backends(lambda _: LookingEngine(world, hands), reach, worlds)

    return make


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("GOVCLOUD_HOME", str(tmp_path / "home"))
    world = World()
    deploy(write_city(tmp_path, TWO), RunOptions(yes=True), FakeTerminal(), backends(world))
    world.calls.clear()
    return world


def find(folder: Path, world: World, hands: Hands) -> tuple[int, list[Drifted]]:
    report = drift(folder / "smalltown.yaml", RunOptions(), FakeTerminal(), maker(world, hands))
    return report.exit_code, list(report.rows)


def test_drift_of_an_untouched_cloud_is_none(tmp_path: Path, world: World) -> None:
    """As declared: exit code 0, and nothing was acted on."""
    assert find(tmp_path, world, Hands()) == (0, [])
    assert not world.calls


def test_drift_shows_what_was_changed_and_what_was_removed(tmp_path: Path, world: World) -> None:
    """An update means changed by hand; forgotten and made again means missing."""
    stack = "smalltown.east.roads"
    changed, gone = urn(stack, PROJECT, "a"), urn(stack, PROJECT, "b")
    seen = [
        Change(Op.UPDATE, changed, PROJECT, keys=("description",)),
        Change(Op.FORGET, gone, PROJECT),
        Change(Op.CREATE, gone, PROJECT),
    ]
    assert find(tmp_path, world, Hands(seen={stack: seen})) == (
        1,
        [
            Drifted("east", Kind.CHANGED, f"{stack} Project a", "description"),
            Drifted("east", Kind.MISSING, f"{stack} Project b"),
        ],
    )


def test_drift_shows_what_was_made_by_hand_in_a_department(tmp_path: Path, world: World) -> None:
    """An object in a department's project that no stack holds is extra; one that a stack holds is not."""
    things = (Thing("server", "77", "by-hand", "roads"), Thing("network", "1", "ours", "roads"))
    code, rows = find(tmp_path, world, Hands(things={"west": things}))
    assert (code, rows) == (1, [Drifted("west", Kind.EXTRA, "server by-hand", "roads 77")])


def test_drift_shows_departments_that_are_not_alike(tmp_path: Path, world: World) -> None:
    """A department that only one site has is missing at the other; one that nobody declared is extra."""
    hands = Hands()
    workspace: list[Workspace] = []

    def spy(w: Workspace, options: RunOptions, terminal: Any) -> Any:
        workspace.append(w)
        return maker(world, hands)(w, options, terminal)

    drift(tmp_path / "smalltown.yaml", RunOptions(), FakeTerminal(), spy)
    whole = expected_summary(workspace[0].shards, "west")
    departments = {"health": whole.departments["health"], "ghost": whole.departments["roads"]}
    hands.summaries["west"] = replace(whole, departments=departments)
    code, rows = find(tmp_path, world, hands)
    assert code == 1
    assert {(row.kind, row.what) for row in rows} == {
        (Kind.MISSING, "department roads"),
        (Kind.EXTRA, "department ghost"),
    }


def test_drift_of_what_awaits_deploy_is_not_blamed_on_hands(tmp_path: Path, world: World) -> None:
    """A change of the topology shows as not deployed."""
    write_city(tmp_path, {**TWO, "roads": 8, "schools": 4})
    code, rows = find(tmp_path, world, Hands())
    assert code == 1
    assert {row.kind for row in rows} == {Kind.UNDEPLOYED}
    assert "smalltown.east.schools" in {row.what for row in rows}


def test_drift_with_a_dark_site_is_unknown_there_and_never_passes(tmp_path: Path, world: World) -> None:
    """What could not be read is not well."""
    report = drift(tmp_path / "smalltown.yaml", RunOptions(), FakeTerminal(), maker(world, Hands(dark=("west",))))
    assert report.exit_code == 5
    assert report.document()["sites"] == {"east": "as declared", "west": "unknown"}
