"""Past runs foretell the next."""

from __future__ import annotations

from typing import Any

from dr_drills.report.predict import Prediction, learn


def run(*steps: tuple[str, float | None, str]) -> dict[str, Any]:
    return {"steps": [{"rule": rule, "measured_s": seconds, "answer": answer} for rule, seconds, answer in steps]}


def test_learn_from_past_runs_is_the_median_with_its_number() -> None:
    """One slow run does not move the prediction far; how many there were is told."""
    past = [
        run(("switch", 2.4, "yes")),
        run(("switch", 2.6, "yes"), ("fence", 0.3, "yes")),
        run(("switch", 9.0, "yes")),
    ]

    assert learn(past) == {"fence": Prediction(0.3, 1, 0.3, 0.3), "switch": Prediction(2.6, 3, 2.4, 9.0)}


def test_learn_from_steps_not_proven_is_nothing() -> None:
    """A step that ended in doubt took its timeout, not its time."""
    assert learn([run(("switch", 30.0, "unknown"), ("fence", None, "yes")), {}]) == {}
