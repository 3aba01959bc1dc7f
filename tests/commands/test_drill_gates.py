"""What keeps a drill from beginning or going on: stale plans, signatures that do not count, a cloud that is no lab."""

from __future__ import annotations

import io
import json
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest

from commands import drill_gates
from commands.drill_means import NoInjector
from console import Voice
from dr_drills.journal.event import EventKind
from dr_drills.journal.file import Journal
from dr_drills.planning.steps import Case, Kind
from dr_drills.planning.world import NodeView, Role, SiteView, World
from dr_drills.rehearsal.forecast import Foreseen, foresee
from dr_drills.rehearsal.runs import Run, drills_folder, find, plan_digest, refuse_stale
from dr_drills.rehearsal.script import Move, Script
from failures import GateRefused
from stacks.rollout.home import Home, home_of
from tests.dr_drills import city
from tests.dr_drills.rehearsal.stand import CITY_LOST, FAST, script
from topology.load import load_cloud, read
from topology.model import Cloud

NAME = "gatetown"


@dataclass(frozen=True)
class Desk:
    """As much of a desk as gates look at."""

    path: Path
    cloud: Cloud
    digest: str
    home: Home
    injector: object = NoInjector()


@dataclass(frozen=True)
class Planned:
    desk: Desk
    script: Script
    steps: tuple[Foreseen, ...]
    digest: str


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Quanzhou under a name that no lab has, operated by lin.wei, with an approvers file that lists chen.jing."""
    monkeypatch.setenv("GOVCLOUD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LOGNAME", "lin.wei")
    topology = tmp_path / "city.yaml"
    text = city.QUANZHOU.read_text(encoding="utf-8").replace("cloud: quanzhou\n", f"cloud: {NAME}\n")
    topology.write_text(text, encoding="utf-8")
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(key)], check=True, timeout=20)
    public = (tmp_path / "key.pub").read_text(encoding="utf-8")
    (tmp_path / "city.approvers").write_text(f"chen.jing {public}", encoding="utf-8")
    return Desk(topology, load_cloud(topology), read(topology).digest, home_of(NAME, {"GOVCLOUD_HOME": str(tmp_path)}))


def world() -> World:
    roles = {"a": Role.PRIMARY, "b": Role.STANDBY, "c": Role.STANDBY_LEADER}
    nodes = {site: NodeView(role) for site, role in roles.items()}
    sites = {site: SiteView() for site in roles}
    return World(sites, nodes, city=("a", "b"), dr="c", holder="a", copies=frozenset({"b"}))


def planned(desk: Desk, script: Script = CITY_LOST) -> Any:
    steps = foresee(script, {"citizen-db": world()})
    return Planned(desk, script, steps, plan_digest(script, [one.document() for one in steps], desk.digest))


def approved(desk: Desk, plan: str, who: str = "chen.jing") -> Path:
    spoken = Voice("en", as_json=True, out=io.StringIO(), err=io.StringIO())
    to = desk.path.parent / f"{who}.approval"
    assert drill_gates.approve(spoken, desk.path, plan, who, desk.path.parent / "key", to) == 0
    return to


def begun(desk: Desk, script: Script = CITY_LOST, **approval: Any) -> Run:
    """Return a run that died after it began, and after it was approved where that is given."""
    found, folder = planned(desk, script), drills_folder(desk.home)
    steps = [one.document() for one in found.steps]
    facts = {"script": script.document(), "steps": steps, "plan_sha256": found.digest, "topology_sha256": desk.digest}
    with Journal.begin(folder / "run-1", "run-1", facts) as journal:
        if approval:
            journal.append(EventKind.APPROVAL, "second-person", **approval)
    return find(folder, "run-1")


def test_approval_of_the_plan_lets_a_run_begin(desk: Desk) -> None:
    """Who signed, with which key, goes into the run; without --allow-data-loss nothing may be lost all the same."""
    found = planned(desk)
    file = approved(desk, found.digest)
    consents = drill_gates.consents_of(found, file, allow_data_loss=True)

    assert consents.second_person
    assert consents.agreement is not None
    assert consents.agreement.who == "chen.jing"
    with pytest.raises(GateRefused, match="second person"):
        drill_gates.consents_of(found, file, allow_data_loss=False)
    with pytest.raises(GateRefused, match="second person"):
        drill_gates.consents_of(found, None, allow_data_loss=True)


def test_approval_in_a_folder_is_found_by_its_plan(desk: Desk) -> None:
    """What a timer is given: other plans' approvals and other files there neither count nor stop a run."""
    found, folder = planned(desk), desk.path.parent / "approvals"
    folder.mkdir()
    (folder / "notes.txt").write_text("call chen.jing", encoding="utf-8")
    approved(desk, "e" * 64).rename(folder / "other.approval")
    with pytest.raises(GateRefused, match="second person"):
        drill_gates.consents_of(found, folder, allow_data_loss=True)
    spoken = Voice("en", as_json=True, out=io.StringIO(), err=io.StringIO())
    drill_gates.approve(spoken, desk.path, found.digest, "chen.jing", desk.path.parent / "key", folder)
    consents = drill_gates.consents_of(found, folder, allow_data_loss=True)

    assert consents.agreement is not None
    assert consents.agreement.approval.said.plan_sha256 == found.digest
    assert len(list(folder.iterdir())) == 3


