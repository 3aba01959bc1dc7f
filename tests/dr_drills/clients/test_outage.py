"""What a client went through, told from its attempts."""

from __future__ import annotations

import json
import math
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dr_drills.clients.attempts import Attempt, Outcome
from dr_drills.clients.outage import during, outage, whole
from tests.dr_drills.clients.attempting import BAD, DOUBT, GOOD, attempt, paced

TIMES = st.floats(0, 30).map(lambda value: round(value, 3))
ATTEMPTS = st.lists(
    st.builds(attempt, TIMES, st.sampled_from([GOOD, BAD, DOUBT]), st.floats(0, 3).map(lambda value: round(value, 3))),
    max_size=40,
)


@pytest.mark.slow
@given(st.floats(1, 3), st.floats(0.15, 12), st.floats(0.001, 0.3))
def test_outage_of_a_service_that_was_down_holds_the_truth_between_its_bounds(
    fault_s: float, down_s: float, took_s: float
) -> None:
    """When the service really came back is within the bounds, and these are one attempt apart."""
    back_s = fault_s + down_s
    seen = outage(paced(back_s + 8, [(fault_s, back_s)], took_s=took_s), fault_s, 5)

    assert seen.held
    assert seen.seconds == seen.high_s
    assert seen.low_s <= down_s <= (seen.high_s or 0)
    assert seen.resolution_s == pytest.approx((seen.high_s or 0) - seen.low_s)
    assert (seen.resolution_s or 9) <= 0.1 + took_s + 1e-6


def test_outage_that_nobody_noticed_is_zero_and_says_how_much_could_hide() -> None:
    """Between two acknowledgements something may have happened."""
    seen = outage(paced(20), 5.0, 10)

    assert (seen.seconds, seen.low_s, seen.first_failure_s, seen.failed, seen.held) == (0.0, 0.0, None, 0, True)
    assert seen.high_s == seen.longest_gap_s == pytest.approx(0.1)


def test_outage_without_an_answer_is_not_known() -> None:
    """Never back, and nothing tried at all, are no number."""
    never = outage(paced(20, [(5, 99)]), 5.0, 10)
    nothing = outage([], 5.0, 10)

    assert (never.seconds, never.high_s, never.back_s, never.held) == (None, None, None, False)
    assert never.low_s == pytest.approx(15)
    assert (nothing.seconds, nothing.attempts, nothing.held) == (None, 0, False)


def test_outage_that_comes_back_for_a_moment_goes_on() -> None:
    """A second of service in the middle is no end; the same break after the service held is another one."""
    attempts = paced(40, [(5, 8), (9, 12)])

    assert outage(attempts, 5.0, 10).seconds == pytest.approx(7.01)
    assert outage(attempts, 5.0, 0.5).seconds == pytest.approx(3.01)


def test_outage_that_begins_late_counts_from_the_fault() -> None:
    """A fault that is felt only after a while did it all the same."""
    seen = outage(paced(60, [(25, 27)]), 5.0, 10)

    assert seen.seconds == pytest.approx(22.01)
    assert seen.first_failure_s == pytest.approx(25)


def test_outage_not_watched_long_enough_did_not_hold() -> None:
    """It is back, and nobody knows for how long."""
    seen = outage(paced(12, [(5, 8)]), 5.0, 10)

    assert seen.seconds == pytest.approx(3.01)
    assert not seen.held


def test_outage_of_a_call_that_stalls_counts_though_it_is_acknowledged_in_the_end() -> None:
    """Six seconds for an answer are six seconds without service."""
    stalled = [attempt(5 + number / 10, GOOD, 6.1 - number / 10) for number in range(3)]
    seen = outage([*paced(4.9), *stalled, *paced(30, began_s=11.2)], 5.0, 10)

    assert seen.seconds == pytest.approx(6.1)
    assert seen.failed == 0
    assert seen.longest_gap_s == pytest.approx(6.19)


def test_outage_of_calls_that_stall_and_are_let_go_at_once_is_known_finely() -> None:
    """Calls of a second each; those open at the end are answered together: until just before, none was served."""
    failed = [attempt(5 + number / 10, DOUBT, 1.0) for number in range(30)]
    released = [attempt(8 + number / 10, GOOD, 0.95 - number / 10) for number in range(10)]
    seen = outage([*paced(4.9), *failed, *released, *paced(30, began_s=9)], 5.0, 10)
    without = outage([*failed, *released, *paced(30, began_s=9)], 5.0, 10)

    assert seen.seconds == without.seconds == pytest.approx(3.95)
    assert seen.resolution_s == pytest.approx(0.3)
    assert without.resolution_s == pytest.approx(1.05)


def test_outage_ends_with_the_first_answer_though_an_earlier_call_still_hangs() -> None:
    """One call is answered late, another that was begun after it at once."""
    attempts = [attempt(5.0, BAD), attempt(5.1, GOOD, 0.9), *paced(30, began_s=5.3)]

    assert outage(attempts, 5.0, 10).seconds == pytest.approx(0.31)


def test_outage_of_a_hung_call_ends_with_the_first_later_one_that_is_answered() -> None:
    """A call that hung in the dead site for a second more says nothing of calls begun after it."""
    seen = outage([*paced(4.9), attempt(5.0, DOUBT, 3.0), *paced(30, began_s=5.3)], 5.0, 10)

    assert seen.seconds == pytest.approx(0.31)
    assert seen.low_s == pytest.approx(0)


