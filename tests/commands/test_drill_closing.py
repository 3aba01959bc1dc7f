"""The end of a drill: what was promised, what was measured."""

from __future__ import annotations

import io
import re
from typing import Any

from commands.drill_closing import closing, closing_table
from console import Voice
from dr_drills.report.assemble import report_of
from tests.dr_drills.report.runs import CLIENTS, measured, site_lost

PAGE = "/evidence/report.html"


def facts(changes: dict[str, Any] | None = None, verdict: str = "pass", **more: Any) -> dict[str, Any]:
    return closing(report_of(site_lost(changes, **more)), verdict, PAGE)


def shown(found: dict[str, Any], lang: str = "en") -> list[list[str]]:
    out = io.StringIO()
    Voice(lang, out=out).table(closing_table(found))
    return [re.split(r" {2,}", line.strip()) for line in out.getvalue().splitlines()]


def test_closing_of_a_site_lost_shows_the_promise_beside_what_was_measured() -> None:
    """One row per kind of client, rows lost, the rejoin, where the report lies."""
    rows = shown(facts())

    assert rows == [
        ["what", "promised", "measured"],
        ["all clients (RTO)", "at most 60 s", "24.1 s (24.0 to 24.2)"],
        ["writes", "23.3 s (23.2 to 23.4)"],
        ["reads", "0.7 s (0.6 to 0.8)"],
        ["receipts", "24.1 s (24.0 to 24.2)"],
        ["names", "none (960 attempts)"],
        ["acknowledged rows lost", "none", "0 of 731"],
        ["all well after healing", "12.6 s"],
        ["verdict", "pass"],
        ["report", PAGE],
    ]


def test_closing_document_has_the_facts_of_the_table() -> None:
    """A program reads the same numbers; the worst client stands for its kind, with the attempts of all."""
    worse = ("writer-2", "citizen-db", "writer", 40.0)
    found = facts(measured((*CLIENTS, worse)))
    (writes,) = [row for row in found["clients"] if row["kind"] == "writer"]

    assert (writes["clients"], writes["seconds"], writes["attempts"], writes["failed"]) == (2, 40.0, 1920, 633)
    assert found["promised"] == {"rto_s": 60, "rpo_rows": 0, "outage": "tier"}
    assert (found["rows"]["lost"], found["rows"]["acknowledged"]) == (0, 731)
    assert (found["rejoin_s"], found["verdict"], found["report"]) == (12.6, "pass", PAGE)


def test_closing_with_a_client_that_never_came_back_takes_it_for_its_kind() -> None:
    """Nothing is longer than an outage that did not end."""
    rows = measured((*CLIENTS, ("writer-2", "citizen-db", "writer", 2.0)))
    rows["outages"][-1]["seconds"] = None
    (writes,) = [row for row in facts(rows)["clients"] if row["kind"] == "writer"]

    assert writes["seconds"] is None
    assert ["writes", "did not come back"] in shown(facts(rows))


def test_closing_of_a_run_that_measured_nothing_says_so() -> None:
    """A gate that was shut, or a database that could not be read."""
    nothing: dict[str, Any] = {"outages": [], "whole": None, "ledger": None, "rejoin_s": None}
    rows = shown(facts(nothing, "unknown"), "zh")

    assert ["全部客户端(RTO)", "不超过 60 秒", "未测得"] in rows
    assert ["丢失的已确认记录", "不得丢失", "未测得"] in rows
    assert ["结论", "无法判定"] in rows


def test_closing_of_promises_of_other_kinds_names_them() -> None:
    """Nobody is to notice; rows may be lost that are younger than the tier allows."""
    table = shown(facts(expect={"outage": "none", "rpo_rows": None, "rpo_s": 5.0}))

    assert table[1][1] == "nobody notices"
    assert ["acknowledged rows lost", "none older than 5 s", "0 of 731"] in table
