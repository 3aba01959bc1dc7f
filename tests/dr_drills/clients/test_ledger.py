"""Acknowledged, lost, recovered, unexpected, indeterminate."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dr_drills.clients.attempts import Attempt
from dr_drills.clients.ledger import SHOWN, count
from tests.dr_drills.clients.attempting import BAD, DOUBT, GOOD, attempt

MARKERS = st.sampled_from([f"m{number}" for number in range(12)])
ATTEMPTS = st.lists(
    st.builds(attempt, st.just(1.0), st.sampled_from([GOOD, BAD, DOUBT]), st.just(0.1), MARKERS), max_size=25
)
FOUND = st.frozensets(MARKERS)


def test_ledger_counts_each_class_of_marker() -> None:
    """One of each."""
    tried = {
        "kept": GOOD,
        "lost": GOOD,
        "late": GOOD,
        "gone": GOOD,
        "odd": BAD,
        "no": BAD,
        "maybe": DOUBT,
        "not": DOUBT,
    }
    found = count(
        [attempt(1.0, outcome, marker=marker) for marker, outcome in tried.items()],
        before={"kept", "gone"},
        after={"kept", "late", "odd", "maybe"},
    )

    assert (found.acknowledged, found.lost, found.recovered, found.missing_before) == (4, 2, 1, 2)
    assert found.lost_markers == ("gone", "lost")
    assert (found.unexpected, found.indeterminate_present, found.indeterminate_absent) == (1, 1, 1)


def test_ledger_leaves_out_what_was_not_to_be_written() -> None:
    """A reader is acknowledged and has no marker."""
    assert count([attempt(1.0)], set(), set()).acknowledged == 0


def test_ledger_of_clients_that_went_on_does_not_miss_what_came_after_a_reading() -> None:
    """A row written after the first reading is not recovered, one written after the last is not lost."""
    attempts = [attempt(at, GOOD, marker=f"at {at:g}") for at in (1, 10, 20)]
    naive = count(attempts, before={"at 1"}, after={"at 1", "at 10"})
    right = count(attempts, before={"at 1"}, after={"at 1", "at 10"}, before_s=5, after_s=15)

    assert (naive.recovered, naive.lost) == (1, 1)
    assert (right.recovered, right.lost, right.acknowledged) == (0, 0, 2)


def test_ledger_shows_some_of_many_losses_and_counts_all() -> None:
    """A report stays readable."""
    found = count([attempt(1.0, GOOD, marker=f"m{number:03d}") for number in range(100)], set(), set())

    assert (found.lost, len(found.lost_markers), found.lost_markers[0]) == (100, SHOWN, "m000")


@pytest.mark.slow
@given(ATTEMPTS, FOUND, FOUND)
def test_ledger_of_anything_adds_up(attempts: list[Attempt], before: frozenset[str], after: frozenset[str]) -> None:
    """Each marker is in one class, and what is lost is what was promised and is not there."""
    found = count(attempts, before, after)
    good = {a.marker for a in attempts if a.outcome is GOOD}
    doubt = {a.marker for a in attempts if a.outcome is DOUBT} - good
    refused = {a.marker for a in attempts} - good - doubt

    assert found.acknowledged == len(good) == len(good & after) + found.lost
    assert found.recovered + len(good - before - after) == found.missing_before
    assert found.indeterminate_present + found.indeterminate_absent == len(doubt)
    assert found.unexpected == len(refused & (before | after))
    assert json.loads(json.dumps(found.document()))["lost"] == found.lost


@given(ATTEMPTS, FOUND)
def test_ledger_of_a_database_that_kept_everything_has_no_loss(attempts: list[Attempt], more: frozenset[str]) -> None:
    """What is found beside it never counts against it."""
    kept = more | {a.marker for a in attempts if a.outcome is GOOD}

    assert (count(attempts, kept, kept).lost, count(attempts, kept, kept).missing_before) == (0, 0)
