"""What lies beside a journal is checked against it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dr_drills.clients.record import ATTEMPTS
from dr_drills.journal.elsewhere import Elsewhere
from dr_drills.journal.event import EventKind, lines_of, next_event
from dr_drills.journal.file import HEAD, JOURNAL, Journal, read_events
from dr_drills.journal.heads import head_of, put_text
from dr_drills.report.files import DOCUMENT, PAGE, REASONS, audit, document_of, write_report
from failures import InputInvalid
from tests.dr_drills.journal.destination import FolderDestination
from tests.dr_drills.report.folders import good_run
from tests.dr_drills.report.runs import FACTS, site_lost


def replaced(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


@pytest.mark.slow
def test_audit_of_an_untouched_run_finds_nothing(tmp_path: Path) -> None:
    """Journal, attempts, document and page agree; the document passes and says who keeps its head."""
    folder = good_run(tmp_path / "run")
    document = json.loads((folder / DOCUMENT).read_text(encoding="utf-8"))

    assert audit(folder) == ()
    assert audit(folder / JOURNAL) == ()
    assert (document["verdict"], document["chain"]["copies"]) == ("pass", ["anxi"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (replaced(JOURNAL, '"samples":964', '"samples":965'), "V02"),
        (replaced(ATTEMPTS, '"refused"', '"acknowledged"'), "V10"),
        (lambda folder: (folder / ATTEMPTS).unlink(), "V10"),
        (replaced(DOCUMENT, '"lost": 0', '"lost": 1'), "V11"),
        (replaced(DOCUMENT, "{", "["), "V11"),
        (replaced(PAGE, "24.10", "14.10"), "V12"),
    ],
)
def test_audit_of_a_changed_file_names_it(change: Callable[[Path], None], rule: str, tmp_path: Path) -> None:
    """Whatever of the folder was changed is told by its own rule."""
    folder = good_run(tmp_path / "run")
    change(folder)
    found = audit(folder)

    assert [finding.rule for finding in found][:1] == [rule]
    assert {str(finding.verdict) for finding in found} == {"fail"}
    assert rule.startswith("V0") or rule in REASONS


@pytest.mark.slow
def test_audit_of_a_shortened_run_with_its_head_is_found_elsewhere(tmp_path: Path) -> None:
    """Who drops the end and writes the head beside it anew is betrayed by the head that another site keeps."""
    folder = good_run(tmp_path / "run")
    kept = tmp_path / "kept.json"
    (folder / HEAD).rename(kept)
    lines = (folder / JOURNAL).read_bytes().splitlines(keepends=True)[:-1]
    (folder / JOURNAL).write_bytes(b"".join(lines))
    put_text(folder / HEAD, head_of(read_events(folder)).document())

    assert {finding.rule for finding in audit(folder, kept)} == {"V06"}
    assert {finding.rule for finding in audit(folder / JOURNAL)} == set()


@pytest.mark.slow
def test_audit_of_a_run_written_anew_is_found_elsewhere(tmp_path: Path) -> None:
    """A forged run, whole in itself, does not have the digest that another site keeps."""
    folder = good_run(tmp_path / "run")
    kept = folder.joinpath(HEAD).rename(tmp_path / "kept.json")
    forged = [next_event(None, "2026-11-22T02:00:00.000Z", 1.0, EventKind.RUN_BEGAN, "", {"run": "x"})]
    forged += [next_event(forged[0], "2026-11-22T02:00:00.000Z", 2.0, EventKind.RUN_ENDED, "", {"verdict": "pass"})]
    (folder / JOURNAL).write_bytes(lines_of(forged))

    assert {str(finding.verdict) for finding in audit(folder, kept)} == {"fail"}


@pytest.mark.slow
def test_audit_with_the_head_only_elsewhere_compares_all(tmp_path: Path) -> None:
    """The copy stands in for the head that is gone; with neither, the end is unknown."""
    folder = good_run(tmp_path / "run")
    kept = folder.joinpath(HEAD).rename(tmp_path / "kept.json")

    assert audit(folder, kept) == ()
    assert [(finding.rule, finding.verdict) for finding in audit(folder)] == [("V08", "unknown")]


@pytest.mark.slow
def test_audit_of_a_report_by_another_version_is_unknown(tmp_path: Path) -> None:
    """Other code may say the same in other words: no accusation, but no proof either."""
    folder = good_run(tmp_path / "run")
    document = json.loads((folder / DOCUMENT).read_text(encoding="utf-8"))
    (folder / DOCUMENT).write_text(json.dumps({**document, "made_by": "0" * 64}), encoding="utf-8")

    assert [(finding.rule, finding.verdict) for finding in audit(folder)] == [("V11", "unknown")]


def test_report_of_a_real_journal_passes_its_audit(tmp_path: Path) -> None:
    """What the journal itself writes, by its own clocks, is what the audit accepts."""
    elsewhere = Elsewhere(copies=(FolderDestination(tmp_path / "anxi"),))
    with Journal.begin(tmp_path / "run", "run", {**FACTS, "run": "run"}, elsewhere=elsewhere) as journal:
        for event in site_lost()[1:]:
            journal.append(EventKind(event.kind), event.row, **event.data)
        write_report(tmp_path / "run", journal.settle())
    document = json.loads((tmp_path / "run" / DOCUMENT).read_text(encoding="utf-8"))

    assert audit(tmp_path / "run", tmp_path / "anxi" / "run.head.json") == ()
    assert [row["rule"] for row in document["reasons"] if row["verdict"] != "pass"] == ["R05"]


@pytest.mark.slow
def test_audit_of_nothing_is_invalid(tmp_path: Path) -> None:
    """A folder without a journal and a head that is not there are told, not passed."""
    with pytest.raises(InputInvalid, match="no run"):
        audit(tmp_path)
    with pytest.raises(InputInvalid, match="no such file"):
        audit(good_run(tmp_path / "run"), tmp_path / "none.json")


@pytest.mark.slow
def test_document_of_a_run_without_attempts_is_no_pass(tmp_path: Path) -> None:
    """What clients tried is part of the evidence."""
    folder = good_run(tmp_path / "run")
    (folder / ATTEMPTS).unlink()

    assert document_of(folder)["verdict"] == "fail"
