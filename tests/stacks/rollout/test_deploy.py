"""Deployment over a world in memory: what is skipped, refused, left out, finished."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from failures import GateRefused, InputInvalid, Interrupted, OutcomeUnknown, SiteUnreachable
from stacks.engine.events import Failed, Op
from stacks.rollout.deploy import deploy, preview
from stacks.rollout.destroy import destroy
from stacks.rollout.locks import hold
from stacks.rollout.options import RunOptions
from stacks.rollout.plan import Standing
from stacks.rollout.report import RunReport
from stacks.rollout.run import Verdict
from tests.stacks.city import FakeTerminal, World, backends, records_of, write_city

TWO = {"health": 4, "roads": 4}
ALL = {f"smalltown.{s}.{d}" for s in ("east", "west") for d in ("foundation", "health", "roads")}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("GOVCLOUD_HOME", str(folder))
    return folder


@pytest.fixture
def world(home: Path) -> World:
    return World()


def build(folder: Path, world: World, departments: dict[str, int], **options: Any) -> RunReport:
    return deploy(
        write_city(folder, departments), RunOptions(**{"yes": True, **options}), FakeTerminal(), backends(world)
    )


def with_image(folder: Path) -> tuple[Path, Path]:
    """Write a topology with one image; return its path and that of the image, which is not there yet."""
    path, image = write_city(folder, TWO), folder / "images" / "a.raw"
    path.write_text(path.read_text() + "images: {debian-12: {file: images/a.raw}}\n", encoding="utf-8")
    image.parent.mkdir()
    return path, image


def test_deploy_of_a_new_cloud_builds_every_stack(tmp_path: Path, world: World, home: Path) -> None:
    """Foundations and departments at both sites; each has a record; the addresses are written down."""
    report = build(tmp_path, world, TWO)
    assert set(world.held) == ALL
    assert report.exit_code == 0
    assert {r["result"] for r in records_of(home).values()} == {"done"}
    assert set(records_of(home)) == ALL
    assert "health" in (tmp_path / "smalltown.addresses.yaml").read_text()


def test_deploy_again_touches_nothing(tmp_path: Path, world: World) -> None:
    """The second run asks no site and opens no state."""
    build(tmp_path, world, TWO)
    world.calls.clear()
    world.dead = {"east", "west"}
    report = build(tmp_path, world, TWO)
    assert (report.exit_code, report.ended, len(report.unchanged)) == (0, (), 6)
    assert not world.calls


def test_deploy_of_one_more_department_acts_on_its_stacks_only(tmp_path: Path, world: World) -> None:
    """The other shards make no call at all."""
    build(tmp_path, world, TWO)
    world.calls.clear()
    build(tmp_path, world, {**TWO, "schools": 4})
    assert set(world.calls) == {"smalltown.east.schools", "smalltown.west.schools"}


def test_deploy_of_a_changed_department_acts_on_its_stacks_only(tmp_path: Path, world: World) -> None:
    """A changed quota is an update of one department."""
    build(tmp_path, world, TWO)
    world.calls.clear()
    report = build(tmp_path, world, {**TWO, "roads": 8})
    assert set(world.calls) == {"smalltown.east.roads", "smalltown.west.roads"}
    assert report.site("east").ops[Op.UPDATE] == 2


def test_deploy_without_a_department_is_refused_until_it_is_named(tmp_path: Path, world: World, home: Path) -> None:
    """The refusal gives the options; with them the stacks go, and their records."""
    build(tmp_path, world, TWO)
    with pytest.raises(GateRefused) as refused:
        build(tmp_path, world, {"health": 4})
    gone = frozenset({"smalltown.east.roads", "smalltown.west.roads"})
    assert all(f"--delete {stack}" in refused.value.say("en") for stack in gone)
    assert set(world.held) == ALL
    build(tmp_path, world, {"health": 4}, delete=gone)
    assert set(world.held) == set(records_of(home)) == ALL - gone


def test_deploy_with_a_dead_site_finishes_the_others(tmp_path: Path, world: World) -> None:
    """One message for the dead site, exit code 5; the rerun completes."""
    world.dead = {"west"}
    report = build(tmp_path, world, TWO)
    assert set(world.held) == {s for s in ALL if ".east." in s}
    assert report.exit_code == 5
    assert [(type(m), m.where) for m in report.messages] == [(SiteUnreachable, "west")]
    world.dead = set()
    assert build(tmp_path, world, TWO).exit_code == 0
    assert set(world.held) == ALL


def test_deploy_with_a_broken_foundation_does_not_try_its_departments(tmp_path: Path, world: World) -> None:
    """What stands on a failed foundation is left out; the other site is finished."""
    world.broken = {"smalltown.west.foundation": Failed("a::b::c::d", Op.CREATE, "HTTP 409")}
    report = build(tmp_path, world, TWO)
    verdicts = {end.plan.stack: end.verdict for end in report.ended}
    assert verdicts["smalltown.west.foundation"] is Verdict.FAILED
    assert verdicts["smalltown.west.roads"] is Verdict.SKIPPED
    assert verdicts["smalltown.east.roads"] is Verdict.DONE
    assert report.exit_code == 5


def test_deploy_with_an_unknown_outcome_ends_with_6(tmp_path: Path, world: World, home: Path) -> None:
    """A lost answer is told apart from a refusal, and the stack is looked at again."""
    stack = "smalltown.west.roads"
    world.broken = {stack: Failed("a::b::c::d", Op.CREATE, "lost", unknown=True)}
    report = build(tmp_path, world, TWO)
    assert report.exit_code == 6
    assert [type(m) for m in report.messages] == [OutcomeUnknown]
    assert records_of(home)[stack]["result"] == "unknown"
    world.broken, world.calls = {}, type(world.calls)()
    assert build(tmp_path, world, TWO).exit_code == 0
    assert set(world.calls) == {stack}


def test_deploy_stopped_before_it_recorded_the_end_looks_again(tmp_path: Path, world: World, home: Path) -> None:
    """A stack whose record says that it was being touched is never skipped."""
    build(tmp_path, world, TWO)
    path = home / "stacks" / "smalltown" / "records" / "smalltown.east.roads.json"
    path.write_text(path.read_text().replace('"done"', '"acting"'))
    plan = preview(write_city(tmp_path, TWO), RunOptions(), FakeTerminal(), backends(world))
    assert [(s.stack, s.standing) for s in plan.acting] == [("smalltown.east.roads", Standing.UNFINISHED)]


def test_deploy_not_confirmed_touches_nothing(tmp_path: Path, world: World) -> None:
    """The question has the numbers; anything but yes is a no."""
    terminal = FakeTerminal(says="no")
    with pytest.raises(GateRefused, match="not confirmed"):
        deploy(write_city(tmp_path, TWO), RunOptions(), terminal, backends(world))
    assert "create 12" in terminal.questions[0]
    assert not world.held
    assert not (tmp_path / "smalltown.addresses.yaml").exists()


def test_deploy_interrupted_at_the_question_ends_at_once(tmp_path: Path, world: World) -> None:
    """One Ctrl-C is enough where nothing runs yet."""
    terminal = FakeTerminal(meanwhile=lambda: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        deploy(write_city(tmp_path, TWO), RunOptions(), terminal, backends(world))
    assert not world.held


def test_deploy_of_a_topology_that_changed_while_asking_is_refused(tmp_path: Path, world: World) -> None:
    """What is built is what was confirmed."""
    terminal = FakeTerminal(meanwhile=lambda: write_city(tmp_path, {**TWO, "schools": 1}))
    with pytest.raises(GateRefused, match="changed after it was planned"):
        deploy(write_city(tmp_path, TWO), RunOptions(), terminal, backends(world))
    assert not world.held


def test_deploy_of_an_image_that_changed_while_asking_is_refused(tmp_path: Path, world: World) -> None:
    """An image is part of what was confirmed."""
    path, image = with_image(tmp_path)
    image.write_bytes(b"first")
    terminal = FakeTerminal(meanwhile=lambda: image.write_bytes(b"second"))
    with pytest.raises(GateRefused, match="an image changed after it was planned"):
        deploy(path, RunOptions(), terminal, backends(world))
    assert not world.held


def test_deploy_sees_a_changed_image_under_its_old_name(tmp_path: Path, world: World) -> None:
    """The foundation is planned anew; the same file again is no change."""
    path, image = with_image(tmp_path)
    for content in (b"first", b"second", b"second"):
        image.write_bytes(content)
        plan = preview(path, RunOptions(), FakeTerminal(), backends(world))
        deploy(path, RunOptions(yes=True), FakeTerminal(), backends(world))
    image.write_bytes(b"third")
    assert [stack.stack for stack in plan.acting] == []
    plan = preview(path, RunOptions(), FakeTerminal(), backends(world))
    assert [stack.stack for stack in plan.acting] == ["smalltown.east.foundation", "smalltown.west.foundation"]


def test_deploy_without_the_file_of_an_image_touches_nothing(tmp_path: Path, world: World) -> None:
    """The message names the file; what is there can still be destroyed."""
    path, image = with_image(tmp_path)
    with pytest.raises(InputInvalid, match="image debian-12 cannot be read") as refused:
        deploy(path, RunOptions(yes=True), FakeTerminal(), backends(world))
    assert refused.value.where == str(image)
    assert not world.held
    assert destroy(path, RunOptions(yes=True), FakeTerminal(), backends(world)).exit_code == 0


def test_deploy_while_another_runs_is_refused(tmp_path: Path, world: World, home: Path) -> None:
    """Two at once: the second is told who the first is."""
    build(tmp_path, world, TWO)
    with hold(home / "stacks" / "smalltown" / "lock", "govcloud destroy"), pytest.raises(GateRefused, match="destroy"):
        build(tmp_path, world, TWO)


def test_deploy_of_one_site_leaves_the_other_alone(tmp_path: Path, world: World) -> None:
    """--site narrows everything, also what counts as removed."""
    build(tmp_path, world, TWO, sites=("east",))
    assert set(world.held) == {s for s in ALL if ".east." in s}
    build(tmp_path, world, TWO, sites=("west",))
    assert set(world.held) == ALL


def test_deploy_interrupted_finishes_what_runs_and_starts_nothing_new(tmp_path: Path, world: World) -> None:
    """Ctrl-C ends with 130; the rerun completes."""
    world.hold_on = threading.Event()
    terminal = FakeTerminal()

    def interrupt() -> None:
        world.acting.wait(10)
        os.kill(os.getpid(), signal.SIGINT)
        world.hold_on.set() if world.hold_on else None

    presser = threading.Thread(target=interrupt)
    presser.start()
    report = deploy(write_city(tmp_path, TWO), RunOptions(yes=True), terminal, backends(world))
    presser.join()
    assert report.exit_code == 130
    assert isinstance(report.messages[-1], Interrupted)
    assert any("stopping" in note for note in terminal.notes)
    assert set(world.held) < ALL
    assert {e.verdict for e in report.ended} <= {Verdict.DONE, Verdict.SKIPPED}
    world.hold_on = None
    assert build(tmp_path, world, TWO).exit_code == 0
    assert set(world.held) == ALL


def test_deploy_whose_foundation_changed_lets_departments_follow(tmp_path: Path, world: World, home: Path) -> None:
    """New outputs of a foundation reach the departments in the same run."""
    build(tmp_path, world, TWO)
    path = home / "stacks" / "smalltown" / "records" / "smalltown.east.foundation.json"
    path.unlink()
    world.held["smalltown.east.foundation"] = "older"
    world.calls.clear()
    before = records_of(home)["smalltown.east.roads"]["needs"]
    build(tmp_path, world, TWO)
    assert records_of(home)["smalltown.east.roads"]["needs"] == before
    assert set(world.calls) == {f"smalltown.east.{d}" for d in ("foundation", "health", "roads")}
