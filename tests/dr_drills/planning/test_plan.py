"""Plans over the model of three sites: what they promise holds whenever they are interrupted."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from dr_drills.planning import looks
from dr_drills.planning.plan import TABLE, plan
from dr_drills.planning.steps import Action, Case, Consent, Kind, Plan, Refusal, Undo
from dr_drills.planning.world import Seen, Side
from tests.dr_drills.planning.truth import CITY, DR, Truth
from tests.dr_drills.planning.walks import CASES, Broken, finish, follow, guard_invariants, prepare, settle, wander

HEALTHY = settle(Truth(), [])
WALKS = 150


def only_plan(kind: Kind, truth: Truth, case: Case, seat: str) -> Plan:
    made = plan(kind, truth.observe(seat), case)
    assert isinstance(made, Plan), made
    return made


def cut(truth: Truth, *sites: str) -> Truth:
    return replace(truth, cut=truth.cut | set(sites))


def stroll(kind: Kind) -> None:
    """Walk many times through worlds in which a plan is followed and disturbed."""
    for seed in range(WALKS):
        random = Random(f"careless {kind} {seed}")
        case, seats = random.choice(CASES[kind])
        truth = prepare(kind, case, random, [])
        truth, _ = follow(truth, kind, case, random.choice(seats), random, [])
        wander(truth, random, [], faults=2, steps=10)


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(Kind))
def test_plan_interrupted_anywhere_keeps_every_invariant(kind: Kind) -> None:
    """Whatever happened before, and wherever a plan is interrupted and made anew, no invariant breaks."""
    ended = 0
    for seed in range(WALKS):
        random = Random(f"{kind} {seed}")
        history: list[str] = []
        case, seats = random.choice(CASES[kind])
        truth = prepare(kind, case, random, history)
        truth, done = follow(truth, kind, case, random.choice(seats), random, history)
        ended += done
        truth = wander(truth, random, history, faults=random.randrange(2), steps=6)
    print(f"{kind}: {ended} of {WALKS} walks came to the plan's end")


def test_switchover_when_healthy_moves_the_primary_without_loss() -> None:
    """The synchronous copy leads afterwards, and the old primary is a copy again."""
    truth = HEALTHY.write("a")
    made = only_plan(Kind.SWITCHOVER, truth, Case((), "b"), "b")

    after = finish(truth, made, "b", [])

    assert [step.rule.id for step in made.steps] == ["switch", "verify-write", "await-copy"]
    assert after.primary_of_city() == "b"
    assert after.acked <= set(after.log("b"))


def test_failover_when_the_site_is_dark_fences_before_it_promotes() -> None:
    """Site A is cut off: it is fenced, the lease is handed over, and a client writes at B."""
    truth = cut(HEALTHY.write("a"), "a")
    made = only_plan(Kind.FAILOVER, truth, Case(("a",), "b"), "b")

    after = finish(truth, made, "b", [])

    assert [step.id for step in made.steps] == ["fence/a", "release-lease/b", "verify-write/b"]
    assert after.acknowledges("b")
    assert not after.acknowledges("a")


def test_failover_when_the_copy_was_behind_is_refused() -> None:
    """B was not synchronous when A went dark, so what A acknowledged alone would be lost."""
    alone = settle(cut(HEALTHY, "b"), []).write("a")
    truth = cut(replace(alone, cut=frozenset()), "a")

    made = plan(Kind.FAILOVER, truth.observe("b"), Case(("a",), "b"))

    assert isinstance(made, Refusal)
    assert made.step.rule.id == "release-lease"


def test_failover_when_the_copies_are_unknown_is_refused() -> None:
    """What cannot be read is not a pass."""
    world = replace(cut(HEALTHY, "a").observe("b"), copies=None)

    made = plan(Kind.FAILOVER, world, Case(("a",), "b"))

    assert isinstance(made, Refusal)
    assert made.answer is Seen.UNKNOWN


def test_city_failover_when_both_are_dark_serves_from_the_dr_site() -> None:
    """Both sites are proven off and fenced, a second person agrees, and the DR site writes."""
    truth = cut(HEALTHY.write("a"), *CITY)
    made = only_plan(Kind.CITY_FAILOVER, truth, Case(CITY, DR), DR)

    after = finish(truth, made, DR, [])

    assert made.needs_second_person
    assert after.acknowledges(DR)
    assert after.route is Side.DR
    assert [step.rule.id for step in made.steps][:4] == ["prove-off", "prove-off", "fence", "fence"]


def test_failback_after_a_city_failover_returns_without_loss() -> None:
    """What the DR site acknowledged is in the city when the city writes again."""
    lost = cut(HEALTHY.write("a"), *CITY)
    served = finish(lost, only_plan(Kind.CITY_FAILOVER, lost, Case(CITY, DR), DR), DR, []).write(DR)
    back = replace(served, cut=frozenset())
    history: list[str] = []

    after, done = follow(back, Kind.FAILBACK, Case(CITY, "a"), DR, Random(1), history)

    assert done, history
    assert after.primary_of_city() == "a"
    assert after.acked - after.excused <= set(after.log("a"))
    assert not after.acknowledges(DR)


def test_takeover_when_the_others_are_not_proven_off_does_not_begin_with_the_store() -> None:
    """The only majority may live elsewhere: proofs come first, and each needs a second person."""
    truth = cut(HEALTHY, "a", "c")

    made = only_plan(Kind.TAKEOVER, truth, Case(("a", "c"), "b"), "b")

    assert [step.rule.action for step in made.steps][:2] == [Action.PROVE_OFF, Action.PROVE_OFF]
    assert all(step.rule.consent is Consent.SECOND_PERSON for step in made.steps[:2])


def test_takeover_and_take_back_return_to_three_members() -> None:
    """The survivor serves alone, then both others come back wiped, one by one."""
    truth = cut(HEALTHY.write("a"), "a", "c")
    alone = finish(truth, only_plan(Kind.TAKEOVER, truth, Case(("a", "c"), "b"), "b"), "b", []).write("b")
    assert alone.acknowledges("b")
    history: list[str] = []

    after, done = follow(
        replace(alone, cut=frozenset()), Kind.TAKE_BACK, Case(("a", "c"), "b"), "b", Random(1), history
    )

    assert done, history
    assert after.stores[after.store_of("b")].members == {"a", "b", "c"}
    assert after.acked <= set(after.log("b"))


@pytest.mark.parametrize(
    ("kind", "left_out"),
    [
        (Kind.CITY_FAILOVER, "prove-off"),
        (Kind.TAKEOVER, "prove-off"),
        (Kind.CITY_SWITCHOVER, "city-steps-down"),
    ],
)
def test_plan_without_its_proof_makes_two_sides_that_write(
    kind: Kind, left_out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The walks can fail: leave out one row and the guards, and some history breaks an invariant."""
    careless = tuple(replace(row, guard=looks.always) for row in TABLE[kind] if row.id != left_out)
    monkeypatch.setitem(TABLE, kind, careless)

    with pytest.raises(Broken, match="acknowledge"):
        stroll(kind)


