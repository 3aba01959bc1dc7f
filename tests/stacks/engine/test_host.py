"""Tests of stacks.engine.host: whole runs of real programs over a fake cloud."""

from __future__ import annotations

import os
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pulumi
import pulumi_openstack as openstack
import pytest
from pulumi import Output, ResourceOptions

from failures import InputInvalid
from stacks.engine.host import RunRequest, run
from stacks.engine.values import UNKNOWN, mask, reveal
from tests.stacks.engine.conftest import Bench, ops
from tests.stacks.engine.fake_cloud import GROUP, NETWORK, PROJECT, FakeCloud
from tests.stacks.engine.programs import group, provider, tenants


def test_update_then_again_changes_nothing_and_asks_nothing(bench: Bench, cloud: FakeCloud) -> None:
    """A second run of the same program makes no call and leaves no journal."""
    first = bench.update(partial(tenants, "a"))
    made = dict(cloud.calls)
    again = bench.update(partial(tenants, "a"))

    assert first.ok
    assert made == {"create": 5}
    assert again.ok
    assert ops(again) == {}
    assert cloud.calls == made
    assert again.api_calls == 0
    assert (bench.folder / "city.lab.base.journal").stat().st_size == 0


def test_preview_asks_nothing_and_writes_nothing(bench: Bench, cloud: FakeCloud) -> None:
    """A preview of a new stack shows every object and touches neither cloud nor disk, also through its own provider."""

    def program() -> None:
        project = openstack.identity.Project("p", name="p", opts=ResourceOptions(provider=provider()))
        inner = openstack.Provider("inner", tenant_id=project.id)
        openstack.networking.Network("n", name="n", opts=ResourceOptions(provider=inner))
        pulumi.export("id", project.id)

    outcome = bench.preview(program)

    assert outcome.ok
    assert ops(outcome) == {"p": "create", "n": "create"}
    assert outcome.outputs == {"id": UNKNOWN}
    assert not cloud.log
    assert not bench.folder.exists()
    assert UNKNOWN in [inputs.get("tenantId") for _, inputs in bench.connect.asked]


def test_preview_shows_what_update_then_does(bench: Bench) -> None:
    """Update, replacement and deletion are foreseen, a replaced object's dependants with it."""
    bench.update(partial(tenants, "a", "b"))
    after = partial(tenants, "a", tags=["x"], cidr="10.5.0.0/24")

    foreseen, done = bench.preview(after), bench.update(after)

    assert ops(foreseen) == ops(done)
    assert ops(done)["a-net"] == "update"
    assert ops(done)["a-sub"] == "replace"
    assert ops(done)["b-net"] == "delete"


def test_destroy_takes_dependants_first_and_leaves_nothing(bench: Bench, cloud: FakeCloud) -> None:
    """The cloud refuses to delete what is in use, and is never asked to."""
    bench.update(partial(tenants, "a", "b"))

    outcome = bench.run("destroy")

    assert outcome.ok
    assert not cloud.objects
    assert cloud.calls["delete"] == 10
    assert not bench.state().live


def test_outputs_are_kept_with_their_secrets_marked(bench: Bench) -> None:
    """Outputs come back from the outcome and from the state; masked they show nothing."""

    def program() -> None:
        pulumi.export("open", 1)
        pulumi.export("hidden", Output.secret("canary"))

    outcome = bench.update(program)

    assert reveal(outcome.outputs) == {"open": 1, "hidden": "canary"}
    assert mask(bench.state().outputs()) == {"open": 1, "hidden": "[secret]"}


def test_secrets_never_reach_the_disk_in_clear(bench: Bench, cloud: FakeCloud) -> None:
    """Secret inputs, outputs that repeat them, named outputs and config: none is in the folder, killed or not."""
    journals: list[bytes] = []

    def program() -> None:
        config = pulumi.Config("govcloud")
        group(description=config.require_secret("phrase"), opts=ResourceOptions(additional_secret_outputs=["region"]))
        openstack.networking.Network(
            "n",
            name="visible-name",
            opts=ResourceOptions(
                provider=openstack.Provider("own", cloud="lab", password=Output.secret("canary-password"))
            ),
        )

    def keep(*_: str) -> None:
        journals.append((bench.folder / "city.lab.base.journal").read_bytes())

    cloud.hook = keep
    outcome = bench.update(
        program, config={"govcloud:phrase": "canary-config"}, secret_config_keys=frozenset({"govcloud:phrase"})
    )

    written = b"".join([*journals, *(path.read_bytes() for path in bench.folder.iterdir())])
    assert outcome.ok
    assert b"visible-name" in written
    assert b"canary" not in written
    assert b'"lab"' in written  # the cloud's name is no secret; the secret output of the same run is
    (held,) = (r for r in bench.state().live.values() if r["type"] == GROUP)
    assert "ciphertext" in held["outputs"]["region"]
    assert [o["inputs"].get("description") for o in cloud.objects.values() if o["type"] == GROUP] == ["canary-config"]


