"""What counts as two sides that acknowledge, and what is a mere take-over."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from dr_drills.clients.attempts import Attempt, Kind, Outcome
from dr_drills.clients.record import Record
from dr_drills.rehearsal.means import Counted
from dr_drills.rehearsal.measure import dual, measured


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


class Writer:
    """A client that is only named: what it tried is in the record."""

    name, service, kind = "writer", "citizen-db", Kind.WRITER

    def attempt(self, marker: str) -> Attempt:
        raise AssertionError(f"nobody tries {marker} any more")

    def close(self) -> None:
        """It has nothing open."""


@pytest.mark.parametrize(
    ("fails", "early", "seconds"), [(14.0, 0, 4.5), (6.0, 1, 0.0), (None, 0, 0.0)], ids=["when due", "early", "never"]
)
def test_interruption_counts_from_what_may_interrupt_and_an_earlier_one_is_told_too(
    tmp_path: Path, fails: float | None, early: int, seconds: float
) -> None:
    """The drill acts from 5 s on, and from 10 s on nobody need be served; a client fails for half a second."""
    with Record(tmp_path / "record") as record:
        for n in range(300):
            at = n / 10
            bad = fails is not None and fails <= at < fails + 0.5
            outcome = Outcome.REFUSED if bad else Outcome.ACKNOWLEDGED
            record.append(Attempt("writer", f"m{n}", at, at + 0.05, outcome, "" if bad else "a"))
    counted = Counted(tmp_path / "record", 5.0, 10.0, 10.0, None, 0.0, None, None)

    found = measured([Writer()], counted)

    assert len(found["early"]) == early
    assert found["whole"]["seconds"] == pytest.approx(seconds, abs=0.1)
