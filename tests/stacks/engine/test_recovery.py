"""Tests of stacks.engine.recovery: operations whose end is not known."""

from __future__ import annotations

import threading
import time
from typing import Any

import pulumi
import pulumi_openstack as openstack
import pytest

from stacks.engine.events import Op
from stacks.engine.provider import AnswerLost
from tests.stacks.engine.conftest import Bench, ops
from tests.stacks.engine.fake_cloud import GROUP, NETWORK, FakeCloud, lose_answer, refuse
from tests.stacks.engine.programs import provider


def _groups(*names: str, **inputs: Any) -> None:
    site = provider()
    for name in names:
        openstack.networking.SecGroup(name, name=name, opts=pulumi.ResourceOptions(provider=site), **inputs)


def _begin(bench: Bench, op: str, name: str, **changed: object) -> None:
    """Leave an intent behind, as a killed run does."""
    state = bench.state()
    (site,) = (r for r in state.live.values() if r["type"] == "pulumi:providers:openstack")
    urn = f"urn:pulumi:{state.name}::govcloud::{GROUP}::{name}"
    held = state.live.get(urn, {})
    resource = {"urn": urn, "custom": True, "type": GROUP, "provider": f"{site['urn']}::{site['id']}"}
    inputs = {**held.get("inputs", {"name": name, "__defaults": []}), **changed}
    state.begin(op, {**resource, **held, "inputs": inputs})
    state.close()


def _made(cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch, hours_ago: int) -> str:
    """Let somebody else make a group `g` at another time; return its id."""
    with monkeypatch.context() as earlier:
        now = time.time() - hours_ago * 3600
        earlier.setattr(time, "time", lambda: now)
        return cloud.add(GROUP, name="g")


def _without_times(bench: Bench) -> None:
    state = bench.state()
    exported = state.deployment()
    for pending in exported["deployment"]["pending_operations"]:
        del pending["at"]
    state.import_deployment(exported)
    state.close()


@pytest.fixture
def one(bench: Bench) -> Bench:
    assert bench.update(lambda: _groups("first")).ok
    return bench


def test_create_that_was_made_is_adopted_once(one: Bench, cloud: FakeCloud) -> None:
    """The object of an interrupted create is found and held; nothing is made again."""
    _begin(one, "creating", "g")
    id_ = cloud.add(GROUP, name="g")

    outcome = one.update(lambda: _groups("first", "g"))

    assert outcome.ok
    assert [(c.op, c.id) for c in outcome.changes if c.op is Op.ADOPT] == [(Op.ADOPT, id_)]
    assert cloud.names(GROUP) == ["first", "g"]
    assert cloud.calls["create"] == 1


def test_create_that_was_never_made_is_made(one: Bench, cloud: FakeCloud) -> None:
    """An intent without an object is forgotten and the object made."""
    _begin(one, "creating", "g")

    outcome = one.update(lambda: _groups("first", "g"))

    assert ops(outcome) == {"g": "create"}
    assert cloud.names(GROUP) == ["first", "g"]


def test_create_half_made_is_completed(one: Bench, cloud: FakeCloud) -> None:
    """An adopted object that lacks a part of what was asked is brought up to it."""
    _begin(one, "creating", "g", description="wanted")
    id_ = cloud.add(GROUP, name="g", description="")

    assert one.update(lambda: _groups("first", "g", description="wanted")).ok

    assert cloud.objects[id_]["inputs"]["description"] == "wanted"


@pytest.mark.slow
def test_create_that_lands_after_the_look_is_waited_for(one: Bench, cloud: FakeCloud) -> None:
    """A request still on its way at the kill may land late: the look is repeated before the intent is forgotten."""
    _begin(one, "creating", "g")
    late = threading.Timer(0.5, lambda: cloud.add(GROUP, name="g"))
    late.start()

    outcome = one.update(lambda: _groups("first", "g"), settle=4.0)
    late.join()

    assert outcome.ok
    assert cloud.names(GROUP) == ["first", "g"]
    assert cloud.calls["create"] == 1


