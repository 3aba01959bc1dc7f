"""How long clients were without a service after a fault, with the bounds of what they can know."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any, NamedTuple

from dr_drills.clients.attempts import Attempt

PAUSE_S = 1.0
"""Who hears nothing for longer than this is not being served, and who asks nothing for longer knows nothing."""
CONNECTING_S = 0.3
"""A connection made anew takes up to this long where one that is kept is answered at once."""


class Span(NamedTuple):
    """A time without service: it ended after `low_s`, and no later than `back_s`; None when it did not end."""

    began_s: float
    back_s: float | None
    low_s: float


@dataclass(frozen=True)
class Outage:
    """What one client, or all, went through after a fault.

    `seconds` is from the fault to the first acknowledgement after which nothing failed for the time it must hold; 0
    when nothing failed, None when it never came back. The truth is between `low_s` and `high_s`, which are
    `resolution_s` apart. `held` is whether it was watched, and well, for all that time: without it nothing is passed.
    `first_failure_s`, `back_s`, `seen_s` (the last thing seen) and `spans` are times of the monotonic clock.
    """

    seconds: float | None
    low_s: float
    high_s: float | None
    resolution_s: float | None
    first_failure_s: float | None
    back_s: float | None
    held: bool
    attempts: int
    failed: int
    longest_gap_s: float
    fault_s: float
    hold_s: float
    seen_s: float
    spans: tuple[Span, ...]

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**asdict(self), "spans": [span._asdict() for span in self.spans]}


def outage(attempts: Iterable[Attempt], fault_s: float, hold_s: float) -> Outage:
    """Return what one client went through after a fault; what it tried before the fault may be among its attempts.

    The first interruption counts from the fault however late it begins, with all that follow within `hold_s`.
    """
    everything = sorted(attempts, key=lambda attempt: (attempt.began_s, attempt.ended_s, not attempt.acknowledged))
    after = [attempt for attempt in everything if attempt.ended_s >= fault_s]
    seen_s = max((attempt.ended_s for attempt in after), default=fault_s)
    return _outage(
        spans=merged(_interruptions(after, fault_s, _prompt(everything, fault_s))),
        fault_s=fault_s,
        hold_s=hold_s,
        seen_s=seen_s,
        attempts=len(after),
        failed=sum(not attempt.acknowledged for attempt in after),
        longest_gap_s=_longest_gap(everything, fault_s, seen_s),
    )


def whole(outages: Sequence[Outage]) -> Outage:
    """Return what the service as a whole went through: it is back when all its clients are, at once, and stay so.

    Raises ValueError without outages, and for outages that are not of one fault.
    """
    if len({one.fault_s for one in outages}) != 1:
        raise ValueError("a whole is made of the outages after one fault")
    return _outage(
        spans=merged(span for one in outages for span in one.spans),
        fault_s=outages[0].fault_s,
        hold_s=max(one.hold_s for one in outages),
        seen_s=min(one.seen_s for one in outages),
        attempts=sum(one.attempts for one in outages),
        failed=sum(one.failed for one in outages),
        longest_gap_s=max(one.longest_gap_s for one in outages),
    )


def during(one: Outage, everything: Outage) -> Outage:
    """Return what a client went through in the outage of the whole; what began after that is another interruption."""
    if everything.back_s is None:
        return one
    narrowed = _outage(
        spans=tuple(span for span in one.spans if span.began_s <= everything.back_s),
        fault_s=one.fault_s,
        hold_s=one.hold_s,
        seen_s=one.seen_s,
        attempts=one.attempts,
        failed=one.failed,
        longest_gap_s=one.longest_gap_s,
    )
    return replace(narrowed, spans=one.spans)


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the spans in order, those that touch each other as one."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda span: span.began_s):
        if found and span.began_s <= _end(found[-1]):
            last = found.pop()
            back_s = None if None in {last.back_s, span.back_s} else max(_end(last), _end(span))
            found.append(Span(last.began_s, back_s, max(last.low_s, span.low_s)))
        else:
            found.append(span)
    return tuple(found)


def _outage(
    spans: tuple[Span, ...],
    fault_s: float,
    hold_s: float,
    seen_s: float,
    attempts: int,
    failed: int,
    longest_gap_s: float,
) -> Outage:
    last = _until_it_holds(spans, hold_s) or Span(fault_s, fault_s, fault_s)
    back_s, low_s = last.back_s, last.low_s - fault_s
    seconds = None if back_s is None else back_s - fault_s
    high_s = seconds if spans else longest_gap_s
    return Outage(
        seconds=seconds,
        low_s=low_s,
        high_s=high_s,
        resolution_s=None if high_s is None else high_s - low_s,
        first_failure_s=spans[0].began_s if spans else None,
        back_s=back_s,
        held=back_s is not None and seen_s - back_s >= hold_s,
        attempts=attempts,
        failed=failed,
        longest_gap_s=longest_gap_s,
        fault_s=fault_s,
        hold_s=hold_s,
        seen_s=seen_s,
        spans=spans,
    )


def _until_it_holds(spans: tuple[Span, ...], hold_s: float) -> Span | None:
    """Return the first interruption that is followed by none for `hold_s`; None when there is none at all."""
    for span, following in pairwise(spans):
        if following.began_s - _end(span) >= hold_s:
            return span
    return spans[-1] if spans else None


def _end(span: Span) -> float:
    return math.inf if span.back_s is None else span.back_s


def _interruptions(after: Sequence[Attempt], fault_s: float, prompt_s: float) -> Iterator[Span]:
    """Yield a span for each failure, each answer that was long in coming, and each time in which nobody was trying."""
    if not after:
        yield Span(fault_s, None, fault_s)
    last_s = fault_s
    for attempt, next_good in zip(after, _answered_next(after), strict=True):
        began_s = max(attempt.began_s, fault_s)
        if began_s - last_s > PAUSE_S:
            yield _span(last_s, next_good, prompt_s)
        if not attempt.acknowledged or attempt.ended_s - began_s > PAUSE_S:
            yield _span(began_s, next_good, prompt_s)
        last_s = max(last_s, attempt.ended_s)


def _span(began_s: float, next_good: Attempt | None, prompt_s: float) -> Span:
    """An answer that took longer than a service takes that is there was held up until shortly before it came."""
    if next_good is None:
        return Span(began_s, None, began_s)
    held_s = next_good.ended_s - prompt_s
    return Span(began_s, next_good.ended_s, max(began_s, held_s) if next_good.began_s < held_s else began_s)


def _answered_next(after: Sequence[Attempt]) -> list[Attempt | None]:
    """Return for each attempt the one acknowledged first of itself and all that were begun later."""
    found: list[Attempt | None] = []
    first: Attempt | None = None
    for attempt in reversed(after):
        if attempt.acknowledged and (first is None or attempt.ended_s <= first.ended_s):
            first = attempt
        found.append(first)
    return found[::-1]


def _prompt(everything: Sequence[Attempt], fault_s: float) -> float:
    """Return how long an answer may take of a service that is there; infinite when none came before the fault."""
    took = sorted(one.ended_s - one.began_s for one in everything if one.acknowledged and one.ended_s < fault_s)
    return max(2 * took[len(took) * 19 // 20], CONNECTING_S) if took else math.inf


def _longest_gap(everything: Sequence[Attempt], fault_s: float, seen_s: float) -> float:
    """Return the longest time without an acknowledgement, from the last one before the fault on."""
    ends = sorted(attempt.ended_s for attempt in everything if attempt.acknowledged)
    before = max((end for end in ends if end < fault_s), default=fault_s)
    marks = [before, *(end for end in ends if end >= fault_s), seen_s]
    return max(after - earlier for earlier, after in pairwise(marks))