def test_wrong_passphrase_is_raised_before_anything_is_touched(bench: Bench, cloud: FakeCloud) -> None:
    """A state whose secrets do not open is an invalid input, and the cloud is not asked."""
    assert bench.update(lambda: group(description=Output.secret("x"))).ok
    calls = dict(cloud.calls)
    state = bench.state(passphrase="wrong")

    with pytest.raises(InputInvalid, match="passphrase"):
        run(state, None, _request(bench, "destroy"))

    assert cloud.calls == calls


def _request(bench: Bench, mode: Any, **options: Any) -> Any:
    return RunRequest(project="govcloud", connect=bench.connect, mode=mode, **options)


def test_cancel_lets_what_is_under_way_end_and_starts_nothing(bench: Bench, cloud: FakeCloud) -> None:
    """After the signal no new call is made; what was running is in the state; the rerun completes."""
    cancel = threading.Event()

    def hook(point: str, *_: str) -> None:
        if point == "create:before" and cloud.calls["create"] == 3:
            cancel.set()

    cloud.hook, cloud.delay = hook, 0.02
    outcome = bench.update(partial(tenants, "a", "b", "c"), cancel=cancel)
    calls = cloud.calls["create"]

    assert outcome.interrupted
    assert not outcome.ok
    assert not outcome.failures
    assert 3 <= calls <= 6
    assert not bench.state().intents
    cloud.hook = lambda *_: None
    assert bench.update(partial(tenants, "a", "b", "c")).ok
    assert cloud.calls["create"] == 15


@pytest.mark.slow
def test_parallel_bounds_the_calls_at_a_time(bench: Bench, cloud: FakeCloud) -> None:
    """Never more calls at a time than asked for, and really more than one."""
    cloud.delay = 0.02

    bench.update(partial(tenants, "a", "b", "c", "d"), parallel=3)
    bench.run("destroy", parallel=3)

    assert 1 < cloud.most_running <= 3


def test_run_leaves_the_process_as_it_was(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arguments, folder and environment of the process are not touched."""
    monkeypatch.setenv("PULUMI_CONFIG", '{"govcloud:x": "from the environment"}')
    before = (list(sys.argv), Path.cwd(), dict(os.environ), threading.active_count())
    seen: list[str | None] = []

    bench.update(lambda: seen.append(pulumi.Config("govcloud").get("x")), config={"govcloud:x": "ours"})

    assert seen == ["ours"]
    assert (list(sys.argv), Path.cwd(), dict(os.environ), threading.active_count()) == before


def test_state_has_the_shape_pulumi_reads(bench: Bench) -> None:
    """Resources come after what they need, name their provider as `<urn>::<id>`, and say what each input rests on."""
    bench.update(partial(tenants, "a"))
    body = bench.state().deployment()["deployment"]
    resources = {resource["urn"]: resource for resource in body["resources"]}

    assert body["secrets_providers"]["type"] == "passphrase"
    assert next(iter(resources)).endswith("::pulumi:pulumi:Stack::govcloud-city.lab.base")
    positions = {urn: number for number, urn in enumerate(resources)}
    for urn, resource in resources.items():
        assert all(positions[below] < positions[urn] for below in resource.get("dependencies", ()))
        assert resource["type"] == "pulumi:pulumi:Stack" or positions[resource["parent"]] < positions[urn]
    (site,) = (resource for resource in resources.values() if resource["type"] == "pulumi:providers:openstack")
    assert site["inputs"]["__internal"] == {}
    (network,) = (resource for resource in resources.values() if resource["type"] == NETWORK)
    (project,) = (resource for resource in resources.values() if resource["type"] == PROJECT)
    assert network["provider"] == f"{site['urn']}::{site['id']}"
    assert network["propertyDependencies"]["tenantId"] == [project["urn"]]
    assert network["inputs"]["__defaults"] == []
    assert network["urn"] == "urn:pulumi:city.lab.base::govcloud::gov:tenancy:Tenant$" + f"{NETWORK}::a-net"
