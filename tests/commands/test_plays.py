"""Plays and hosts on the terminal."""

from __future__ import annotations

import io

from commands.plays import PlayTerminal, configure_tables, plays_table
from console import Voice
from failures import OutsideFailed, Text
from playbooks.board import PlayBoard, PlayTally
from playbooks.events import PlayBegan
from playbooks.report import ConfigureReport, HostEnd, Verdict


def report(*ends: HostEnd) -> ConfigureReport:
    return ConfigureReport("city", ends, (PlayTally("Base", 2, "done", ok=3, changed=1, failed=("b",)),), 61.0)


def printed(found: ConfigureReport, lang: str = "en") -> str:
    out = io.StringIO()
    voice = Voice(lang, out=out, err=io.StringIO())
    voice.report(found, configure_tables)
    return out.getvalue()


FAILED = HostEnd("b", "east", Verdict.FAILED, 1, OutsideFailed(Text("no room", "没有空间"), where="b"))
DONE = HostEnd("a", "east", Verdict.CONFIGURED, 2)
SAME = HostEnd("c", "west", Verdict.UNCHANGED)


def test_configure_tables_name_every_host_that_was_not_left_alone() -> None:
    """Unchanged hosts are a number, the others a row each."""
    text = printed(report(DONE, FAILED, SAME))

    assert "hosts: not complete (1m01s)" in text
    rows = [line.split() for line in text.splitlines()]
    assert ["a", "east", "configured", "2"] in rows
    assert ["b", "east", "failed", "1"] in rows
    assert ["c", "west", "unchanged", "-"] not in rows
    assert ["1", "1", "1", "-", "3"] in rows


def test_configure_tables_with_nothing_changed_say_so() -> None:
    """One line, in the user's language."""
    assert "hosts: nothing to configure" in printed(report(SAME))
    assert "主机：无需配置" in printed(report(SAME), "zh")


def test_configure_report_of_a_failure_exits_with_five() -> None:
    """The gravest of the hosts' failures."""
    assert report(DONE, FAILED).exit_code == 5
    assert report(DONE, SAME).exit_code == 0
    assert report(DONE, FAILED).document()["hosts"][1]["error"]["what"] == "no room"


def test_plays_table_shows_failed_hosts_by_name() -> None:
    """A row per play."""
    table = plays_table((PlayTally("Base", 2, "running", "Install", 3, 1, ("b",)),))

    assert table.rows[0][0] == "Base"
    assert table.rows[0][-2:] == ("b", "Install")


def test_watch_plays_ends_with_its_block() -> None:
    """The watcher stops, and nothing is printed for a run that is over at once."""
    err = io.StringIO()
    board = PlayBoard([("Base", 1)], ["a"])

    with PlayTerminal(Voice(err=err)).watch_plays(board):
        board.hear(PlayBegan("Base"))

    assert err.getvalue() == ""


def test_configure_report_tells_a_failure_that_hosts_share_once() -> None:
    """Three silent hosts are one line, not three."""
    other = HostEnd("d", "west", Verdict.FAILED, 0, OutsideFailed(Text("no room", "没有空间"), where="d"))
    third = HostEnd("e", "west", Verdict.FAILED, 0, OutsideFailed(Text("too old", "过旧"), where="e"))

    assert [(m.where, m.what.en) for m in report(FAILED, other, third).messages] == [
        ("b, d", "no room"),
        ("e", "too old"),
    ]
