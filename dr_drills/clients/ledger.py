"""Counts what clients were promised against what the database holds, before and after a lost site came back."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from dr_drills.clients.attempts import Attempt, Outcome

SHOWN = 20


@dataclass(frozen=True)
class Ledger:
    """Counts of markers.

    `lost`: acknowledged and not there in the end; `recovered`: acknowledged, missing before the site came back, there
    after; `missing_before`: acknowledged and missing then; `unexpected`: refused, and there all the same;
    `lost_since_s`: when the oldest lost row was acknowledged, by the clock of the attempts, None for no loss.
    """

    acknowledged: int
    lost: int
    recovered: int
    unexpected: int
    indeterminate_present: int
    indeterminate_absent: int
    lost_markers: tuple[str, ...]
    missing_before: int
    lost_since_s: float | None = None

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**asdict(self), "lost_markers": list(self.lost_markers)}


def count(
    attempts: Iterable[Attempt],
    before: Collection[str],
    after: Collection[str],
    *,
    before_s: float = math.inf,
    after_s: float = math.inf,
) -> Ledger:
    """Return the ledger of the attempts that have a marker.

    `before` and `after` are the markers found before and after the lost site rejoined; the monotonic times at which
    reading them began are to be given when clients went on: what ended later cannot be missed in them.
    """
    found, kept = frozenset(before), frozenset(after)
    tried = [attempt for attempt in attempts if attempt.marker and attempt.ended_s <= after_s]
    acknowledged = _with(tried, Outcome.ACKNOWLEDGED)
    indeterminate = _with(tried, Outcome.INDETERMINATE) - acknowledged
    refused = _with(tried, Outcome.REFUSED) - acknowledged - indeterminate
    missing = _with((attempt for attempt in tried if attempt.ended_s <= before_s), Outcome.ACKNOWLEDGED) - found
    lost = acknowledged - kept
    return Ledger(
        acknowledged=len(acknowledged),
        lost=len(lost),
        recovered=len(missing & kept),
        unexpected=len(refused & (found | kept)),
        indeterminate_present=len(indeterminate & kept),
        indeterminate_absent=len(indeterminate - kept),
        lost_markers=tuple(sorted(lost)[:SHOWN]),
        missing_before=len(missing),
        lost_since_s=min((one.ended_s for one in tried if one.acknowledged and one.marker in lost), default=None),
    )


def _with(attempts: Iterable[Attempt], outcome: Outcome) -> frozenset[str]:
    return frozenset(attempt.marker for attempt in attempts if attempt.outcome is outcome)
