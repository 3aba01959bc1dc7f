"""Tests of stacks.engine.monitor and builder: every resource option, through the real SDK."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_openstack as openstack
import pytest
from pulumi import Alias, ResourceOptions

from tests.stacks.engine.conftest import Bench, ops
from tests.stacks.engine.fake_cloud import GROUP, PROJECT, FakeCloud
from tests.stacks.engine.programs import Tenant, group, provider


def test_protect_stops_replacement_and_deletion(bench: Bench, cloud: FakeCloud) -> None:
    """A protected resource is refused by name, and nothing else of the same set is deleted."""

    def program(*, keep: bool) -> None:
        group("other") if keep else None
        if keep:
            openstack.networking.SecGroup(
                "safe", name="safe", opts=ResourceOptions(protect=True, provider=provider("lab2"))
            )

    bench.update(lambda: program(keep=True))

    for outcome in (bench.update(lambda: program(keep=False)), bench.run("destroy")):
        assert [failed.error for failed in outcome.failures if "protected" in failed.error]
    assert cloud.names(GROUP) == ["other", "safe"]


def test_ignore_changes_keeps_the_old_value(bench: Bench, cloud: FakeCloud) -> None:
    """An ignored input is not changed; another one of the same resource is."""

    def program(text: str, tag: str) -> None:
        group(description=text, tags=[tag], opts=ResourceOptions(ignore_changes=["description"]))

    bench.update(lambda: program("one", "a"))
    bench.update(lambda: program("two", "b"))

    (made,) = cloud.objects.values()
    assert (made["inputs"]["description"], made["inputs"]["tags"]) == ("one", ["b"])


def test_replace_on_changes_makes_a_new_object(bench: Bench, cloud: FakeCloud) -> None:
    """A listed input forces replacement, the given name makes room first."""

    def program(text: str) -> None:
        group(description=text, opts=ResourceOptions(replace_on_changes=["description"]))

    bench.update(lambda: program("one"))
    (before,) = cloud.objects
    outcome = bench.update(lambda: program("two"))

    assert ops(outcome) == {"g": "replace"}
    assert [op for op, *_ in cloud.log] == ["create", "delete", "create"]
    assert before not in cloud.objects


@pytest.mark.parametrize(("first", "order"), [(True, ["delete", "create"]), (False, ["create", "delete"])])
def test_delete_before_replace_sets_the_order(bench: Bench, cloud: FakeCloud, *, first: bool, order: list[str]) -> None:
    """The program decides which object of a replacement is there alone."""

    def program(zone: str) -> None:
        openstack.blockstorage.Volume(
            "v",
            size=1,
            availability_zone=zone,
            opts=ResourceOptions(provider=provider(), delete_before_replace=first),
        )

    bench.update(lambda: program("a"))
    cloud.log.clear()
    outcome = bench.update(lambda: program("b"))

    assert outcome.ok
    assert [op for op, *_ in cloud.log] == order


def test_replace_takes_along_only_dependants_that_must_follow(bench: Bench, cloud: FakeCloud) -> None:
    """A network that moves takes its subnet along; a group that merely waits for it stays what it was."""

    def program(owner: str) -> None:
        opts = ResourceOptions(provider=provider())
        projects = {n: openstack.identity.Project(n, name=n, opts=opts) for n in ("p1", "p2")}
        network = openstack.networking.Network("net", name="net", tenant_id=projects[owner].id, opts=opts)
        openstack.networking.Subnet("sub", name="sub", network_id=network.id, cidr="10.0.0.0/24", opts=opts)
        openstack.networking.SecGroup(
            "grp", name="grp", opts=ResourceOptions.merge(opts, ResourceOptions(depends_on=[network]))
        )

    bench.update(lambda: program("p1"))
    (group,) = (id_ for id_, o in cloud.objects.items() if o["type"] == GROUP)
    cloud.log.clear()
    foreseen = bench.preview(lambda: program("p2"))
    outcome = bench.update(lambda: program("p2"))

    assert outcome.ok, outcome.failures
    assert ops(foreseen) == ops(outcome) == {"net": "replace", "sub": "replace"}
    assert [(op, name) for op, _, name in cloud.log] == [
        ("delete", "sub"),
        ("delete", "net"),
        ("create", "net"),
        ("create", "sub"),
    ]
    assert group in cloud.objects


def test_alias_renamed_resource_is_the_same_object(bench: Bench, cloud: FakeCloud) -> None:
    """A resource, and the children of a renamed component, keep their objects."""

    def before() -> None:
        Tenant("old", provider())

    class Renamed(Tenant):
        def __init__(self) -> None:
            site = provider()
            pulumi.ComponentResource.__init__(
                self, "gov:tenancy:Tenant", "new", None, ResourceOptions(providers=[site], aliases=[Alias(name="old")])
            )
            openstack.identity.Project("new-prj", name="old-prj", opts=ResourceOptions(parent=self))

    bench.update(before)
    (project,) = (id_ for id_, o in cloud.objects.items() if o["type"] == PROJECT)
    foreseen = bench.preview(Renamed)
    outcome = bench.update(Renamed)

    assert outcome.ok, outcome.failures
    assert "new-prj" not in ops(outcome)
    assert "new-prj" not in ops(foreseen)
    assert list(cloud.objects) == [project]
    assert ops(foreseen) == ops(outcome)


def test_import_takes_an_object_over_without_touching_it(bench: Bench, cloud: FakeCloud) -> None:
    """An object made by hand is taken in, is the same next time, and is deleted with the stack."""
    id_ = cloud.add(GROUP, name="g", description="by hand")

    def program(**options: Any) -> None:
        group(description="by hand", opts=ResourceOptions(**options))

    outcome = bench.update(lambda: program(import_=id_))

    assert ops(outcome) == {"g": "import"}
    assert cloud.calls["create"] == 0
    assert ops(bench.update(lambda: program(import_=id_))) == {}
    assert ops(bench.update(program)) == {}
    bench.run("destroy")
    assert not cloud.objects


def test_import_object_that_differs_is_refused_by_key(bench: Bench, cloud: FakeCloud) -> None:
    """What the program says differently from the object is named, and nothing is taken in."""
    id_ = cloud.add(GROUP, name="g", description="by hand")

    outcome = bench.update(lambda: group(description="other", opts=ResourceOptions(import_=id_)))

    assert "description" in outcome.failures[0].error
    assert not [r for r in bench.state().live.values() if r["type"] == GROUP]


def test_retain_on_delete_leaves_the_object(bench: Bench, cloud: FakeCloud) -> None:
    """A retained object leaves the stack and stays in the cloud."""
    bench.update(lambda: group(opts=ResourceOptions(retain_on_delete=True)))
    bench.update(lambda: None)

    assert cloud.names(GROUP) == ["g"]
    assert not bench.state().live.keys() & {"g"}
    assert cloud.calls["delete"] == 0


@pytest.mark.slow
def test_deleted_with_saves_the_call(bench: Bench, cloud: FakeCloud) -> None:
    """What goes with another object is not deleted on its own."""

    def program() -> None:
        opts = ResourceOptions(provider=provider())
        network = openstack.networking.Network("net", name="net", opts=opts)
        _with = ResourceOptions.merge(opts, ResourceOptions(deleted_with=network))
        openstack.networking.SecGroup("grp", name="grp", opts=_with)

    bench.update(program)
    outcome = bench.run("destroy")

    assert outcome.ok
    assert [name for op, _, name in cloud.log if op == "delete"] == ["net"]


def test_custom_timeouts_bound_the_calls(bench: Bench) -> None:
    """A resource's own limit goes before the caller's, for the delete also later."""
    asked: list[tuple[str, float]] = []

    class Timed:
        def __init__(self, inner: Any) -> None:
            self._inner = inner

        def __getattr__(self, name: str) -> Any:
            inner = getattr(self._inner, name)

            def call(*args: Any) -> Any:
                asked.append((name, args[-1]))
                return inner(*args)

            return call if name in {"create", "delete"} else inner

    connect = bench.connect
    limits = pulumi.CustomTimeouts(create="90s", delete="2m")
    for mode, program in (
        ("update", lambda: group(opts=ResourceOptions(custom_timeouts=limits))),
        ("destroy", None),
    ):
        bench.run(mode, program, connect=lambda *a: Timed(connect(*a)), budgets=lambda *_: 7.0)

    assert asked == [("create", 90.0), ("delete", 120.0)]


def test_default_provider_takes_its_config(bench: Bench) -> None:
    """Without a provider of its own a resource uses the one the config describes."""
    outcome = bench.update(
        lambda: openstack.networking.Network("n", name="n"), config={"openstack:cloud": "from-config"}
    )

    assert outcome.ok, outcome.failures
    assert [inputs["cloud"] for _, inputs in bench.connect.asked] == ["from-config"]
