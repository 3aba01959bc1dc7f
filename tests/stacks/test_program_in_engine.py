"""Tests of the program under the embedded engine: a first plan, a build, nothing to change, a way back."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

import pytest

from stacks.engine.events import Op, Outcome, Progress
from stacks.engine.secrets import Secrets
from stacks.rollout import embedded
from stacks.rollout.embedded import Embedded
from stacks.rollout.engines import Run
from stacks.shards import Shard, count_resources, plan_shards
from tests.stacks import small
from tests.stacks.memory import USER, MemorySite
from tests.stacks.recorder import REACH

pytestmark = pytest.mark.slow

FOUNDATION, DATA = "smallcity.east.foundation", "smallcity.east.data"


@pytest.fixture
def site() -> MemorySite:
    return MemorySite()


@pytest.fixture
def shards() -> dict[str, Shard]:
    return {shard.stack: shard for shard in small.shards()}


@pytest.fixture
def engine(tmp_path: Path, site: MemorySite, monkeypatch: pytest.MonkeyPatch) -> Embedded:
    monkeypatch.setattr(embedded, "read_access", lambda _: REACH)
    return Embedded(tmp_path, Secrets("a passphrase"), site.connect, tmp_path, 4)


def objects(outcome: Outcome) -> Counter[Op]:
    return Counter(change.op for change in outcome.changes if change.type.startswith("openstack:"))


def test_engine_first_plan_without_a_foundation_counts_everything(
    engine: Embedded, site: MemorySite, shards: dict[str, Shard]
) -> None:
    """A city that is not there yet can be planned: what the foundation will say is unknown, and nothing is made."""
    outcome = engine.preview(shards[DATA], Run())

    assert outcome.failures == []
    assert objects(outcome) == {Op.CREATE: count_resources(shards[DATA].typed)}
    assert site.objects == {}


def test_engine_builds_foundation_and_department(engine: Embedded, site: MemorySite, shards: dict[str, Shard]) -> None:
    """The department stands on what the foundation says, and its outputs are whole."""
    first, second = engine.build(shards[FOUNDATION], Run()), engine.build(shards[DATA], Run())

    assert (first.failures, second.failures) == ([], [])
    assert len(site.objects) == sum(count_resources(shards[stack].typed) for stack in (FOUNDATION, DATA))
    assert [row["name"] for row in second.outputs["servers"]] == ["data-portal-1", "data-portal-2", "citizen-db-east-1"]


def test_engine_built_again_changes_nothing(engine: Embedded, site: MemorySite, shards: dict[str, Shard]) -> None:
    """Neither the new password that each run offers nor anything else is a change."""
    for stack in (FOUNDATION, DATA):
        engine.build(shards[stack], Run())
    site.calls.clear()
    again = [engine.build(shards[stack], Run()) for stack in (FOUNDATION, DATA)]

    assert {op for outcome in again for op in objects(outcome)} == {Op.SAME}
    assert [call for call in site.calls if call[0] != "invoke"] == []


def test_engine_uploads_a_changed_image_and_leaves_servers_as_they_are(
    engine: Embedded, site: MemorySite, shards: dict[str, Shard]
) -> None:
    """Another content is planned as a new image and the end of the old, which must be named; servers keep running."""
    for stack in (FOUNDATION, DATA):
        engine.build(shards[stack], Run())
    cloud, addresses = small.planned()
    changed = {shard.stack: shard for shard in plan_shards(cloud, addresses, {"debian-12": "f" * 64})}
    foreseen = engine.preview(changed[FOUNDATION], Run())
    (old,) = (change for change in foreseen.changes if change.op is Op.DELETE)
    built = [engine.build(changed[stack], Run(allow=frozenset({old.urn}))) for stack in (FOUNDATION, DATA)]

    assert old.type == "openstack:images/image:Image"
    assert [outcome.failures for outcome in built] == [[], []]
    assert {(op, n) for op, n in objects(built[0]).items() if op is not Op.SAME} == {(Op.CREATE, 1), (Op.DELETE, 1)}
    assert set(objects(built[1])) == {Op.SAME}
    assert [inputs["name"] for type_, inputs in site.objects.values() if type_ == old.type] == ["debian-12"]


def test_engine_destroys_in_an_order_that_a_site_accepts(
    engine: Embedded, site: MemorySite, shards: dict[str, Shard]
) -> None:
    """What uses a thing goes before it, and the account that builds goes last of all it built."""
    for stack in (FOUNDATION, DATA):
        engine.build(shards[stack], Run())
    gone = [engine.destroy(stack, Run()) for stack in (DATA, FOUNDATION)]

    assert [outcome.failures for outcome in gone] == [[], []]
    assert site.objects == {}
    assert ("delete", USER) in site.calls


def test_engine_plans_departments_over_a_foundation_that_was_cut_short(
    engine: Embedded, site: MemorySite, shards: dict[str, Shard]
) -> None:
    """What the foundation will say once it is finished is what its departments are planned with."""
    stop = threading.Event()

    def listen(progress: Progress) -> None:
        if progress.phase == "done" and progress.change.type.startswith("openstack:"):
            stop.set()

    engine.build(shards[FOUNDATION], Run(listen=listen, stop=stop))
    assert 0 < len(site.objects) < count_resources(shards[FOUNDATION].typed)

    foundation, department = engine.preview(shards[FOUNDATION], Run()), engine.preview(shards[DATA], Run())

    assert (foundation.failures, department.failures) == ([], [])
    assert objects(department) == {Op.CREATE: count_resources(shards[DATA].typed)}


def test_engine_over_a_state_whose_account_was_told_otherwise_changes_no_object(
    engine: Embedded, tmp_path: Path, site: MemorySite, shards: dict[str, Shard]
) -> None:
    """A state from before, with the account's id in the department's provider, is that provider's change alone."""
    for stack in (FOUNDATION, DATA):
        engine.build(shards[stack], Run())
    file = tmp_path / f"{DATA}.json"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"userName":', '"userId":'), encoding="utf-8")
    site.calls.clear()
    again = engine.build(shards[DATA], Run())

    assert file.read_text(encoding="utf-8").count('"userName":') == text.count('"userName":') > 0
    assert again.failures == []
    assert set(objects(again)) == {Op.SAME}
    assert [change.type for change in again.changes if change.op is Op.UPDATE] == ["pulumi:providers:openstack"]
    assert [call for call in site.calls if call[0] != "invoke"] == []
