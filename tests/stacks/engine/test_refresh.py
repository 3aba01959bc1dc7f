"""Tests of stacks.engine.refresh and drift."""

from __future__ import annotations

from functools import partial

from tests.stacks.engine.conftest import Bench, ops
from tests.stacks.engine.fake_cloud import NETWORK, SUBNET, FakeCloud
from tests.stacks.engine.programs import tenants


def test_refresh_records_what_was_changed_and_forgets_what_is_gone(bench: Bench, cloud: FakeCloud) -> None:
    """Drift is told by key; the next run puts it right."""
    bench.update(partial(tenants, "a", tags=["x"]))
    ids = {o["type"]: id_ for id_, o in cloud.objects.items()}
    cloud.objects[ids[NETWORK]]["inputs"]["tags"] = ["changed by hand"]
    del cloud.objects[ids[SUBNET]]

    outcome = bench.run("refresh")

    assert ops(outcome) == {"a-net": "update", "a-sub": "forget"}
    (network,) = (change for change in outcome.changes if change.type == NETWORK)
    assert "tags" in network.keys
    again = bench.update(partial(tenants, "a", tags=["x"]))
    assert ops(again) == {"a-net": "update", "a-sub": "create"}
    assert cloud.objects[ids[NETWORK]]["inputs"]["tags"] == ["x"]


def test_update_with_refresh_looks_and_repairs_in_one_run(bench: Bench, cloud: FakeCloud) -> None:
    """Without a look drift is not seen (the control); with it, it is foreseen and repaired."""
    program = partial(tenants, "a", tags=["x"])
    bench.update(program)
    ids = {o["type"]: id_ for id_, o in cloud.objects.items()}
    cloud.objects[ids[NETWORK]]["inputs"]["tags"] = ["changed by hand"]
    del cloud.objects[ids[SUBNET]]

    assert ops(bench.update(program)) == {}
    foreseen = bench.preview(program, refresh=True)
    repaired = bench.update(program, refresh=True)

    assert ops(foreseen) == ops(repaired)
    assert ops(repaired)["a-net"] == "update"
    assert ops(repaired)["a-sub"] == "create"
    assert cloud.objects[ids[NETWORK]]["inputs"]["tags"] == ["x"]
    assert cloud.names(SUBNET) == ["a-sub"]
