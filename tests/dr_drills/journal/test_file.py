"""The journal of a run: durable, chained, one writer, evidence never written over."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dr_drills.journal.elsewhere import Elsewhere
from dr_drills.journal.event import EventKind
from dr_drills.journal.file import HEAD, JOURNAL, Journal, read_events
from dr_drills.journal.heads import read_head
from dr_drills.journal.verify import check
from failures import GateRefused, InputInvalid, OutsideFailed
from tests.dr_drills.journal.destination import FolderDestination
from tests.house.sources import ROOT

KILLED = """
import os, sys
from pathlib import Path
from dr_drills.journal.event import EventKind
from dr_drills.journal.file import Journal
journal = Journal.begin(Path(sys.argv[1]), "run-1", {})
journal.append(EventKind.FAULT_INTENT, "cut-site", fault="cut", target={"kind": "site", "name": "donghai"})
os.kill(os.getpid(), 9)
"""


def begun(folder: Path) -> Journal:
    return Journal.begin(folder, "run-1", {"cloud": "quanzhou"})


def test_append_of_a_killed_process_is_kept(tmp_path: Path) -> None:
    """What append returned for is on the disk after kill -9, and its lock is free."""
    died = subprocess.run([sys.executable, "-c", KILLED, tmp_path], cwd=ROOT, timeout=60, check=False)

    with Journal.resume(tmp_path, {"operator": "lin"}) as journal:
        kinds = [event.kind for event in journal.events]
    assert died.returncode == -signal.SIGKILL
    assert kinds == [EventKind.RUN_BEGAN, EventKind.FAULT_INTENT, EventKind.RESUMED]


def test_append_reads_back_as_the_same_events(tmp_path: Path) -> None:
    """A reader sees what the writer has, in both alphabets, and the head is the last of them."""
    with begun(tmp_path) as journal:
        journal.append(EventKind.PHASE_BEGAN, "gate", phase="gate", title={"zh": "门禁\u2028", "en": "half \udc80"})
        written = journal.events

    assert read_events(tmp_path) == written
    assert read_head(tmp_path / HEAD) == journal.head
    assert check((tmp_path / JOURNAL).read_bytes(), journal.head) == ()


def test_begin_where_a_journal_is_gets_refused(tmp_path: Path) -> None:
    """Evidence is never written over."""
    begun(tmp_path).close()
    before = (tmp_path / JOURNAL).read_bytes()

    with pytest.raises(GateRefused, match="never written over"):
        begun(tmp_path)
    assert (tmp_path / JOURNAL).read_bytes() == before


def test_resume_beside_a_living_controller_names_it(tmp_path: Path) -> None:
    """One controller writes; the second is told who that is."""
    with begun(tmp_path), pytest.raises(GateRefused, match=f"drill run-1.*pid {os.getpid()}"):
        Journal.resume(tmp_path, {})


def test_resume_after_a_torn_line_says_so(tmp_path: Path) -> None:
    """Half a line is cut off, and an event tells how much it was and how it began."""
    begun(tmp_path).close()
    with (tmp_path / JOURNAL).open("ab") as file:
        file.write(b'{"at":"2026-')

    with Journal.resume(tmp_path, {}) as journal:
        torn = journal.events[1]
    assert (torn.kind, torn.data["bytes"], torn.data["begins_with"]) == (EventKind.TORN_TAIL, 12, '{"at":"2026-')
    assert [event.kind for event in read_events(tmp_path)][-1] == EventKind.RESUMED


def test_resume_of_a_changed_journal_names_the_line(tmp_path: Path) -> None:
    """Nobody goes on from a journal that is not as it was written."""
    with begun(tmp_path) as journal:
        journal.append(EventKind.APPROVAL, "", who="chen")
    changed = (tmp_path / JOURNAL).read_bytes().replace(b"chen", b"wang")
    (tmp_path / JOURNAL).write_bytes(changed)

    with pytest.raises(InputInvalid) as caught:
        Journal.resume(tmp_path, {})
    assert caught.value.where == f"{tmp_path / JOURNAL}:2"


@pytest.mark.parametrize("content", [None, b"", b'{"at'])
def test_resume_without_a_first_event_is_invalid(content: bytes | None, tmp_path: Path) -> None:
    """Where no run began there is nothing to go on with."""
    if content is not None:
        (tmp_path / JOURNAL).write_bytes(content)

    with pytest.raises(InputInvalid, match="no run"):
        Journal.resume(tmp_path, {})


def test_append_to_a_full_disk_fails_and_keeps_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a line is taken back, and nothing is announced after that."""
    journal, real = begun(tmp_path), os.write

    def half(fd: int, raw: bytes) -> int:
        if len(raw) < 200:
            raise OSError(28, "No space left on device")
        return real(fd, raw[: len(raw) - 100])

    monkeypatch.setattr("dr_drills.journal.local.os.write", half)
    with pytest.raises(OutsideFailed, match="disk is full"):
        journal.append(EventKind.APPROVAL, "", who="chen" * 50)
    monkeypatch.undo()
    with pytest.raises(OutsideFailed):
        journal.append(EventKind.APPROVAL, "", who="chen")
    journal.close()
    assert len(read_events(tmp_path)) == 1


def test_copies_to_an_open_and_a_shut_place_name_the_open_one(tmp_path: Path) -> None:
    """One place that cannot be written to hinders no other, and is not said to have the head."""
    shut, open_place = FolderDestination(tmp_path / "file" / "below"), FolderDestination(tmp_path / "open")
    (tmp_path / "file").write_text("", encoding="utf-8")
    elsewhere = Elsewhere(copies=(shut, open_place))
    with Journal.begin(tmp_path / "run", "run-1", {}, elsewhere=elsewhere) as journal:
        journal.append(EventKind.PHASE_ENDED, "gate", phase="gate")
        told = journal.settle()

    assert told == (str(tmp_path / "open"),)
    assert read_head(tmp_path / "open" / "run-1.head.json") == journal.head


def test_head_that_is_none_is_invalid(tmp_path: Path) -> None:
    """A file that says nothing of a head is not taken for a missing one."""
    (tmp_path / HEAD).write_text(json.dumps({"seq": 1}), encoding="utf-8")

    assert read_head(tmp_path / "none.json") is None
    with pytest.raises(InputInvalid, match="not the head"):
        read_head(tmp_path / HEAD)
