"""Walks through the true world: faults, what the cluster does by itself, and plans that are interrupted anywhere."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from dr_drills.planning.plan import plan
from dr_drills.planning.steps import Case, Consent, Kind, Plan, Refusal, Step
from tests.dr_drills.planning.truth import CITY, DR, SITES, Truth

CASES: dict[Kind, tuple[tuple[Case, tuple[str, ...]], ...]] = {
    Kind.SWITCHOVER: tuple((Case((), to), CITY) for to in CITY),
    Kind.FAILOVER: ((Case(("a",), "b"), ("b", "c")), (Case(("b",), "a"), ("a", "c"))),
    Kind.FAILOVER_BY_LEASE: ((Case(("a",), "b"), ("b", "c")), (Case(("b",), "a"), ("a", "c"))),
    Kind.REPROTECT: ((Case(("a",), "b"), ("b", "c")), (Case(("b",), "a"), ("a", "c"))),
    Kind.TAKEOVER: ((Case(("a", "c"), "b"), ("b",)), (Case(("b", "c"), "a"), ("a",))),
    Kind.TAKE_BACK: ((Case(("a", "c"), "b"), ("b",)), (Case(("b", "c"), "a"), ("a",))),
    Kind.RESTART: ((Case(SITES, "b"), SITES), (Case(CITY, "a"), SITES)),
    Kind.CITY_FAILOVER: ((Case(CITY, DR), (DR,)),),
    Kind.CITY_SWITCHOVER: ((Case((), DR), (DR, "a")),),
    Kind.FAILBACK: ((Case(CITY, "a"), (DR, "a")), (Case(CITY, "b"), (DR, "b"))),
}
SETTLING = 12


class Broken(AssertionError):
    """An invariant does not hold; says after which history."""


def guard_invariants(truth: Truth, history: list[str]) -> None:
    """Raise Broken when two sides acknowledge, or one that acknowledges lacks a row it must have."""
    writers = [site for site in SITES if truth.acknowledges(site)]
    if len(writers) > 1:
        raise Broken(f"two sides acknowledge {writers}: {history}")
    for site in writers:
        lacking = truth.acked - truth.excused - set(truth.log(site))
        if lacking:
            raise Broken(f"{site} acknowledges without rows {sorted(lacking)}: {history}")


def wander(truth: Truth, random: Random, history: list[str], *, faults: int, steps: int = 10) -> Truth:
    """Return the world after some faults, events and writes."""
    for _ in range(steps):
        choices = [*truth.events(), *((f"write-{s}", truth.write(s)) for s in SITES)]
        if faults and random.random() < 0.4:
            choices, faults = list(truth.faults()), faults - 1
        name, truth = random.choice(choices)
        history.append(name)
        guard_invariants(truth, history)
    return truth


def settle(truth: Truth, history: list[str]) -> Truth:
    """Return the world once the cluster has nothing left to do by itself."""
    for _ in range(SETTLING):
        name, after = next(truth.events(), ("", truth))
        if after == truth:
            break
        history.append(name)
        truth = after
        guard_invariants(truth, history)
    return truth


def perform(truth: Truth, step: Step, case: Case, seat: str, history: list[str]) -> Truth:
    """Return the world after one step; what a second person agreed to lose is no loss."""
    history.append(step.id)
    after = truth.act(step, case, seat)
    if step.rule.consent is Consent.SECOND_PERSON and after.acknowledges(case.to):
        after = replace(after, excused=after.excused | (after.acked - set(after.log(case.to))))
    guard_invariants(after, history)
    return after


BEFORE: dict[Kind, tuple[Kind, ...]] = {
    Kind.REPROTECT: (Kind.FAILOVER,),
    Kind.TAKE_BACK: (Kind.TAKEOVER,),
    Kind.FAILBACK: (Kind.CITY_FAILOVER, Kind.CITY_SWITCHOVER),
}


def prepare(kind: Kind, case: Case, random: Random, history: list[str]) -> Truth:
    """Return a world in which the plan has something to do: what it follows on has happened, and the lost came back."""
    truth = settle(Truth(), history)
    if kind not in BEFORE:
        return wander(truth, random, history, faults=random.randrange(3))
    first = random.choice(BEFORE[kind])
    earlier = next(c for c, _ in CASES[first] if first in {Kind.CITY_FAILOVER, Kind.CITY_SWITCHOVER} or c == case)
    if first is not Kind.CITY_SWITCHOVER:
        truth = replace(truth.write("a") if random.random() < 0.7 else truth, cut=frozenset(earlier.lost))
    truth, _ = follow(truth, first, earlier, earlier.to, random, history)
    return replace(wander(truth, random, history, faults=0, steps=4), cut=frozenset(), up=frozenset(SITES))


def follow(truth: Truth, kind: Kind, case: Case, seat: str, random: Random, history: list[str]) -> tuple[Truth, bool]:
    """Follow a plan, made anew after every step; return the world and whether the plan came to its end."""
    for _ in range(40):
        made = plan(kind, truth.observe(seat), case)
        if isinstance(made, Refusal):
            history.append(f"refused {made.step.id} {made.answer}")
            return truth, False
        if not made.steps:
            return truth, True
        truth = perform(truth, made.steps[0], case, seat, history)
        if random.random() < 0.6:
            truth = settle(truth, history)
        elif random.random() < 0.5:
            truth = wander(truth, random, history, faults=0, steps=2)
    return truth, False


def finish(truth: Truth, made: Plan, seat: str, history: list[str]) -> Truth:
    """Return the world after every step of a plan, undisturbed."""
    for step in made.steps:
        truth = settle(perform(truth, step, made.case, seat, history), history)
    return truth
