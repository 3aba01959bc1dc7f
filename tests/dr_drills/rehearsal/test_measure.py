"""What counts as two sides that acknowledge, and what is a mere take-over."""

from __future__ import annotations

from collections.abc import Iterable

from dr_drills.clients.attempts import Attempt, Outcome
from dr_drills.rehearsal.measure import dual


def told(rows: Iterable[tuple[float, str]]) -> list[Attempt]:
    return [Attempt("writer", f"m{at}", at - 0.01, at, Outcome.ACKNOWLEDGED, where) for at, where in rows]


def test_sides_that_follow_one_another_are_a_take_over() -> None:
    """One change of place, however quick, is no second side; a switch back later is another one."""
    rows = [*((n / 10, "a") for n in range(50)), *((n / 10, "b") for n in range(50, 100)), (10.5, "a"), (10.6, "a")]

    assert dual(told(rows))["dual_acknowledging"] == 0


def test_sides_that_acknowledge_in_turn_are_two() -> None:
    """Acknowledgements that alternate come from two sides at once; each such sample counts."""
    found = dual(told((n / 10, "ab"[n % 2]) for n in range(20)))

    assert found["dual_acknowledging"] > 15
    assert found["samples"] == 20


def test_sides_without_a_name_say_nothing() -> None:
    """A refusal has no place, and no acknowledgement is no sample."""
    refused = [Attempt("writer", "m", 1.0, 1.1, Outcome.REFUSED, "a")]

    assert dual(refused) == {"dual_acknowledging": 0, "samples": 0}
