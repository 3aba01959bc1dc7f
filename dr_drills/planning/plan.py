"""Plans from an observed world, purely: no input, no output, no clock."""

from __future__ import annotations

from collections.abc import Iterator

from dr_drills.planning import rows_city, rows_dr
from dr_drills.planning.steps import Case, Kind, Plan, Refusal, Rule, Step
from dr_drills.planning.world import Seen, World

TABLE: dict[Kind, tuple[Rule, ...]] = {
    Kind.SWITCHOVER: rows_city.SWITCHOVER,
    Kind.FAILOVER: rows_city.FAILOVER,
    Kind.FAILOVER_BY_LEASE: rows_city.FAILOVER_BY_LEASE,
    Kind.REPROTECT: rows_city.REPROTECT,
    Kind.TAKEOVER: rows_city.TAKEOVER,
    Kind.TAKE_BACK: rows_city.TAKE_BACK,
    Kind.RESTART: rows_city.RESTART,
    Kind.CITY_FAILOVER: rows_dr.CITY_FAILOVER,
    Kind.CITY_SWITCHOVER: rows_dr.CITY_SWITCHOVER,
    Kind.FAILBACK: rows_dr.FAILBACK,
}


def plan(kind: Kind, world: World, case: Case) -> Plan | Refusal:
    """Return the steps that are still to be done, or the first one whose guard does not hold.

    Invariants of every plan: at most one side whose writes are acknowledged; no promotion before the lost sites are
    fenced, and proven off where a fence on our side cannot stop them; nobody is promoted who lacks an acknowledged
    write, unless a second person agreed; an unknown is never a pass. A guard is judged in the world that the steps
    before it are expected to leave, and again by the executor in the world it then sees. Planning again from what is
    seen after an interruption gives the rest of the plan.
    """
    steps: list[Step] = []
    for step in _candidates(TABLE[kind], world, case):
        if step.rule.done(world, case, step.target) is Seen.YES:
            continue
        answer = step.rule.guard(world, case, step.target)
        if answer is not Seen.YES:
            return Refusal(step, answer)
        steps.append(step)
        world = step.rule.expect(world, case, step.target)
    return Plan(kind, case, tuple(steps))


def _candidates(rows: tuple[Rule, ...], world: World, case: Case) -> Iterator[Step]:
    return (Step(rule, target) for rule in rows for target in rule.targets(world, case))