def test_outage_in_which_the_probe_was_silent_is_no_service() -> None:
    """Nobody asked, so nobody knows; a pause that is no longer than the limit is none."""
    silent = outage([*paced(5), *paced(30, began_s=9)], 5.0, 10)
    brief = outage([*paced(5), *paced(30, began_s=5.9)], 5.0, 10)

    assert silent.seconds == pytest.approx(4.01)
    assert brief.seconds == 0


def test_outage_of_a_call_in_flight_at_the_fault_counts_from_the_fault() -> None:
    """It was begun before, and failed after."""
    seen = outage([attempt(4.9, DOUBT, 1.0), *paced(30, began_s=5.2)], 5.0, 10)

    assert (seen.first_failure_s, seen.failed) == (5.0, 1)
    assert seen.seconds == pytest.approx(0.21)


@pytest.mark.slow
@given(ATTEMPTS, st.randoms(use_true_random=False))
def test_outage_does_not_depend_on_the_order_of_attempts(attempts: list[Attempt], random: Random) -> None:
    """Threads end when they end."""
    shuffled = list(attempts)
    random.shuffle(shuffled)

    assert outage(shuffled, 10, 5) == outage(attempts, 10, 5)


@pytest.mark.slow
@given(ATTEMPTS)
def test_outage_of_any_attempts_keeps_its_bounds_in_order(attempts: list[Attempt]) -> None:
    """Whatever happened, low <= high, a pass needs a hold, and the document is JSON."""
    seen = outage(attempts, 10, 5)

    assert seen.low_s >= 0
    assert seen.high_s is None or seen.low_s <= seen.high_s
    assert (seen.seconds is None) == (seen.back_s is None)
    assert not seen.held or (seen.seconds is not None and seen.seen_s - (seen.back_s or math.inf) >= 5)
    assert json.loads(json.dumps(seen.document()))["failed"] == seen.failed


@pytest.mark.slow
@given(st.lists(st.sampled_from([GOOD, GOOD, BAD]), min_size=30, max_size=60), st.floats(0, 30))
def test_outage_with_one_more_failure_in_it_or_later_is_never_shorter(outcomes: list[Outcome], later_s: float) -> None:
    """Once it began, nothing that fails makes it look better."""
    attempts = [attempt(10 + turn / 2, outcome) for turn, outcome in enumerate(outcomes)]
    before = outage(attempts, 10, 3)
    assume(before.first_failure_s is not None)
    after = outage([*attempts, attempt((before.first_failure_s or 0) + later_s, BAD)], 10, 3)

    assert _or_never(after.seconds) >= _or_never(before.seconds)


def _or_never(seconds: float | None) -> float:
    return math.inf if seconds is None else seconds


@pytest.mark.slow
@given(st.lists(ATTEMPTS, min_size=1, max_size=4))
def test_whole_is_never_better_than_any_of_its_clients(several: list[list[Attempt]]) -> None:
    """It is back when all are; one that never came back is enough."""
    outages = [outage(attempts, 10, 5) for attempts in several]
    everything = whole(outages)

    if any(one.seconds is None for one in outages):
        assert everything.seconds is None
    assert everything.seconds is None or everything.seconds >= max(one.seconds or 0 for one in outages)
    assert everything.failed == sum(one.failed for one in outages)


@pytest.mark.slow
@given(ATTEMPTS)
def test_whole_of_one_client_is_what_it_went_through(attempts: list[Attempt]) -> None:
    """Alone it is the service."""
    assert whole([outage(attempts, 10, 5)]) == outage(attempts, 10, 5)


def test_client_that_only_missed_the_way_back_missed_nothing_of_the_outage() -> None:
    """It had a moment without service long after the whole was back: that is told of the whole, not as its outage."""
    early, late = outage(paced(60, [(5, 8)]), 5, 5), outage(paced(60, [(20, 21)]), 5, 5)
    everything = whole([early, late])

    assert late.seconds is not None
    assert everything.seconds is not None
    assert late.seconds > everything.seconds
    assert during(early, everything) == early
    assert during(late, everything).seconds == 0
    assert during(late, everything).spans == late.spans


def test_client_of_a_whole_that_never_came_back_keeps_its_outage() -> None:
    """Nothing is known to be another interruption while the first has not ended."""
    dead, late = outage(paced(60, [(5, 60)]), 5, 5), outage(paced(60, [(20, 21)]), 5, 5)

    assert during(late, whole([dead, late])) == late


def test_whole_waits_until_all_are_well_at_the_same_time() -> None:
    """One is back and fails again before the other is back: the first return is none of the whole."""
    first, second = paced(60, [(5, 8), (19, 21)]), paced(60, [(5, 18)])
    one, other = outage(first, 5, 10), outage(second, 5, 10)
    everything = whole([one, other])

    assert one.seconds == pytest.approx(3.01)
    assert other.seconds == pytest.approx(13.01)
    assert everything.seconds == pytest.approx(16.01)
    assert everything.held


def test_whole_of_nothing_or_of_two_faults_is_refused() -> None:
    """No clients prove nothing, and two faults are not one."""
    with pytest.raises(ValueError, match="one fault"):
        whole([])
    with pytest.raises(ValueError, match="one fault"):
        whole([outage(paced(9), 1, 1), outage(paced(9), 2, 1)])
