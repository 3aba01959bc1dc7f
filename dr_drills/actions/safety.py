"""What must be so around every step, whatever plan it belongs to."""

from __future__ import annotations

from dataclasses import dataclass

from dr_drills.planning import looks
from dr_drills.planning.steps import Action, Case, Look, Step
from dr_drills.planning.world import Role, Seen, World, all_seen, negated, seen
from failures import Text

EVERY = frozenset(Action)
TAKING = frozenset({Action.SWITCH, Action.RELEASE_LEASE, Action.PROMOTE_DR, Action.FORCE_STORE})
"""Actions after which another server takes writes, in a world in which sites may be given up."""


@dataclass(frozen=True)
class Invariant:
    """`holds` around each of `actions`; where unknown is not enough, it must be yes before the world is touched."""

    id: str
    reason: Text
    actions: frozenset[Action]
    holds: Look
    unknown_is_enough: bool


@dataclass(frozen=True)
class Violation:
    """An invariant that does not hold; `answer` is no, or unknown where that is not enough."""

    invariant: Invariant
    answer: Seen


def one_side_writes(world: World, _case: Case, _target: str) -> Seen:
    """Tell whether at most one cluster's primary can acknowledge; two primaries of one cluster share one lease."""
    city = seen(any(world.nodes[site].role is Role.PRIMARY for site in world.city))
    dr = seen(bool(world.dr) and world.nodes[world.dr].role is Role.PRIMARY)
    return negated(all_seen((city, dr)))


def nobody_given_up_leads(world: World, case: Case, _target: str) -> Seen:
    """Tell whether the new primary is not one of the sites that are given up."""
    del world
    return seen(case.to not in case.lost)


INVARIANTS = (
    Invariant(
        "X01",
        Text("At most one side acknowledges writes.", "最多只有一侧确认写入。"),
        EVERY,
        one_side_writes,
        unknown_is_enough=True,
    ),
    Invariant(
        "X02",
        Text("Sites that are given up are shut out before another leads.", "新主库产生之前，被放弃的中心须已隔离。"),
        TAKING,
        looks.lost_are_fenced,
        unknown_is_enough=False,
    ),
    Invariant(
        "X03",
        Text("The new primary is not at a site that is given up.", "新主库不得位于被放弃的中心。"),
        TAKING,
        nobody_given_up_leads,
        unknown_is_enough=False,
    ),
    Invariant(
        "X04",
        Text("Who holds the lease is known before it moves.", "移动租约之前须知道其持有者。"),
        frozenset({Action.SWITCH, Action.RELEASE_LEASE}),
        looks.lease_is_known,
        unknown_is_enough=False,
    ),
    Invariant(
        "X05",
        Text("No store is restarted alone while a majority may live.", "多数派可能仍然存活时，不得单独重启仲裁服务。"),
        frozenset({Action.FORCE_STORE}),
        looks.lost_are_off,
        unknown_is_enough=False,
    ),
)


def violations(world: World, case: Case, step: Step, *, before: bool) -> tuple[Violation, ...]:
    """Return what does not hold around a step; afterwards, only what is known not to."""
    rows = (row for row in INVARIANTS if step.rule.action in row.actions)
    found = (Violation(row, row.holds(world, case, step.target)) for row in rows)
    return tuple(
        v
        for v in found
        if v.answer is Seen.NO or (before and v.answer is not Seen.YES and not v.invariant.unknown_is_enough)
    )
