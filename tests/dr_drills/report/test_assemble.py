"""A report says of a run what its events prove, and calls the rest unknown."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from dr_drills.journal.event import Event, EventKind, lines_of
from dr_drills.journal.heads import head_of
from dr_drills.journal.verify import check, sound_events
from dr_drills.report.assemble import report_of, verdict_of
from dr_drills.report.rules import RULES
from tests.dr_drills.report.runs import (
    CLIENTS,
    CLOCK_S,
    FACTS,
    FAULT,
    Builder,
    attempts,
    measured,
    outage,
    site_lost,
    without,
)

SECOND = {"consent": "second-person"}


def said(events: tuple[Event, ...], tried: tuple[Any, ...] = attempts()) -> dict[str, str]:
    """Return the verdict of each rule that does not pass, and of the whole."""
    document = report_of(events, (), tried)
    rows = {row["rule"]: row["verdict"] for row in document["reasons"] if row["verdict"] != "pass"}
    return {**rows, "whole": document["verdict"]}


def whole(**changes: Any) -> dict[str, Any]:
    return {"whole": {**measured()["whole"], **changes}}


def later(low_s: float, high_s: float | None) -> dict[str, float | None]:
    """Return an interruption that began after the service had been back and stayed."""
    return {"began_s": 100.0, "low_s": 100.0 + low_s, "back_s": None if high_s is None else 100.0 + high_s}


def ledger(**changes: Any) -> dict[str, Any]:
    return {"ledger": {**measured()["ledger"], **changes}}


def test_report_of_a_good_run_passes_every_rule() -> None:
    """Nothing is missing, nothing is too slow; the document is JSON as it stands."""
    document = report_of(site_lost(), (), attempts(), ["anxi", "changle"])

    assert document["verdict"] == "pass"
    assert [row["rule"] for row in document["reasons"]] == [rule.id for rule in RULES]
    assert json.loads(json.dumps(document)) == document
    assert document["chain"]["head"] == head_of(site_lost()).document()


def test_report_of_a_later_interruption_that_was_short_says_how_many_there_were() -> None:
    """A way back to the city is an interruption too, and is within the promise as the first is."""
    rows = report_of(site_lost(whole(back_s=30.0, spans=[later(5.0, 5.2)])), (), attempts())["reasons"]
    earlier = report_of(site_lost({"early": [later(5.0, 5.2)]}), (), attempts())["reasons"]

    assert (rows[0]["verdict"], "the longest of 2" in rows[0]["en"]) == ("pass", True)
    assert (earlier[0]["verdict"], "the longest of 2" in earlier[0]["en"]) == ("pass", True)


def test_report_of_steps_has_predicted_measured_and_budget() -> None:
    """Each step with what was foreseen, what it took, and what it was allowed."""
    step = report_of(site_lost(), (), attempts())["steps"][0]

    assert (step["rule"], step["predicted_s"], step["measured_s"], step["budget_s"]) == (
        "await-lease",
        22.4,
        20.7,
        60.0,
    )


@pytest.mark.parametrize(
    ("changes", "rows"),
    [
        (whole(low_s=60.5, high_s=60.7, seconds=60.6), {"R01": "fail"}),
        (whole(low_s=59.95, high_s=60.05, seconds=60.0), {"R01": "unknown"}),
        (whole(seconds=None), {"R01": "fail"}),
        (whole(held=False), {"R01": "unknown"}),
        (whole(back_s=30.0, spans=[later(90.5, 91.0)]), {"R01": "fail"}),
        (whole(back_s=30.0, spans=[later(59.0, 61.0)]), {"R01": "unknown"}),
        (whole(back_s=30.0, spans=[later(5.0, None)]), {"R01": "fail"}),
        ({"early": [later(90.5, 91.0)]}, {"R01": "fail"}),
        ({"early": [later(5.0, None)]}, {"R01": "fail"}),
        ({"whole": None}, {"R01": "unknown", "R04": "unknown"}),
        (ledger(lost=1), {"R02": "fail"}),
        (ledger(acknowledged=0), {"R02": "unknown"}),
        ({"ledger": None}, {"R02": "unknown", "R11": "unknown"}),
        (ledger(unexpected=1), {"R11": "fail"}),
        (whole(resolution_s=1.3), {"R04": "unknown"}),
        ({"watcher": {"dual_acknowledging": 1, "samples": 900}}, {"R07": "fail"}),
        ({"watcher": {"dual_acknowledging": 0, "samples": 0}}, {"R07": "unknown"}),
        ({"watcher": None}, {"R07": "unknown"}),
    ],
)
def test_report_of_a_bad_measurement_is_no_pass(changes: dict[str, Any], rows: dict[str, str]) -> None:
    """Only the rule it is about speaks, and the worst of them is the verdict."""
    assert said(site_lost(changes)) == {**rows, "whole": max(rows.values(), key=["unknown", "fail"].index)}


@pytest.mark.parametrize(
    ("facts", "rows"),
    [
        ({"expect": {"outage": "none", "rpo_rows": 0}}, {"R01": "fail"}),
        ({"expect": {"outage": "tier", "rpo_rows": 0}}, {"R01": "unknown"}),
        ({"steps": [{**FACTS["steps"][0], **SECOND}, FACTS["steps"][1]], "operator": "chen.jing"}, {"R10": "fail"}),
        ({"steps": [{**FACTS["steps"][0], **SECOND}, FACTS["steps"][1]], "plan_sha256": "0" * 64}, {"R10": "fail"}),
    ],
)
def test_report_of_other_promises_is_judged_by_them(facts: dict[str, Any], rows: dict[str, str]) -> None:
    """What was expected, planned and approved counts; an approval is for one plan and by another person."""
    assert said(site_lost(**facts)) == {**rows, "whole": max(rows.values(), key=["unknown", "fail"].index)}


@pytest.mark.parametrize(
    "facts",
    [
        {"steps": [{**FACTS["steps"][0], **SECOND}, FACTS["steps"][1]]},
        {
            "steps": [*FACTS["steps"], {"id": "x", "rule": "prove-off", "target": "donghai", **SECOND}],
            "operator": "chen.jing",
        },
    ],
)
def test_report_of_a_step_approved_or_never_begun_passes(facts: dict[str, Any]) -> None:
    """A second person agreed to what was done; what was planned and not needed asks nobody."""
    assert said(site_lost(**facts)) == {"whole": "pass"}


@pytest.mark.parametrize(
    "agreed",
    [{"signature": ""}, {"key": ""}, {"statement": "{}"}, {"who": "somebody"}, {"names": ["chen.jing", "lin.wei"]}],
    ids=["no signature", "no key", "no statement", "another name", "the operator's key"],
)
def test_report_of_an_approval_that_is_not_signed_by_a_second_person_fails(agreed: dict[str, Any]) -> None:
    """A name alone, or a key that the operator holds too, is no second person."""
    steps = [{**FACTS["steps"][0], **SECOND}, FACTS["steps"][1]]

    assert said(site_lost(agreed=agreed, steps=steps)) == {"R10": "fail", "whole": "fail"}


@pytest.mark.parametrize(
    ("rpo_s", "since_s", "verdict"),
    [(6.0, 8.0, "pass"), (4.0, 8.0, "fail"), (0.0, 13.5, "pass"), (None, 8.0, "unknown"), (6.0, None, "unknown")],
)
def test_report_of_a_loss_allowed_in_seconds_is_judged_by_age(
    rpo_s: float | None, since_s: float | None, verdict: str
) -> None:
    """A row acknowledged 5.2 s before the fault is within six seconds; one without a time has no age."""
    lost = ledger(lost=300, lost_since_s=None if since_s is None else CLOCK_S + since_s)
    document = report_of(site_lost(lost, expect={"rto_s": 60, "rpo_rows": None, "rpo_s": rpo_s}), (), attempts())

    assert next(row["verdict"] for row in document["reasons"] if row["rule"] == "R02") == verdict


@pytest.mark.parametrize(("since_s", "verdict"), [(4.0, "pass"), (2.9, "fail")])
def test_report_of_a_loss_after_the_drill_cut_the_copy_off_counts_from_there(since_s: float, verdict: str) -> None:
    """What was written while the drill kept the copy away is no breach of an RPO of nothing; what is older is."""
    run = Builder()
    run.at(0.0, EventKind.RUN_BEGAN, **{**FACTS, "expect": {"rto_s": 60, "rpo_rows": None, "rpo_s": 0.0}})
    run.at(3.0, EventKind.FAULT_INTENT, "cut", **FAULT)
    run.at(13.0, EventKind.FAULT_INTENT, "power", **{**FAULT, "fault": "power"})
    run.at(50.0, EventKind.MEASURED, "", **{**measured(), **ledger(lost=90, lost_since_s=CLOCK_S + since_s)})
    document = report_of(run.events, (), ())

    assert next(row["verdict"] for row in document["reasons"] if row["rule"] == "R02") == verdict


MISS, SEE = {"where": "anxi", "sees": "no"}, {"where": "changle", "sees": "yes"}
SEAT = {"where": "operator", "sees": "no"}


@pytest.mark.parametrize(
    ("row", "told", "verdict"),
    [
        ("two-observers", {"passed": True, "seconds": 1.4, "observers": [MISS, SEAT]}, "pass"),
        ("two-observers", {"passed": True, "seconds": 1.4, "observers": [MISS, MISS]}, "fail"),
        ("two-observers", {"passed": True, "seconds": 1.4, "observers": [MISS, SEAT, SEE]}, "fail"),
        ("two-observers", {"passed": False, "seconds": 30.0, "observers": [MISS, SEAT]}, "fail"),
        ("by-person", {"passed": True, "who": "lin.wei"}, "pass"),
        ("gate", {"passed": True}, "fail"),
    ],
)
def test_report_of_a_fast_failover_says_who_decided_it(row: str, told: dict[str, Any], verdict: str) -> None:
    """Two places that miss the site and none that sees it, or a person; what the journal says is judged again."""
    run = Builder()
    run.at(0.0, EventKind.RUN_BEGAN, **FACTS)
    run.at(2.0, EventKind.GATE, row, **told)
    run.at(3.0, EventKind.STEP_INTENT, "release-lease", step="release-lease/anxi", rule="release-lease", target="anxi")
    document = report_of(run.events, (), ())

    assert next(one["verdict"] for one in document["reasons"] if one["rule"] == "R12") == verdict


def test_verdict_before_the_end_is_what_the_report_says_after_it() -> None:
    """The executor writes into the last event what the report will find."""
    lost = site_lost(ledger(lost=2))

    assert verdict_of(site_lost()[:-1], attempts()) == ("pass", [])
    assert verdict_of(lost[:-1], attempts())[0] == "fail"
    assert [row["rule"] for row in verdict_of(lost[:-1], attempts())[1]] == ["R02"]


def test_report_of_an_unnoticed_fault_passes() -> None:
    """Where nobody was to notice, no attempt failed."""
    calm = tuple((name, service, kind, 0.0) for name, service, kind, _ in CLIENTS)
    events = site_lost(measured(calm), expect={"outage": "none", "rpo_rows": 0})

    assert said(events, attempts(calm)) == {"whole": "pass"}


@pytest.mark.parametrize(
    ("kind", "row", "verdict"),
    [
        (EventKind.RUN_ENDED, "R08", "unknown"),
        (EventKind.HEALED, "R03", "fail"),
        (EventKind.STEP_DONE, "R09", "unknown"),
    ],
)
def test_report_of_a_run_that_lacks_an_end_is_no_pass(kind: EventKind, row: str, verdict: str) -> None:
    """Without its end, with a fault not healed, with a step left open: never a pass."""
    assert said(without(site_lost(), kind)) == {row: verdict, "whole": verdict}


def test_report_of_clients_that_were_silent_is_unknown() -> None:
    """Who did not look for a second and a half saw nothing in it; who never looked is named."""
    gap = tuple(one for one in attempts() if not 5050.0 < one.began_s < 5051.4)

    assert said(site_lost(), gap) == {"R05": "unknown", "whole": "unknown"}
    assert said(site_lost(), attempts(CLIENTS[:3])) == {"R05": "unknown", "whole": "unknown"}
    assert said(site_lost(), ()) == {"R05": "unknown", "whole": "unknown"}


def test_report_of_a_damaged_journal_fails() -> None:
    """The events before the damage are told, and the line of the damage."""
    raw = lines_of(site_lost()).replace(b'"lost":0', b'"lost":1')
    document = report_of(sound_events(raw), check(raw, None), attempts())
    chain = next(row for row in document["reasons"] if row["rule"] == "R06")

    assert document["verdict"] == "fail"
    assert (chain["verdict"], "line" in chain["en"]) == ("fail", True)
    assert document["ledger"] is None


def test_report_of_no_events_is_no_pass() -> None:
    """Nothing at all proves nothing."""
    document = report_of((), (), ())

    assert document["verdict"] == "unknown"
    assert document["chain"]["head"] is None


def test_report_of_a_run_resumed_after_a_boot_goes_on_in_time() -> None:
    """A clock that begins anew does not turn time back: the wall clock bridges the gap."""
    run = Builder()
    run.at(0.0, EventKind.RUN_BEGAN, **FACTS)
    run.at(5.0, EventKind.FAULT_INJECTED, "cut-site", **FAULT)
    run.at(65.0, EventKind.RESUMED, "", boot_id="another")
    booted = [*run.events[:2], *(_earlier(event, 4000.0) for event in run.events[2:])]

    assert [event["t"] for event in report_of(booted)["events"]] == [0.0, 5.0, 65.0]


def test_report_outage_is_of_the_worst_client() -> None:
    """The builder's whole is that of the citizen, so the tests above are about 24 seconds, not about nothing."""
    assert measured()["whole"]["seconds"] == outage(CLIENTS[1])["seconds"] == 24.1


def _earlier(event: Event, seconds: float) -> Event:
    return replace(event, clock_s=event.clock_s - seconds)
