"""Attempts of clients, as short as a test wants to write them."""

from __future__ import annotations

from collections.abc import Iterable

from dr_drills.clients.attempts import Attempt, Outcome

GOOD, BAD, DOUBT = Outcome.ACKNOWLEDGED, Outcome.REFUSED, Outcome.INDETERMINATE


def attempt(
    began_s: float, outcome: Outcome = GOOD, took_s: float = 0.01, marker: str = "", client: str = "c"
) -> Attempt:
    return Attempt(client, marker, began_s, began_s + took_s, outcome)


def paced(
    until_s: float, down: Iterable[tuple[float, float]] = (), began_s: float = 0.0, took_s: float = 0.01
) -> list[Attempt]:
    """Return attempts of each tenth of a second, refused while they are in one of the times [from, to)."""
    times = [began_s + number / 10 for number in range(round((until_s - began_s) * 10) + 1)]
    gone = tuple(down)
    return [attempt(at, BAD if any(a <= at < b for a, b in gone) else GOOD, took_s) for at in times]
