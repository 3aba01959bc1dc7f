"""The whole city at a glance, and each rule that finds what is wrong with it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dr_drills.glance.readings import Readings
from dr_drills.glance.report import RULES, GlanceReport, assess
from dr_drills.probes.application import HealthReading
from dr_drills.probes.entrance import EntranceReading
from dr_drills.probes.exporter import Backup, HostReading, RoundTrip
from dr_drills.probes.patroni import Follower
from dr_drills.probes.proxy import ProxyReading
from dr_drills.probes.repository import RepositoryReading
from dr_drills.verdicts import Verdict
from tests.dr_drills import city
from tests.dr_drills.city import AT, NAME, PRIMARY, REMOTE, SHUT, STANDBY, patroni, swapped, well
from topology.links import link_names


def assessed(readings: Readings) -> GlanceReport:
    return assess(city.everyone(), readings, link_names(city.cloud()))


def found(readings: Readings) -> set[tuple[str, str, str, str]]:
    """Return (rule, verdict, subject, where) of all that does not pass."""
    return {(row.rule, str(row.verdict), row.subject, row.where) for row in assessed(readings).remarks}


def thing(readings: Readings, kind: str, name: str) -> dict[str, Any]:
    made: dict[str, Any] = assessed(readings).document()["things"][kind][name]
    return made


def member(host: str, **more: Any) -> Any:
    return replace(well().etcd[host], **more)


def host(name: str, **more: Any) -> HostReading:
    told = well().hosts[name]
    assert isinstance(told, HostReading)
    return replace(told, **more)


def test_city_that_is_well_has_no_remark() -> None:
    """The negative control: no rule speaks without cause."""
    report = assessed(well())

    assert report.remarks == ()
    assert report.exit_code == 0
    assert {one.verdict for one in report.seen} == {Verdict.PASS}


def test_city_that_is_well_says_who_is_what() -> None:
    """Primary, synchronous copy, lag, quorum and margin, entrances, lines: all that is asked at a glance."""
    database = thing(well(), "postgresql", "citizen-db")
    assert (database["facts"]["primary"], database["facts"]["synchronous"]) == ([PRIMARY], [STANDBY])
    assert database["may_lose"] == 1
    assert database["versions"] == ["PostgreSQL 15.20", "Patroni 4.1.5"]
    quorum = thing(well(), "etcd", "quorum")
    assert (quorum["facts"]["leader"], quorum["may_lose"], quorum["versions"]) == (
        "quorum-donghai-1",
        1,
        ["etcd 3.4.23"],
    )
    line = thing(well(), "line", "donghai - anxi")["facts"]
    assert (line["up"], line["round_trip_ms"], line["carries"]) == (True, 2.2, "donghai-anxi-unicom")
    assert line["carries_is_inferred_from"] == "latency"


def test_document_is_json_and_summaries_speak_both_languages() -> None:
    """What is printed and what scripts read are the same facts."""
    for readings in (well(), city.dark("donghai"), city.dark("donghai", "anxi", "changle")):
        report = assessed(readings)
        assert json.loads(json.dumps(report.document()))["things"]
        assert all(all(one.view.summary()) for one in report.seen)


@pytest.mark.parametrize("site", ["donghai", "anxi", "changle"])
def test_city_with_a_dark_site_calls_nothing_of_it_well(site: str) -> None:
    """Every host of a dark site is unknown, none is failed for its silence, and the exit code says so."""
    report = assessed(city.dark(site))

    silent = {row.where for row in report.remarks if row.rule == "S71"}
    assert silent == {place.host for place in city.everyone().places if place.site == site}
    assert {row.verdict for row in report.remarks} == {Verdict.UNKNOWN}
    assert report.exit_code == 5
    assert thing(city.dark(site), "etcd", "quorum")["may_lose"] == 0


def test_city_in_the_dark_is_unknown_throughout() -> None:
    """Without any answer nothing passes and nothing fails."""
    report = assessed(city.dark("donghai", "anxi", "changle"))

    assert {one.verdict for one in report.seen} == {Verdict.UNKNOWN}
    assert thing(city.dark("donghai", "anxi", "changle"), "postgresql", "citizen-db")["may_lose"] is None


def test_dark_primary_leaves_open_who_is_primary() -> None:
    """A copy that still answers is not taken for the primary, and not called the end of it either."""
    rows = found(city.dark("donghai"))

    assert ("S01", "unknown", "citizen-db", "") in rows
    assert ("S02", "unknown", "citizen-db", "") in rows
    assert ("S04", "unknown", "citizen-db-changle", REMOTE) in rows


ENTRANCE = ("entrance-anxi-1", NAME)
CASES: dict[str, tuple[Readings, set[tuple[str, str, str, str]]]] = {
    "two-primaries": (
        swapped("patroni", {STANDBY: patroni(PRIMARY, followers=())}),
        {("S01", "fail", "citizen-db", "")},
    ),
    "no-primary": (
        swapped("patroni", {PRIMARY: patroni(STANDBY, synchronous=False)}),
        {
            ("S01", "fail", "citizen-db", ""),
            ("S02", "unknown", "citizen-db", ""),
            ("S04", "unknown", "citizen-db", PRIMARY),
            ("S04", "unknown", "citizen-db", STANDBY),
            ("S04", "unknown", "citizen-db-changle", REMOTE),
        },
    ),
    "nobody-synchronous": (
        swapped("patroni", {PRIMARY: patroni(PRIMARY, followers=(Follower(STANDBY, "streaming", "async"),))}),
        {("S02", "fail", "citizen-db", PRIMARY)},
    ),
    "database-stopped": (
        swapped("patroni", {STANDBY: patroni(STANDBY, state="stopped")}),
        {("S03", "fail", "citizen-db", STANDBY)},
    ),
    "database-shut": (swapped("patroni", {STANDBY: SHUT}), {("S03", "fail", "citizen-db", STANDBY)}),
    "far-behind": (
        swapped("patroni", {REMOTE: patroni(REMOTE, replayed=900, replayed_at=AT - timedelta(seconds=31))}),
        {("S04", "fail", "citizen-db-changle", REMOTE)},
    ),
    "twin-timelines": (
        swapped("patroni", {STANDBY: patroni(STANDBY, timeline=2)}),
        {("S05", "fail", "citizen-db", STANDBY)},
    ),
    "old-patroni": (
        swapped("patroni", {STANDBY: patroni(STANDBY, patroni="3.0.2")}),
        {("S06", "fail", "citizen-db", STANDBY)},
    ),
    "paused": (swapped("patroni", {PRIMARY: patroni(PRIMARY, paused=True)}), {("S07", "fail", "citizen-db", "")}),
    "no-majority": (
        swapped("etcd", {"quorum-anxi-1": member("quorum-anxi-1", leader=""), "quorum-changle-1": SHUT}),
        {
            ("S11", "fail", "quorum", ""),
            ("S13", "fail", "quorum", "quorum-anxi-1"),
            ("S13", "fail", "quorum", "quorum-changle-1"),
        },
    ),
    "no-margin": (
        swapped("etcd", {"quorum-changle-1": SHUT}),
        {("S12", "fail", "quorum", ""), ("S13", "fail", "quorum", "quorum-changle-1")},
    ),
    "two-leaders": (
        swapped("etcd", {"quorum-changle-1": member("quorum-changle-1", leader="other")}),
        {("S12", "fail", "quorum", ""), ("S13", "fail", "quorum", "quorum-changle-1")},
    ),
    "etcd-full": (
        swapped("etcd", {"quorum-anxi-1": member("quorum-anxi-1", alarms=("NOSPACE",))}),
        {("S14", "fail", "quorum", "quorum-anxi-1")},
    ),
    "entrance-empty": (
        swapped("entrances", {ENTRANCE: EntranceReading((), None)}),
        {("S21", "fail", NAME, "entrance-anxi-1")},
    ),
    "entrance-to-a-stranger": (
        swapped("entrances", {ENTRANCE: EntranceReading(("192.0.2.1",), 5)}),
        {("S22", "fail", NAME, "entrance-anxi-1")},
    ),
    "entrance-slow-to-forget": (
        swapped("entrances", {ENTRANCE: EntranceReading(well().entrances[ENTRANCE].addresses, 60)}),  # type: ignore[union-attr]  # the good readings have no unknown
        {("S23", "fail", NAME, "entrance-anxi-1")},
    ),
    "proxy-nowhere": (
        swapped("proxies", {"entrance-anxi-1": ProxyReading({"citizen-db-write": ()})}),
        {("S24", "fail", "citizen-db", "entrance-anxi-1")},
    ),
    "proxy-to-the-old-primary": (
        swapped("proxies", {"entrance-anxi-1": ProxyReading({"citizen-db-write": (STANDBY,)})}),
        {("S25", "fail", "citizen-db", ""), ("S26", "fail", "citizen-db", "entrance-anxi-1")},
    ),
    "dr-not-waiting": (
        swapped("health", {"certificates-changle-1": HealthReading("unavailable", "changle", "")}),
        {("S31", "fail", "certificates", "certificates-changle-1")},
    ),
    "empty-repository": (
        swapped("repositories", {"packages-anxi-1": RepositoryReading(0)}),
        {("S41", "fail", "packages", "packages-anxi-1")},
    ),
    "never-backed-up": (
        swapped("hosts", {"files-changle-1": host("files-changle-1", backups={})}),
        {("S51", "fail", "citizen-db", "files-changle-1")},
    ),
    "log-not-archived": (
        swapped("hosts", {"files-changle-1": host("files-changle-1", backups={"citizen-db": Backup(full=60)})}),
        {("S51", "fail", "citizen-db", "files-changle-1")},
    ),
    "old-backup": (
        swapped("hosts", {"files-changle-1": host("files-changle-1", backups={"citizen-db": Backup(9e5, 2e4, 1.0)})}),
        {("S52", "fail", "citizen-db", "files-changle-1")},
    ),
    "wrong-clock": (
        swapped("hosts", {"quorum-anxi-1": host("quorum-anxi-1", skew=-3600.0)}),
        {("S72", "fail", "hosts", "quorum-anxi-1")},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_rule_finds_what_is_wrong_and_nothing_else(case: str) -> None:
    """One thing made wrong gives its remarks, and no others."""
    readings, wanted = CASES[case]

    assert found(readings) == wanted


def test_entrance_to_a_copy_that_is_not_ready_is_wrong_at_each_server() -> None:
    """Where citizens are led must serve them."""
    rows = found(swapped("health", {"certificates-anxi-1": HealthReading("draining", "anxi", "")}))

    servers = {place.host for place in city.everyone().of_kind("dns")}
    assert rows == {("S31", "fail", "certificates", "certificates-anxi-1")} | {
        ("S22", "fail", NAME, server) for server in servers
    }


def measured(milliseconds: float | None, age: float = 5.0) -> Readings:
    """Return readings in which Donghai and Anxi measure this between them."""
    seconds = None if milliseconds is None else milliseconds / 1000
    rows = {}
    for place in city.everyone().places:
        told = host(place.host)
        other = {"donghai": "anxi", "anxi": "donghai"}.get(place.site)
        if other:
            rows[place.host] = replace(told, round_trips={**told.round_trips, other: RoundTrip(seconds, age)})
    return swapped("hosts", rows)


@pytest.mark.parametrize(
    ("milliseconds", "carries"), [(2.1, "donghai-anxi-unicom"), (4.2, "donghai-anxi-telecom"), (23.0, None)]
)
def test_line_that_carries_is_inferred_from_latency(milliseconds: float, carries: str | None) -> None:
    """The nearest declared line; none when all are faster than what was measured."""
    line = thing(measured(milliseconds), "line", "donghai - anxi")["facts"]

    assert (line["up"], line["carries"]) == (True, carries)
    assert (("S62", "fail", "donghai - anxi", "") in found(measured(milliseconds))) == (carries is None)


def test_line_without_an_answer_is_down_and_without_a_try_unknown() -> None:
    """Measured and lost is down; not measured, or long ago, is not known."""
    assert found(measured(None)) == {("S61", "fail", "donghai - anxi", "")}
    assert found(measured(2.1, age=600.0)) == {("S61", "unknown", "donghai - anxi", "")}


def test_line_is_judged_by_what_was_measured_last() -> None:
    """One host that measures a loss now outweighs all that measured well before it."""
    before = measured(2.1, age=25.0)
    told = before.hosts["quorum-anxi-1"]
    assert isinstance(told, HostReading)
    now = replace(told, round_trips={**told.round_trips, "donghai": RoundTrip(None, 1.0)})

    assert found(swapped("hosts", {"quorum-anxi-1": now}, before)) == {("S61", "fail", "donghai - anxi", "")}


def test_backup_of_a_cluster_that_follows_is_asked_for_once_it_leads() -> None:
    """The DR cluster's content is in the city's backups; after a promotion it must have its own."""
    none = swapped("hosts", {"files-donghai-1": host("files-donghai-1", backups={})})
    leads = swapped("patroni", {REMOTE: patroni(REMOTE, role="primary", written=1000)}, none)

    assert found(none) == set()
    assert ("S51", "fail", "citizen-db-changle", "files-donghai-1") in found(leads)


def test_lag_of_a_copy_that_has_everything_is_zero_however_idle() -> None:
    """Nobody wrote for 90 s: that is no lag; 100 bytes missing since then are 90 s of it."""
    idle = thing(well(), "postgresql", "citizen-db-changle")["facts"]["servers"][0]
    late = thing(swapped("patroni", {REMOTE: patroni(REMOTE, replayed=900)}), "postgresql", "citizen-db-changle")

    assert (idle["lag_bytes"], idle["lag_seconds"]) == (0, 0.0)
    assert (late["facts"]["servers"][0]["lag_bytes"], late["facts"]["servers"][0]["lag_seconds"]) == (100, 90.0)


def test_rules_have_ids_of_their_own_and_are_all_shown_to_find() -> None:
    """A rule without a case that it catches proves nothing."""
    ids = [rule.id for rule in RULES]
    shown = {rule for _, rows in CASES.values() for rule, *_ in rows} | {"S61", "S62", "S71"}

    assert len(set(ids)) == len(ids)
    assert shown == set(ids)