def test_old_members_that_meet_behind_the_fence_write_beside_the_survivor() -> None:
    """Why take-back wipes first: started again without it, A and C are the old store's majority."""
    truth = cut(HEALTHY, "a", "c")
    alone = finish(truth, only_plan(Kind.TAKEOVER, truth, Case(("a", "c"), "b"), "b"), "b", [])

    with pytest.raises(Broken, match="two sides acknowledge"):
        settle(replace(alone, cut=frozenset(), stopped=frozenset()), [])


def test_world_without_guards_breaks_the_invariants() -> None:
    """The walks can fail: promoting the DR site while the city lives makes two sides that acknowledge."""
    careless = replace(HEALTHY, dr_leads=True, dr_follows=False)

    with pytest.raises(Broken):
        guard_invariants(careless, [])


@pytest.mark.parametrize("kind", list(Kind))
def test_table_rows_have_what_a_log_needs(kind: Kind) -> None:
    """Every row has an id of its own in its plan, a reason in both languages and a time it may take."""
    rows = TABLE[kind]

    assert len({row.id for row in rows}) == len(rows)
    assert all(row.reason.en and row.reason.zh and row.timeout_s > row.predicted_s for row in rows)


def test_rows_that_promote_or_fence_are_never_undone_by_themselves() -> None:
    """Taking back a promotion, a fence or a route is a decision."""
    grave = {
        Action.PROMOTE_DR,
        Action.PROMOTE_CITY,
        Action.RELEASE_LEASE,
        Action.FENCE,
        Action.ROUTE,
        Action.FORCE_STORE,
    }

    undone = {row.undo for rows in TABLE.values() for row in rows if row.action in grave}

    assert undone == {Undo.PERSON}
