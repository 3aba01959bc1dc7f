"""The decisions of a plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stacks.engine.events import Change, Op
from stacks.inputs import FoundationInputs, SecurityGroup
from stacks.rollout.plan import PlanReport, StackPlan, Standing, losses, refusal, standing
from stacks.rollout.records import Record, Result
from stacks.shards import Shard

PROJECT, GROUP = "openstack:identity/project:Project", "openstack:identity/groupV3:GroupV3"
INPUTS = FoundationInputs("c", "east", "east", (), (), (), (), (), (), SecurityGroup("c.base", ()))
SHARD = Shard("c.east.foundation", "east", "foundation", None, (), INPUTS)
RECORD = Record(SHARD.stack, "east", "foundation", SHARD.digest, "p", "embedded", Result.DONE, "now")
NONE: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (None, Standing.NEW),
        (RECORD, Standing.UNCHANGED),
        (replace(RECORD, digest="other"), Standing.CHANGED),
        (replace(RECORD, program="other"), Standing.CHANGED),
        (replace(RECORD, needs="other"), Standing.CHANGED),
        (replace(RECORD, result=Result.ACTING), Standing.UNFINISHED),
        (replace(RECORD, result=Result.FAILED), Standing.UNFINISHED),
        (replace(RECORD, result=Result.UNKNOWN), Standing.UNFINISHED),
    ],
)
def test_standing_of_a_shard_follows_its_record(record: Record | None, expected: Standing) -> None:
    """Only a finished record of the same inputs, program and foundation lets a shard be skipped."""
    assert standing(SHARD, record, "p", "") is expected


def stack_of(kind: Standing, *changes: Change) -> StackPlan:
    return StackPlan("c.east.a", "east", "department", kind, changes)


def asks(stack: StackPlan, replace_: frozenset[str] = NONE, delete: frozenset[str] = NONE) -> list[str]:
    return [loss.ask for loss in losses(stack, lambda t: t == PROJECT, replace_, delete)]


@pytest.mark.parametrize(("op", "option"), [(Op.DELETE, "--delete 'u'"), (Op.REPLACE, "--replace 'u'")])
def test_losses_of_what_holds_data_need_to_be_named(op: Op, option: str) -> None:
    """The exact option is given; naming the URN, and only in the right way, allows it."""
    stack = stack_of(Standing.CHANGED, Change(op, "u", PROJECT))
    named, other = (frozenset({"u"}), NONE) if op is Op.REPLACE else (NONE, frozenset({"u"}))
    assert asks(stack) == [option]
    assert asks(stack, other, named) == [option]
    assert asks(stack, named, other) == [""]


def test_losses_of_what_holds_no_data_need_no_name() -> None:
    """They are listed and need nothing."""
    assert asks(stack_of(Standing.CHANGED, Change(Op.DELETE, "u", GROUP))) == [""]


@pytest.mark.parametrize("named", ["c.east.a", "u"])
def test_losses_of_a_removed_department_are_allowed_by_its_stack_or_project(named: str) -> None:
    """One name is enough for all that is in the stack."""
    network = Change(Op.DELETE, "n", PROJECT + "x")
    gone = stack_of(Standing.GONE, Change(Op.DELETE, "u", PROJECT), network)
    assert asks(gone) == ["--delete c.east.a", ""]
    assert asks(gone, delete=frozenset({named})) == ["", ""]


def test_losses_of_a_living_stack_are_not_allowed_by_its_name() -> None:
    """The name of a stack stands for its removal only."""
    stack = stack_of(Standing.CHANGED, Change(Op.DELETE, "u", PROJECT))
    assert asks(stack, delete=frozenset({"c.east.a"})) == ["--delete 'u'"]


def test_losses_of_what_an_interrupted_run_left_unusable_need_no_name() -> None:
    """Nothing can be lost with an object that nobody could ever use."""
    stack = stack_of(Standing.UNFINISHED, Change(Op.REPLACE, "u", PROJECT))
    assert asks(stack) == ["--replace 'u'"]
    assert asks(replace(stack, stillborn=frozenset({"u"}))) == [""]


def test_losses_of_creations_are_none() -> None:
    """Nothing is lost where nothing is destroyed."""
    assert asks(stack_of(Standing.NEW, Change(Op.CREATE, "u", PROJECT), Change(Op.UPDATE, "v", PROJECT))) == []


def test_refusal_lists_each_option_once() -> None:
    """The message can be copied into the next command."""
    gone = stack_of(Standing.GONE, Change(Op.DELETE, "u", PROJECT), Change(Op.DELETE, "v", PROJECT))
    lost = tuple(losses(gone, lambda _: True, NONE, NONE))
    report = PlanReport("c", "d", ("east",), (gone,), lost)
    assert report.exit_code == 4
    assert refusal(report).say("en").count("--delete c.east.a") == 1
    assert "2 thing(s)" in refusal(report).say("en")


def test_counts_leave_out_the_structure_of_the_program() -> None:
    """Providers, components and the stack itself are nothing at a site."""
    kinds = ("pulumi:providers:openstack", "pulumi:pulumi:Stack", "govcloud:stacks:Foundation", GROUP)
    stack = stack_of(Standing.NEW, *(Change(Op.CREATE, kind, kind) for kind in kinds))
    assert stack.counts == {Op.CREATE: 1}
