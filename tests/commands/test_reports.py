"""`govcloud report`: what a person and a script are told of a drill."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import cli
from commands.frame import start
from dr_drills.journal.file import HEAD, JOURNAL
from tests.dr_drills.report.folders import good_run
from tests.dr_drills.report.runs import measured

pytestmark = pytest.mark.slow

RUN = "site-network-loss-20261122T020000Z"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GOVCLOUD_HOME", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return good_run(tmp_path / "stacks" / "quanzhou" / "drills" / RUN)


def test_show_of_a_run_by_its_id_tells_verdict_and_page(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The id is enough; the tables are on stdout, the way to the page beside them."""
    assert start(cli.app, ["report", "show", RUN]) == 0
    told = capsys.readouterr()
    assert f"{RUN}: pass" in told.out
    assert "await-lease" in told.out
    assert str(run / "report.html") in told.err


def test_show_as_json_is_the_document(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One document with the verdict of a failed run, and its exit code."""
    bad = good_run(run.parent / "bad", ledger={**measured()["ledger"], "lost": 1})

    assert start(cli.app, ["report", "show", str(bad), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["verdict"] == "fail"


def test_show_with_html_writes_the_page_there(run: Path, tmp_path: Path) -> None:
    """The page can be made again from the journal, anywhere."""
    assert start(cli.app, ["report", "show", str(run), "--html", str(tmp_path / "page.html")]) == 0
    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize("name", ["none", "../drills", "*"])
def test_show_of_an_unknown_run_ends_with_3(name: str, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only a name that is a run's finds one."""
    assert start(cli.app, ["report", "show", name]) == 3
    assert "no such run" in capsys.readouterr().err


def test_verify_of_an_untouched_run_ends_with_0(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The folder and the journal alone."""
    assert start(cli.app, ["report", "verify", str(run)]) == 0
    assert start(cli.app, ["report", "verify", str(run / JOURNAL), "--head", str(run / HEAD)]) == 0
    assert capsys.readouterr().out.count("whole and unchanged") == 2


def test_verify_of_a_changed_run_ends_with_1_and_its_line(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Which line it is, on the terminal and in the document."""
    changed = (run / JOURNAL).read_bytes().replace(b"chen.jing", b"wang.fang")
    (run / JOURNAL).write_bytes(changed)

    assert start(cli.app, ["report", "verify", str(run)]) == 1
    assert "line 4 was changed" in capsys.readouterr().out
    assert start(cli.app, ["report", "verify", str(run), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["findings"][0]["line"] == 4


def test_verify_without_a_head_ends_with_5(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Unknown is not whole; the way to know is told."""
    (run / HEAD).unlink()

    assert start(cli.app, ["report", "verify", str(run)]) == 5
    assert "--head" in capsys.readouterr().err
