"""What a deployment would do, decided from shards, records and previews alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from failures import GateRefused, GovcloudError, Text
from stacks.engine.events import Change, Op
from stacks.messages import distinct
from stacks.rollout.records import Record, Result
from stacks.shards import Shard

ACTS = (Op.CREATE, Op.IMPORT, Op.ADOPT, Op.UPDATE, Op.REPLACE, Op.DELETE)
PROJECT_TYPE = "openstack:identity/project:Project"


class Standing(StrEnum):
    """How a stack stands against the topology, before any site is asked."""

    UNCHANGED = "unchanged"
    NEW = "new"
    CHANGED = "changed"
    UNFINISHED = "unfinished"
    """the last run of this stack was cut short or failed"""
    GONE = "gone"
    """built once, no longer in the topology"""


@dataclass(frozen=True)
class Loss:
    """Something that a plan would destroy; `ask` is the option that allows it, empty when it needs none."""

    stack: str
    change: Change
    ask: str = ""
    holds_data: bool = False


@dataclass(frozen=True)
class StackPlan:
    """What would happen to one stack; `trouble` when that could not be learned.

    `stillborn` are URNs of objects that an interrupted run left unusable: nothing can be lost with them.
    """

    stack: str
    site: str
    kind: str
    standing: Standing
    changes: tuple[Change, ...] = ()
    trouble: GovcloudError | None = None
    stillborn: frozenset[str] = frozenset()

    @property
    def counts(self) -> Counter[Op]:
        return Counter(change.op for change in self.changes if is_object(change.type))

    @property
    def moves(self) -> bool:
        """Whether something at the site would be made, changed or destroyed."""
        return any(self.counts[op] for op in ACTS)

    @property
    def acts(self) -> bool:
        """Whether running this stack could touch anything."""
        return self.standing is not Standing.UNCHANGED


@dataclass(frozen=True)
class PlanReport:
    """The plan of a whole cloud; `digest` is that of the topology's files when it was made."""

    cloud: str
    digest: str
    sites: tuple[str, ...]
    stacks: tuple[StackPlan, ...]
    losses: tuple[Loss, ...]

    @property
    def refused(self) -> tuple[Loss, ...]:
        return tuple(loss for loss in self.losses if loss.ask)

    @property
    def acting(self) -> tuple[StackPlan, ...]:
        return tuple(stack for stack in self.stacks if stack.acts)

    @property
    def troubles(self) -> tuple[StackPlan, ...]:
        return tuple(stack for stack in self.stacks if stack.trouble)

    @property
    def messages(self) -> tuple[GovcloudError, ...]:
        """One failure per site and cause, and the refusal."""
        told = tuple(distinct((stack.site, stack.trouble) for stack in self.stacks if stack.trouble))
        return (*told, refusal(self)) if self.refused else told

    @property
    def exit_code(self) -> int:
        """4 when something would be lost that was not named, else the worst trouble, else 0."""
        if self.refused:
            return GateRefused.exit_code
        return max((stack.trouble.exit_code for stack in self.stacks if stack.trouble), default=0)

    def counts(self, site: str) -> Counter[Op]:
        """Return operations of a site by kind; without those that change nothing."""
        return sum((s.counts for s in self.stacks if s.site == site), Counter[Op]())

    def document(self) -> dict[str, Any]:
        return {
            "ok": self.exit_code == 0,
            "exit_code": self.exit_code,
            "cloud": self.cloud,
            "topology": self.digest,
            "sites": {site: {str(op): n for op, n in self.counts(site).items()} for site in self.sites},
            "stacks": [_stack_document(stack) for stack in self.stacks],
            "destroys": [_loss_document(loss) for loss in self.losses],
        }


def _stack_document(stack: StackPlan) -> dict[str, Any]:
    return {
        "stack": stack.stack,
        "site": stack.site,
        "kind": stack.kind,
        "standing": str(stack.standing),
        "changes": [change_document(change) for change in stack.changes if change.op is not Op.SAME],
        "error": stack.trouble.what.en if stack.trouble else None,
    }


def change_document(change: Change) -> dict[str, Any]:
    """Return a change as JSON values; `keys` are names of inputs, never values."""
    return {"op": str(change.op), "urn": change.urn, "type": change.type, "id": change.id, "keys": list(change.keys)}


def _loss_document(loss: Loss) -> dict[str, Any]:
    change = loss.change
    return {"stack": loss.stack, "urn": change.urn, "op": str(change.op), "data": loss.holds_data, "needs": loss.ask}


def is_object(type_: str) -> bool:
    """Return whether a resource of this type is something at a site, and not a part of the program's structure."""
    return type_.partition(":")[0] not in {"pulumi", "govcloud"}


def standing(shard: Shard, record: Record | None, program: str, needs: str) -> Standing:
    """Return how a shard stands; `needs` is a hash of the outputs it would be built on."""
    if record is None:
        return Standing.NEW
    if record.result is not Result.DONE:
        return Standing.UNFINISHED
    same = (record.digest, record.program, record.needs) == (shard.digest, program, needs)
    return Standing.UNCHANGED if same else Standing.CHANGED


def needs_hash(shard: Shard, records: Mapping[str, Record]) -> str:
    """Return a hash of the outputs that a shard stands on, as the records know them."""
    return "|".join(records[stack].outputs if stack in records else "" for stack in shard.needs)


def losses(
    stack: StackPlan, stateful: Callable[[str], bool], replace: frozenset[str], delete: frozenset[str]
) -> Iterable[Loss]:
    """Yield everything a stack's plan destroys; what holds data and was not named carries the option to name it."""
    doomed = [c for c in stack.changes if c.op in {Op.DELETE, Op.REPLACE}]
    projects = {c.urn for c in doomed if c.type == PROJECT_TYPE}
    whole = stack.standing is Standing.GONE and (stack.stack in delete or bool(projects & delete))
    for change in doomed:
        allowed = whole or change.urn in (replace if change.op is Op.REPLACE else delete)
        holds = stateful(change.type) and change.urn not in stack.stillborn
        if allowed or not holds:
            yield Loss(stack.stack, change, holds_data=holds)
        elif stack.standing is Standing.GONE:
            yield Loss(stack.stack, change, f"--delete {stack.stack}", holds_data=True)
        else:
            yield Loss(stack.stack, change, f"--{change.op} '{change.urn}'", holds_data=True)


def refusal(report: PlanReport) -> GateRefused:
    """Return the refusal that lists the exact options to pass."""
    options = list(dict.fromkeys(loss.ask for loss in report.refused))
    count = len(report.refused)
    listed = "\n     ".join(options)
    return GateRefused(
        Text(
            f"the plan would destroy {count} thing(s) that hold data and were not named; nothing was touched",
            f"计划将销毁 {count} 个未点名的有状态资源；未做任何修改",
        ),
        where=report.cloud,
        fix=Text(f"if that is meant, add:\n     {listed}", f"如确需如此，请加上：\n     {listed}"),
    )
