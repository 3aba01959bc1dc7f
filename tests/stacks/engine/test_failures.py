"""Tests of what a run does when a resource, the program or a gate says no."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pulumi
import pulumi_openstack as openstack
import pytest
from pulumi import ResourceOptions

from tests.stacks.engine.conftest import Bench
from tests.stacks.engine.fake_cloud import GROUP, NETWORK, SUBNET, FakeCloud, refuse
from tests.stacks.engine.programs import group, provider, tenants

ROOT = Path(__file__).parents[3]


def test_failed_resource_stops_its_dependants_only(bench: Bench, cloud: FakeCloud) -> None:
    """Others are made, nothing is deleted, the stack's outputs stay, and a rerun completes."""
    bench.update(partial(tenants, "z"))
    cloud.hook = refuse("create:before", 400, "a-net")

    outcome = bench.update(partial(tenants, "a", "b"))

    assert [(failed.urn.rpartition("::")[2], failed.error) for failed in outcome.failures] == [
        ("a-net", "refused on purpose")
    ]
    assert "a-sub" not in cloud.names(SUBNET)
    assert cloud.names(SUBNET) == ["b-sub", "z-sub"]
    assert "a-grp" in cloud.names(GROUP)
    assert set(bench.state().outputs()) == {"z", "b"}
    cloud.hook = lambda *_: None
    assert bench.update(partial(tenants, "a", "b")).ok
    assert cloud.names(SUBNET) == ["a-sub", "b-sub"]
    assert set(bench.state().outputs()) == {"a", "b"}


def test_name_taken_by_someone_else_is_said_with_its_id_and_not_adopted(bench: Bench, cloud: FakeCloud) -> None:
    """The other object is named with the way to take it over, stays untouched, and no intent is left."""
    id_ = cloud.add(GROUP, name="g", description="not ours")

    outcome = bench.update(group)

    assert id_ in outcome.failures[0].error
    assert "import_=" in outcome.failures[0].error
    assert cloud.objects[id_]["inputs"]["description"] == "not ours"
    assert not bench.state().intents


def test_program_that_raises_is_one_failure_without_a_traceback(
    bench: Bench, capfd: pytest.CaptureFixture[str]
) -> None:
    """The user sees what was raised and where, once; the SDK prints nothing; outputs stay as they were."""
    bench.update(partial(tenants, "a"))

    def program() -> None:
        tenants("a")
        raise RuntimeError("boom")

    outcome = bench.update(program)

    (failed,) = outcome.failures
    assert "RuntimeError: boom" in failed.error
    assert f"{Path(__file__).name}:" in failed.error
    assert "Traceback" not in failed.error
    assert capfd.readouterr() == ("", "")
    assert set(bench.state().outputs()) == {"a"}