def test_approval_of_another_topology_is_refused(desk: Desk) -> None:
    """The same words with another line in the topology are another plan."""
    found = planned(desk)
    file = approved(desk, found.digest)
    other = planned(replace(desk, digest="e" * 64))

    assert other.digest != found.digest
    with pytest.raises(GateRefused, match="stale"):
        drill_gates.consents_of(other, file, allow_data_loss=True)


def test_approval_by_the_operator_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by name, nor with a key that lies in the operator's own folder of keys."""
    found = planned(desk)
    file = approved(desk, found.digest)
    (desk.path.parent / ".ssh").mkdir()
    (desk.path.parent / ".ssh" / "mine.pub").write_bytes((desk.path.parent / "key.pub").read_bytes())
    with pytest.raises(GateRefused, match="own"):
        drill_gates.consents_of(found, file, allow_data_loss=True)
    monkeypatch.setenv("LOGNAME", "chen.jing")
    with pytest.raises(GateRefused, match="operator"):
        drill_gates.consents_of(found, file, allow_data_loss=True)


def test_approval_in_the_journal_of_a_dead_run_is_checked_again(desk: Desk) -> None:
    """It counts for the run that goes on, for no other one, and not when somebody wrote it in."""
    file = approved(desk, planned(desk).digest)
    kept = json.loads(file.read_text(encoding="utf-8"))
    run = begun(desk, **kept)

    assert drill_gates.consents_again(cast("Any", desk), run, None).second_person
    with pytest.raises(GateRefused, match="another run"):
        drill_gates.consents_of(planned(desk), file, allow_data_loss=True)


def test_approval_written_into_a_journal_by_hand_is_refused(desk: Desk) -> None:
    """A dead run that nobody approved goes on without a second person; a forged line stops it."""
    file = approved(desk, planned(desk).digest)
    kept = json.loads(file.read_text(encoding="utf-8"))
    run = begun(desk, **{**kept, "statement": kept["statement"].replace("chen.jing", "chen.jin")})

    with pytest.raises(GateRefused, match="forged"):
        drill_gates.consents_again(cast("Any", desk), run, None)


def test_run_that_nobody_approved_goes_on_without_a_second_person(desk: Desk) -> None:
    """Nothing is assumed."""
    assert not drill_gates.consents_again(cast("Any", desk), begun(desk), None).second_person


def test_run_of_a_stale_plan_does_not_go_on(desk: Desk) -> None:
    """Another topology, another plan named, other steps or other rules: each is refused, the same plan is not."""
    run = begun(desk, FAST)
    plan = str(run.events[0].data["plan_sha256"])
    refuse_stale(run, desk.digest)
    refuse_stale(run, desk.digest, plan)
    with pytest.raises(GateRefused, match="topology"):
        refuse_stale(run, "e" * 64)
    with pytest.raises(GateRefused, match="named"):
        refuse_stale(run, desk.digest, "e" * 64)
    first = run.events[0]
    changed = replace(first, data={**first.data, "steps": first.data["steps"][1:]})
    with pytest.raises(GateRefused, match="digest"):
        refuse_stale(replace(run, events=(changed,)), desk.digest)


def test_drill_that_mends_is_refused_where_there_is_nothing_to_put_right(desk: Desk) -> None:
    """The other site is a copy already: no step is left, and nothing is claimed to have been done."""
    mending = script("reprotect", (), [Move(Kind.REPROTECT, Case(("b",), "a"))])

    with pytest.raises(GateRefused, match="nothing to put right"):
        drill_gates.refuse_plan(planned(desk, mending), "")


def test_faults_without_a_lab_on_this_machine_are_refused(desk: Desk) -> None:
    """A drill that breaks nothing is not asked for a lab."""
    with pytest.raises(GateRefused, match="lab"):
        drill_gates.refuse_foreign(planned(desk))
    calm = replace(FAST, faults=(), courses=(replace(FAST.courses[0], kind=Kind.SWITCHOVER, case=Case((), "b")),))
    drill_gates.refuse_foreign(planned(desk, calm))


@pytest.mark.parametrize(("url", "refused"), [("https://keystone.example:5000/v3", True), ("", False)])
def test_faults_with_credentials_of_another_cloud_are_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, url: str, *, refused: bool
) -> None:
    """An entry of the topology's that leads elsewhere stops the drill; no credentials at all lead nowhere."""
    entries = {site.openstack: {"auth": {"auth_url": url}} for site in desk.cloud.sites.values()} if url else {}
    clouds = desk.path.parent / "clouds.yaml"
    clouds.write_text(json.dumps({"clouds": entries}), encoding="utf-8")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(clouds))
    root = desk.path.parent / "labs"
    (root / NAME).mkdir(parents=True)
    slots = {name: number for number, name in enumerate(desk.cloud.sites)}
    (root / NAME / "addresses.json").write_text(json.dumps({"slot": 9, "sites": slots}), encoding="utf-8")
    monkeypatch.setenv("GOVCLOUD_LAB_ROOT", str(root))
    here = planned(replace(desk, injector=object()))
    if not refused:
        drill_gates.refuse_foreign(here)
        return
    with pytest.raises(GateRefused, match="not the lab"):
        drill_gates.refuse_foreign(here)
