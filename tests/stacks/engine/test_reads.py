"""Tests of stacks.engine.reads."""

from __future__ import annotations

import pulumi
import pulumi_openstack as openstack
from pulumi import InvokeOutputOptions, Output, ResourceOptions

from stacks.engine.events import Op
from stacks.engine.values import UNKNOWN, mask, reveal
from tests.stacks.engine.conftest import Bench
from tests.stacks.engine.fake_cloud import NETWORK, FakeCloud
from tests.stacks.engine.programs import provider


def test_get_and_invoke_read_without_owning(bench: Bench, cloud: FakeCloud) -> None:
    """An object got by id and a function give their outputs and are not deleted with the stack."""
    id_ = cloud.add(NETWORK, name="shared")

    def program() -> None:
        opts = ResourceOptions(provider=provider())
        got = openstack.networking.Network.get("got", id_, opts=opts)
        made = openstack.networking.Network("made", name="made", opts=opts)
        found = openstack.networking.get_network_output(name=made.name, opts=InvokeOutputOptions(parent=made))
        pulumi.export("got", got.name)
        pulumi.export("found", found.id)

    assert bench.preview(program).outputs == {"got": "shared", "found": UNKNOWN}
    outcome = bench.update(program)

    (made,) = (i for i, o in cloud.objects.items() if o["inputs"]["name"] == "made")
    assert outcome.outputs == {"got": "shared", "found": made}
    assert bench.run("destroy").ok
    assert list(cloud.objects) == [id_]


def test_invoke_that_fails_is_said_once(bench: Bench) -> None:
    """A function that finds nothing fails the run with the API's words and no second complaint of the program."""

    def program() -> None:
        openstack.networking.get_network(name="nothing", opts=pulumi.InvokeOptions(provider=provider()))

    outcome = bench.update(program)

    assert [failed.error for failed in outcome.failures] == [
        "openstack:networking/getNetwork:getNetwork: nothing is named nothing"
    ]


def _reads_other() -> None:
    other = pulumi.StackReference("city.lab.other")
    pulumi.export("copy", other.get_output("x"))
    pulumi.export("secret", other.get_output("s"))


def test_stack_reference_reads_outputs_and_their_secretness(bench: Bench) -> None:
    """Another stack's outputs arrive; a secret one stays secret, also on disk."""
    bench.run(
        "update", lambda: pulumi.export("x", 7) or pulumi.export("s", Output.secret("canary")), stack="city.lab.other"
    )

    outcome = bench.update(_reads_other, references=lambda name: bench.state(stack=name).outputs())

    assert mask(outcome.outputs) == {"copy": 7, "secret": "[secret]"}
    assert reveal(outcome.outputs)["secret"] == "canary"
    assert "canary" not in (bench.folder / "city.lab.base.json").read_text()


def test_stack_reference_to_nothing_is_unknown_in_preview_and_an_error_in_update(bench: Bench) -> None:
    """A stack not deployed yet can be planned with; deploying on it says what to do."""
    foreseen, outcome = bench.preview(_reads_other), bench.update(_reads_other)

    assert foreseen.ok
    assert foreseen.outputs["copy"] == UNKNOWN
    assert "city.lab.other" in outcome.failures[0].error
    assert "deploy it first" in outcome.failures[0].error


def _builds_on_other() -> None:
    sizes = pulumi.StackReference("city.lab.other").require_output("sizes")
    options = ResourceOptions(provider=provider())
    for name in ("kept", "new"):
        openstack.networking.Network(name, name=name, description=sizes[name], opts=options)


def test_stack_reference_to_outputs_partly_to_come_hides_only_those(bench: Bench) -> None:
    """A plan over a stack that is itself planned knows what is known: nothing else seems to change."""
    bench.update(_builds_on_other, references=lambda _: {"sizes": {"kept": "small", "new": "large"}})

    foreseen = bench.preview(_builds_on_other, references=lambda _: {"sizes": {"kept": "small", "new": UNKNOWN}})

    assert foreseen.ok
    changed = [c.urn.rpartition("::")[2] for c in foreseen.changes if c.op is Op.UPDATE]
    assert changed == ["new"]
