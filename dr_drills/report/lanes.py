"""Attempts of the outside clients as stretches of one outcome, and the silences between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from dr_drills.clients.attempts import Attempt
from dr_drills.journal.event import JSON

SILENCE_S = 1.0
"""Longer than this without an attempt, and a client did not see what happened."""


def by_client(attempts: Iterable[Attempt]) -> dict[str, tuple[Attempt, ...]]:
    """Return the attempts of each client in the order in which they began."""
    found: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        found.setdefault(attempt.client, []).append(attempt)
    return {name: tuple(sorted(tried, key=lambda one: one.began_s)) for name, tried in sorted(found.items())}


def stretches(tried: Sequence[Attempt], zero_s: float) -> list[list[JSON]]:
    """Return [from_t, to_t, outcome, attempts] of runs of one outcome; a silence ends a run. Seconds since `zero_s`."""
    rows: list[list[JSON]] = []
    before = 0.0
    for one in tried:
        began, ended, outcome = one.began_s - zero_s, one.ended_s - zero_s, str(one.outcome)
        if rows and rows[-1][2] == outcome and began - before <= SILENCE_S:
            rows[-1][1], rows[-1][3] = round(max(rows[-1][1], ended), 3), rows[-1][3] + 1
        else:
            rows.append([round(began, 3), round(ended, 3), outcome, 1])
        before = began
    return rows


def longest_silence(tried: Sequence[Attempt], low_s: float, high_s: float) -> float:
    """Return the most seconds between two attempts' beginnings from `low_s` to `high_s`, both ends counted."""
    marks = [low_s, *(one.began_s for one in tried if low_s <= one.began_s <= high_s), high_s]
    return max((later - earlier for earlier, later in pairwise(marks)), default=0.0)


def lanes(attempts: Iterable[Attempt], outages: Iterable[Mapping[str, JSON]], zero_s: float) -> list[dict[str, JSON]]:
    """Return {client, service, kind, attempts, stretches} for every client that tried."""
    told = {str(row.get("client")): row for row in outages}
    return [
        {
            "client": name,
            "service": told.get(name, {}).get("service", ""),
            "kind": told.get(name, {}).get("kind", ""),
            "attempts": len(tried),
            "stretches": stretches(tried, zero_s),
        }
        for name, tried in by_client(attempts).items()
    ]
