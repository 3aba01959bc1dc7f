"""Predictions of steps from the reports of past runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median
from typing import NamedTuple

from dr_drills.journal.event import JSON


class Prediction(NamedTuple):
    """The median of `n` runs of a step that were proven done, in seconds, with the shortest and the longest."""

    seconds: float
    n: int
    shortest_s: float
    longest_s: float


def learn(documents: Iterable[Mapping[str, JSON]]) -> dict[str, Prediction]:
    """Return a prediction for every rule id of which a step was ever proven done, whatever became of the run."""
    taken: dict[str, list[float]] = {}
    for document in documents:
        for step in document.get("steps") or ():
            if step.get("answer") == "yes" and step.get("measured_s") is not None:
                taken.setdefault(str(step["rule"]), []).append(float(step["measured_s"]))
    return {rule: Prediction(median(all_), len(all_), min(all_), max(all_)) for rule, all_ in sorted(taken.items())}
