"""Events of a drill as people read them."""

from __future__ import annotations

from typing import Any

import pytest

from commands.drill_lines import _LINES, line_of, lost_of, seconds_of
from dr_drills.journal.event import EventKind
from failures import Text
from tests.dr_drills.report.runs import FAULT, Builder, site_lost

OUTAGE = {"seconds": 27.685, "low_s": 27.55, "high_s": 27.69, "held": True, "attempts": 400, "failed": 255}


def told(kind: EventKind, **data: Any) -> Text:
    run = Builder()
    run.at(0.0, kind, "", **data)
    return line_of(run.events[0])


def test_lines_of_every_event_are_in_both_languages() -> None:
    """Whatever a run writes can be shown."""
    lines = {event.kind: line_of(event) for event in site_lost()}
    lines["resumed"], lines["torn-tail"] = told(EventKind.RESUMED), told(EventKind.TORN_TAIL)
    lines["gate"] = told(EventKind.GATE, passed=True, remarks=[])
    lines["step-doubt"] = told(
        EventKind.STEP_DOUBT, step="s/switch/b", seconds=30.0, detail={"en": "silent", "zh": "无应答"}
    )

    assert set(lines) >= set(_LINES)
    assert all(line.en and line.zh and line.en != line.zh for line in lines.values())
    assert lines["step-doubt"].en == "step s/switch/b: NOT PROVEN, 30.0 s: silent"


@pytest.mark.parametrize("kind", EventKind)
def test_line_of_any_kind_of_event_is_shown_whatever_it_holds(kind: EventKind) -> None:
    """A kind that has no words here is told all the same: it must not stop the run."""
    run = Builder()
    run.at(0.0, EventKind.RUN_ENDED, "", site="anxi", verdict="pass", nested={"a": 1})
    if kind not in _LINES:
        run.at(1.0, kind, "", site="anxi", nested={"a": 1})
        assert line_of(run.events[-1]).en.endswith(": site anxi")
    assert line_of(run.events[0]).en == "the run is over: pass"


@pytest.mark.parametrize(
    ("outage", "en"),
    [
        (OUTAGE, "27.7 s (27.6 to 27.7)"),
        ({**OUTAGE, "held": False}, "27.7 s (27.6 to 27.7), not seen to stay"),
        ({**OUTAGE, "seconds": None, "high_s": None}, "did not come back"),
        ({**OUTAGE, "seconds": 0.0, "failed": 0}, "none (400 attempts)"),
        ({**OUTAGE, "attempts": 0}, "not measured"),
        (None, "not measured"),
    ],
)
def test_outage_in_words_is_never_better_than_what_was_seen(outage: dict[str, Any] | None, en: str) -> None:
    """What was not measured is not zero."""
    assert seconds_of(outage).en == en


def test_rows_lost_that_were_not_counted_are_not_none() -> None:
    """An empty ledger says nothing."""
    assert lost_of(None).en == "not measured"
    assert lost_of({"lost": 0, "acknowledged": 1105}) == Text("0 of 1105", "0(共 1105 条)")


def test_gate_of_a_decision_says_whether_it_was_agreed_and_why() -> None:
    """A gate that is shut without a remark is no good news."""
    because = {"en": "two of three see it", "zh": "三方中两方看到"}

    assert told(EventKind.GATE, passed=True, reason=because).en == "agreed: two of three see it"
    assert told(EventKind.GATE, passed=False, reason=because).zh == "未通过：三方中两方看到"


def test_fault_that_is_not_healed_stands_out() -> None:
    """Who reads nothing else reads this."""
    assert told(EventKind.HEALED, **FAULT, ok=False, trouble="still in force").en == (
        "NOT HEALED: cut site donghai: still in force"
    )


def test_gate_that_is_shut_says_why() -> None:
    """Every remark, on one line."""
    assert told(EventKind.GATE, passed=False, remarks=["S02 a", "S03 b"]).zh == "状态异常：S02 a; S03 b"