LEAVES_COROUTINES = """
import gc, warnings
from pathlib import Path
import pulumi
import pulumi_openstack as openstack
from stacks.engine.host import RunRequest, run
from stacks.engine.secrets import Secrets
from stacks.engine.state import StackState
from tests.stacks.engine.fake_cloud import Clouds, FakeCloud

{filters}

def program():
    below = pulumi.StackReference("organization/govcloud/below")
    openstack.networking.SecGroup("g", description=below.require_output("missing")["id"])
    pulumi.export("it", below.require_output("there"))

request = RunRequest("govcloud", Clouds(FakeCloud()), "preview", references=lambda _: {{"there": 1}})
for _ in range(3):
    outcome = run(StackState.open(Path({folder!r}), "city.lab.base", Secrets("a phrase")), program, request)
    gc.collect()
print(outcome.failures[0].error)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("filters", "warned"), [("", False), ("warnings.simplefilter('default')", True)])
def test_program_that_fails_in_a_preview_leaves_stderr_alone(tmp_path: Path, *, filters: str, warned: bool) -> None:
    """What the SDK began and nobody awaits is not told to the operator; without our filter it would be."""
    script = LEAVES_COROUTINES.format(filters=filters, folder=str(tmp_path))
    words = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", script]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)

    assert "KeyError: 'missing'" in ended.stdout
    assert ("never awaited" in ended.stderr) is warned
    assert warned or ended.stderr == ""


def test_unsupported_type_stops_a_preview_by_name(bench: Bench, cloud: FakeCloud) -> None:
    """A type the provider does not know is named."""
    outcome = bench.preview(lambda: openstack.dns.Zone("z", name="z.", opts=ResourceOptions(provider=provider())))

    assert "openstack:dns/zone:Zone" in outcome.failures[0].error
    assert not cloud.log


def _transforms() -> None:
    group(opts=ResourceOptions(transforms=[lambda _: None]))


def _hooks() -> None:
    hook = pulumi.ResourceHook("h", lambda _: None)
    group(opts=ResourceOptions(hooks=pulumi.ResourceHookBinding(before_create=[hook])))


@pytest.mark.parametrize(("program", "named"), [(_transforms, "transforms"), (_hooks, "hook")])
def test_unsupported_option_is_named_and_points_to_the_other_engine(
    bench: Bench, program: Callable[[], None], named: str
) -> None:
    """What the SDK would blame on an old CLI is said as what it is here."""
    (failed,) = bench.preview(program).failures

    assert named in failed.error
    assert "--engine pulumi" in failed.error
    assert "update the Pulumi CLI" not in failed.error


def test_duplicate_urn_is_refused(bench: Bench, cloud: FakeCloud) -> None:
    """Two resources of one name: the second is a failure, the first is made once."""

    def program() -> None:
        opts = ResourceOptions(provider=provider())
        openstack.networking.SecGroup("g", name="g", opts=opts)
        openstack.networking.SecGroup("g", name="g", opts=opts)

    outcome = bench.update(program)

    assert "declared twice" in outcome.failures[0].error
    assert cloud.names(GROUP) == ["g"]


def _stateful(type_: str) -> bool:
    return type_ == NETWORK


def test_gate_deleting_what_holds_data_must_be_named(bench: Bench, cloud: FakeCloud) -> None:
    """Not named: refused, and nothing at all is deleted. Named: gone."""
    bench.update(partial(tenants, "a", "b"))
    before = dict(cloud.objects)

    refused = bench.update(partial(tenants, "a"), stateful=_stateful)

    (failed,) = refused.failures
    assert f"--delete {failed.urn}" in failed.error
    assert cloud.objects == before
    assert bench.update(partial(tenants, "a"), stateful=_stateful, allow=frozenset({failed.urn})).ok
    assert cloud.names(NETWORK) == ["a-net"]


def test_gate_replacement_of_a_dependant_must_be_named_too(bench: Bench, cloud: FakeCloud) -> None:
    """What would follow a replaced object counts: refused before either is touched."""

    def program(owner: str) -> None:
        opts = ResourceOptions(provider=provider())
        projects = {n: openstack.identity.Project(n, name=n, opts=opts) for n in ("p1", "p2")}
        network = openstack.networking.Network("net", name="net", tenant_id=projects[owner].id, opts=opts)
        openstack.networking.Subnet("sub", name="sub", network_id=network.id, cidr="10.0.0.0/24", opts=opts)

    bench.update(lambda: program("p1"))
    before = dict(cloud.objects)

    outcome = bench.update(lambda: program("p2"), stateful=lambda type_: type_ == SUBNET)

    assert any("--replace" in failed.error and "::sub" in failed.error for failed in outcome.failures)
    assert cloud.objects == before


def test_full_disk_stops_before_acting_and_the_rerun_completes(
    bench: Bench, cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the first record without room on nothing new is begun; what was made is found again, each object once."""
    writes = 0
    real = os.write

    def filling(fd: int, data: bytes) -> int:
        nonlocal writes
        writes += 1
        if writes > 9:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(fd, data)

    def no_room(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", filling)
        patched.setattr(os, "fsync", no_room)
        outcome = bench.update(partial(tenants, "a", "b"))
    made = cloud.calls["create"]

    assert any("disk is full" in failed.error for failed in outcome.failures)
    assert made < 10
    assert bench.update(partial(tenants, "a", "b")).ok
    assert cloud.calls["create"] == 10
    assert len(cloud.objects) == 10
    assert not bench.state().intents