def test_create_long_ago_is_not_waited_for(one: Bench, cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """An old intent is decided at the first look."""
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() - 3600)
    _begin(one, "creating", "g")
    monkeypatch.undo()

    started = time.monotonic()
    assert one.update(lambda: _groups("first", "g"), settle=30.0).ok

    assert time.monotonic() - started < 20
    assert cloud.calls["find"] == 1


def test_create_with_several_candidates_stops_and_names_them(one: Bench, cloud: FakeCloud) -> None:
    """Two objects that could be it: nothing is guessed, made or deleted; the ids are said; the intent stays."""
    _begin(one, "creating", "g")
    ids = {cloud.add(GROUP, name="g"), cloud.add(GROUP, name="g")}

    outcome = one.update(lambda: _groups("first", "g"))

    (failed,) = outcome.failures
    assert failed.unknown
    assert all(id_ in failed.error for id_ in ids)
    assert cloud.calls["create"] == 1
    assert one.state().intents


@pytest.mark.slow
@pytest.mark.parametrize("hours", [1, -1], ids=["older", "younger than the longest call"])
def test_create_whose_name_a_stranger_took_is_refused(
    one: Bench, cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """What was made at another time than the interrupted create is not adopted; when it is gone, the rerun makes ours."""
    stranger = _made(cloud, monkeypatch, hours)
    _begin(one, "creating", "g")

    outcome = one.update(lambda: _groups("first", "g"))

    (failed,) = outcome.failures
    assert "name is taken" in failed.error
    assert stranger in failed.error
    assert not failed.unknown
    assert not [change for change in outcome.changes if change.op is Op.ADOPT]
    del cloud.objects[stranger]
    assert ops(one.update(lambda: _groups("first", "g"))) == {"g": "create"}
    assert not one.state().intents


def test_create_beside_a_stranger_is_adopted(one: Bench, cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two objects of the name only the one made since the intent can be ours."""
    _made(cloud, monkeypatch, 1)
    _begin(one, "creating", "g")
    ours = cloud.add(GROUP, name="g")

    outcome = one.update(lambda: _groups("first", "g"))

    assert [change.id for change in outcome.changes if change.op is Op.ADOPT] == [ours]


def test_create_whose_answer_is_lost_does_not_adopt_what_was_there(
    bench: Bench, cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within a run, too, an older object of the same name is somebody else's."""
    stranger = _made(cloud, monkeypatch, 1)
    cloud.hook = lose_answer("create:before")

    (failed,) = bench.update(lambda: _groups("g")).failures

    assert "name is taken" in failed.error
    assert stranger in failed.error


def test_create_of_an_imported_state_without_a_time_is_adopted(one: Bench, cloud: FakeCloud) -> None:
    """Pulumi's own pending operations carry no time: nothing can be told from it."""
    _begin(one, "creating", "g")
    _without_times(one)
    id_ = cloud.add(GROUP, name="g")

    outcome = one.update(lambda: _groups("first", "g"))

    assert [change.id for change in outcome.changes if change.op is Op.ADOPT] == [id_]


def test_create_of_something_no_longer_declared_is_cleaned_up(one: Bench, cloud: FakeCloud) -> None:
    """What an interrupted run made and the program dropped since does not stay behind."""
    _begin(one, "creating", "g")
    cloud.add(GROUP, name="g")

    assert one.update(lambda: _groups("first")).ok

    assert cloud.names(GROUP) == ["first"]


def test_update_is_done_again(one: Bench, cloud: FakeCloud) -> None:
    """After an interrupted update the object is as declared, whether the first attempt arrived or not."""
    _begin(one, "updating", "first", description="half")
    (id_,) = cloud.objects
    cloud.objects[id_]["inputs"]["description"] = "half"

    foreseen = one.preview(lambda: _groups("first"))
    assert one.update(lambda: _groups("first")).ok

    assert ops(foreseen) == {"first": "update"}
    assert "description" not in cloud.objects[id_]["inputs"]
    assert not one.state().intents


def test_update_refused_on_repetition_believes_the_object(one: Bench, cloud: FakeCloud) -> None:
    """A refusal now does not say what the first attempt did: the object is read, then brought to the program."""
    _begin(one, "updating", "first", description="half")
    (id_,) = cloud.objects
    cloud.objects[id_]["inputs"]["description"] = "half"
    refusals = [refuse("update:before")]

    def hook(*at: str) -> None:
        if at[0] == "update:before" and refusals:
            refusals.pop()(*at)

    cloud.hook = hook
    assert one.update(lambda: _groups("first", description="wanted")).ok

    assert cloud.objects[id_]["inputs"]["description"] == "wanted"


def test_delete_is_done_again_and_its_object_made_anew_when_declared(one: Bench, cloud: FakeCloud) -> None:
    """After an interrupted delete the state does not claim an object that is gone."""
    _begin(one, "deleting", "first")
    cloud.objects.clear()

    foreseen = one.preview(lambda: _groups("first"))
    outcome = one.update(lambda: _groups("first"))

    assert outcome.ok
    assert ops(foreseen) == ops(outcome) == {"first": "replace"}
    assert cloud.names(GROUP) == ["first"]


def test_answer_lost_after_the_effect_is_found_in_the_same_run(bench: Bench, cloud: FakeCloud) -> None:
    """A create whose answer was lost is looked up and adopted, and the run goes on."""
    cloud.hook = lose_answer("create:after")

    outcome = bench.update(lambda: _groups("a", "b"))

    assert outcome.ok
    assert cloud.names(GROUP) == ["a", "b"]
    assert cloud.calls["create"] == 2


@pytest.mark.slow
def test_answer_lost_and_not_found_is_unknown_and_settled_by_the_rerun(bench: Bench, cloud: FakeCloud) -> None:
    """Not found is not proof: the outcome is unknown, the intent stays, the rerun makes it once."""
    cloud.hook = lose_answer("create:before")

    outcome = bench.update(lambda: _groups("a"))

    (failed,) = outcome.failures
    assert failed.unknown
    assert "run again" in failed.error
    assert len(bench.state().intents) == 1
    assert bench.update(lambda: _groups("a")).ok
    assert cloud.names(GROUP) == ["a"]


@pytest.mark.parametrize(("times", "unknown"), [(1, False), (2, True)])
def test_answer_lost_to_an_update_is_asked_again_once(
    one: Bench, cloud: FakeCloud, *, times: int, unknown: bool
) -> None:
    """A second answer settles an update; no answer twice is unknown, and the rerun settles it."""
    cloud.hook = lose_answer("update:after", times=times)

    outcome = one.update(lambda: _groups("first", description="x"))

    assert [failed.unknown for failed in outcome.failures] == ([True] if unknown else [])
    assert one.update(lambda: _groups("first", description="x")).ok
    assert not one.state().intents
    (group,) = cloud.objects.values()
    assert group["inputs"]["description"] == "x"


@pytest.mark.parametrize("times", [1, 2])
def test_answer_lost_to_a_delete_is_asked_again(one: Bench, cloud: FakeCloud, times: int) -> None:
    """An object whose delete got no answer is gone in the end, at the latest by the rerun."""
    cloud.hook = lose_answer("delete:after", times=times)

    outcome = one.run("destroy")

    assert outcome.ok is (times == 1)
    assert one.run("destroy").ok
    assert not cloud.objects
    assert not one.state().intents


def test_fault_inside_a_provider_is_an_unknown_outcome(bench: Bench, cloud: FakeCloud) -> None:
    """A bug in a provider after the effect neither crashes the run nor loses the object."""

    def bug(point: str, *_: str) -> None:
        if point == "create:after":
            raise KeyError("surprise")

    cloud.hook = bug
    outcome = bench.update(lambda: _groups("a"))

    assert outcome.ok
    assert cloud.names(GROUP) == ["a"]
    assert len(bench.state().live) == 3


def test_site_down_during_recovery_touches_nothing_of_it(one: Bench, cloud: FakeCloud) -> None:
    """When the look-up gets no answer, the intent stays and nothing is made on a guess."""
    _begin(one, "creating", "g")

    def down(*_: str) -> None:
        raise AnswerLost("connection refused")

    cloud.hook = down
    outcome = one.update(lambda: _groups("first", "g"))

    assert all(failed.unknown for failed in outcome.failures)
    assert outcome.failures
    assert cloud.calls["create"] == 1
    assert len(one.state().intents) == 1
    assert not cloud.names(NETWORK)
