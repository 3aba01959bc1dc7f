"""A run in a store of three real members: one controller, resumed elsewhere, and never held up by a lost majority."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dr_drills.journal.elsewhere import Elsewhere, fetch
from dr_drills.journal.event import EventKind
from dr_drills.journal.file import HEAD, JOURNAL, Journal, read_events
from dr_drills.journal.quorum import Quorum, putting
from dr_drills.journal.shared import LOCK, HeadsAt, event_key, events_under, head_key, head_under, parts, sound
from dr_drills.journal.store import Superseded
from dr_drills.journal.verify import check
from dr_drills.probes.etcd import coded
from failures import GateRefused
from tests.dr_drills.journal.conftest import ADDRESSES, TTL_S, Trio
from tests.dr_drills.journal.test_verify import chain
from tests.house.sources import ROOT

pytestmark = pytest.mark.slow

RUN = "run-1"
CUT = {"fault": "cut", "target": {"kind": "site", "name": "donghai"}}


def begun(folder: Path, trio: Trio, run: str = RUN) -> Journal:
    return Journal.begin(folder / run, run, {"cloud": "testcity"}, elsewhere=trio.elsewhere())


def resumed(folder: Path, trio: Trio, run: str = RUN) -> Journal:
    return Journal.resume(folder / run, {"operator": "lin"}, elsewhere=trio.elsewhere())


def kinds(folder: Path, run: str = RUN) -> list[str]:
    return [event.kind for event in read_events(folder / run)]


def kept(trio: Trio, run: str = RUN) -> list[str]:
    """Return the kinds of what the store keeps of a run, which is a whole chain."""
    raw = b"".join(row.text.encode() + b"\n" for row in trio.quorum().below(events_under(run)))
    return [event.kind for event in sound(raw, run)]


@contextmanager
def another(folder: Path, trio: Trio, fate: str, boot: str = "") -> Iterator[subprocess.Popen[str]]:
    """Run a controller in a process of its own up to what it is told to do after it has written."""
    orders = [str(folder / RUN), str(trio.folder), str(trio.client), ",".join(ADDRESSES), str(TTL_S), boot, fate]
    words = [sys.executable, "-m", "tests.dr_drills.journal.controller", *orders]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "written\n"
            yield process
        finally:
            process.kill()


def steal(trio: Trio, text: str = "{}") -> None:
    """Take the lock from whoever has it, as its lease does when it runs out."""
    quorum = trio.quorum()
    quorum.call("kv/deleterange", {"key": coded(LOCK)})
    quorum.transact([], [putting(LOCK, text)])


def test_append_is_kept_in_file_and_store(trio: Trio, tmp_path: Path) -> None:
    """Both have the same lines, and the store the head, before an intent is acted on."""
    with begun(tmp_path, trio) as journal:
        journal.append(EventKind.FAULT_INTENT, "cut-site", **CUT)
        there = kept(trio)
        head = head_under(trio.quorum(), RUN)
        assert head == journal.head

    assert there == kinds(tmp_path) == [EventKind.RUN_BEGAN, EventKind.FAULT_INTENT]
    assert check((tmp_path / RUN / JOURNAL).read_bytes(), head) == ()
    assert trio.quorum().row(LOCK) is None


def test_begin_beside_another_controller_names_it(trio: Trio, tmp_path: Path) -> None:
    """Two machines, two folders, one cloud: the second is told who is at work, and leaves nothing behind."""
    with another(tmp_path / "a", trio, "stay", boot="far") as first:
        with pytest.raises(GateRefused, match=f"drill run-1.*pid {first.pid}"):
            begun(tmp_path / "b", trio, "run-2")
        assert not (tmp_path / "b" / "run-2" / JOURNAL).exists()


def test_resume_beside_a_living_controller_names_it(trio: Trio, tmp_path: Path) -> None:
    """A lease that is renewed is a living controller's: nobody takes its run."""
    with another(tmp_path / "a", trio, "stay", boot="far") as first:
        assert fetch(trio.quorum(), tmp_path / "b") == (RUN,)
        with pytest.raises(GateRefused, match=f"pid {first.pid}"):
            resumed(tmp_path / "b", trio)


def test_resume_elsewhere_after_kill_waits_for_the_lease(trio: Trio, tmp_path: Path) -> None:
    """An empty machine takes the whole run over from the store once the dead holder's lease has run out."""
    with another(tmp_path / "a", trio, "die", boot="far") as first:
        assert first.wait(10) == -9
    assert fetch(trio.quorum(), tmp_path / "b") == (RUN,)
    began = time.monotonic()
    with resumed(tmp_path / "b", trio) as journal:
        waited = time.monotonic() - began
        assert [event.kind for event in journal.events] == [
            EventKind.RUN_BEGAN,
            EventKind.FAULT_INTENT,
            EventKind.RESUMED,
        ]

    assert 0.3 < waited < TTL_S + 3
    assert kept(trio) == kinds(tmp_path / "b")


def test_resume_here_after_kill_does_not_wait(trio: Trio, tmp_path: Path) -> None:
    """A holder that ran on this machine and is not there any more holds nobody up."""
    with another(tmp_path, trio, "die") as first:
        first.wait(10)
    began = time.monotonic()
    with resumed(tmp_path, trio):
        assert time.monotonic() - began < 2

    assert kept(trio) == [EventKind.RUN_BEGAN, EventKind.FAULT_INTENT, EventKind.RESUMED]


def test_lease_that_ran_out_unnoticed_is_taken_again(trio: Trio, tmp_path: Path) -> None:
    """Nobody else came: the run goes on, and the store misses nothing."""
    with begun(tmp_path, trio) as journal:
        row = trio.quorum().row(LOCK)
        assert row
        trio.quorum().call("lease/revoke", {"ID": row.lease})
        journal.append(EventKind.STEP_INTENT, "s1", step="s1")
        assert journal.settle()
        again = trio.quorum().row(LOCK)
        assert again
        assert again.created > row.created

    assert kept(trio)[-1] == EventKind.STEP_INTENT


def test_lease_is_renewed_while_nothing_is_written(trio: Trio, tmp_path: Path) -> None:
    """A hold of any length keeps the lock."""
    with begun(tmp_path, trio):
        before = trio.quorum().row(LOCK)
        time.sleep(TTL_S + 1.5)

        assert before
        assert trio.quorum().row(LOCK) == before


def test_append_after_another_took_over_is_refused(trio: Trio, tmp_path: Path) -> None:
    """Who lost the lock to somebody writes nothing into the store and does nothing more, heals included."""
    with begun(tmp_path, trio) as journal:
        steal(trio)
        with pytest.raises(Superseded):
            journal.append(EventKind.FAULT_INTENT, "cut-site", **CUT)
        with pytest.raises(Superseded):
            journal.append(EventKind.HEAL_INTENT, "cut-site", **CUT)

    assert kept(trio) == [EventKind.RUN_BEGAN]


def test_majority_lost_midway_holds_nothing_up(trio: Trio, tmp_path: Path) -> None:
    """The file goes on, the loss and the return are told once each, and the store has everything in the end."""
    with begun(tmp_path, trio) as journal:
        trio.stop(0, 1)
        began = time.monotonic()
        journal.append(EventKind.FAULT_INTENT, "cut-site", **CUT)
        first = time.monotonic() - began
        began = time.monotonic()
        for _ in range(20):
            journal.append(EventKind.STEP_INTENT, "s1", step="s1")
            journal.append(EventKind.HEAL_INTENT, "cut-site", **CUT)
        rest = time.monotonic() - began
        trio.heal()
        assert journal.settle(15)
        journal.append(EventKind.RUN_ENDED, "", verdict="pass")

    assert first < 1.0
    assert rest < 1.0
    assert kinds(tmp_path).count(EventKind.STORE_LOST) == 1
    assert kinds(tmp_path)[-2:] == [EventKind.STORE_BACK, EventKind.RUN_ENDED]
    assert kept(trio) == kinds(tmp_path)


def test_one_member_lost_is_not_told(trio: Trio, tmp_path: Path) -> None:
    """Two of three are a majority; a drill that cuts one site keeps its journal in the store."""
    with begun(tmp_path, trio) as journal:
        trio.stop(2)
        for _ in range(3):
            journal.append(EventKind.STEP_DONE, "s1", step="s1")
            time.sleep(0.5)
        assert journal.settle()

    assert kept(trio)[-1] == EventKind.STEP_DONE


def test_close_without_a_majority_ends_in_time(trio: Trio, tmp_path: Path) -> None:
    """Leaving is bounded; whoever resumes brings the store what it missed."""
    journal = begun(tmp_path, trio)
    trio.stop(0, 1)
    journal.append(EventKind.HEAL_INTENT, "cut-site", **CUT)
    began = time.monotonic()
    journal.close()
    assert time.monotonic() - began < 15
    trio.heal()
    with resumed(tmp_path, trio):
        pass

    assert kept(trio) == kinds(tmp_path)
    assert EventKind.HEAL_INTENT in kept(trio)


def test_resume_without_a_majority_goes_on_with_the_file(trio: Trio, tmp_path: Path) -> None:
    """What heals after a crash does not wait for a store that is dark."""
    begun(tmp_path, trio).close()
    trio.stop(0, 1)
    began = time.monotonic()
    with resumed(tmp_path, trio) as journal:
        journal.append(EventKind.HEAL_INTENT, "cut-site", **CUT)
        assert time.monotonic() - began < 6
        assert journal.events[1].data["store"]["reach"] == "away"


def test_resume_of_a_torn_file_takes_the_rest_from_the_store(trio: Trio, tmp_path: Path) -> None:
    """A disk that lost lines the store has gets them back, and the torn one is told."""
    with begun(tmp_path, trio) as journal:
        journal.append(EventKind.FAULT_INTENT, "cut-site", **CUT)
        journal.append(EventKind.FAULT_INJECTED, "cut-site", **CUT)
    file = tmp_path / RUN / JOURNAL
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(lines[0] + lines[1][:40])
    (tmp_path / RUN / HEAD).unlink()

    with resumed(tmp_path, trio) as journal:
        assert [event.kind for event in journal.events][1:] == [
            EventKind.FAULT_INTENT,
            EventKind.FAULT_INJECTED,
            EventKind.TORN_TAIL,
            EventKind.RESUMED,
        ]
    assert kept(trio) == kinds(tmp_path)


def test_resume_where_both_went_on_sets_the_cut_off_one_aside(trio: Trio, tmp_path: Path) -> None:
    """The store's chain is the run's; the other stays as evidence, and its fault is healed all the same."""
    begun(tmp_path / "a", trio).close()
    fetch(trio.quorum(), tmp_path / "b")
    with Journal.resume(tmp_path / "a" / RUN, {}) as cut_off:
        cut_off.append(EventKind.FAULT_INTENT, "cut-site", **CUT)
    with resumed(tmp_path / "b", trio) as other:
        other.append(EventKind.STEP_DONE, "s1", step="s1")
    with resumed(tmp_path / "a", trio) as journal:
        *_, told, fault = journal.events

    assert told.data["set_aside"]["events"] == 2
    assert fault.data["set_aside"] == 2
    assert len((tmp_path / "a" / RUN / told.data["set_aside"]["file"]).read_bytes().splitlines()) == 2
    assert kept(trio) == kinds(tmp_path / "a")
    assert EventKind.STEP_DONE in kept(trio)


def test_store_that_was_tampered_with_keeps_nobody_from_healing(trio: Trio, tmp_path: Path) -> None:
    """Changed evidence is told as the reason why it was not used."""
    begun(tmp_path, trio).close()
    row = trio.quorum().row(event_key(RUN, 0))
    assert row
    trio.quorum().transact([], [putting(row.key, row.text.replace("testcity", "thatcity"))])

    with resumed(tmp_path, trio) as journal:
        said = journal.events[1].data["store"]
    assert (said["reach"], said["why"]) == ("away", "what is kept of the run is not as it was written")


def test_fetch_takes_open_runs_or_the_named_one(trio: Trio, tmp_path: Path) -> None:
    """A run that is over is history; a journal that is there is not touched."""
    with begun(tmp_path / "a", trio) as journal:
        journal.append(EventKind.RUN_ENDED, "", verdict="pass")
    begun(tmp_path / "a", trio, "run-2").close()

    assert fetch(trio.quorum(), tmp_path / "b") == ("run-2",)
    assert fetch(trio.quorum(), tmp_path / "b", RUN) == (RUN,)
    assert fetch(trio.quorum(), tmp_path / "b", RUN) == ()
    assert kinds(tmp_path / "b") == kinds(tmp_path / "a")


def test_heads_at_a_sites_own_store_are_read_back(trio: Trio, tmp_path: Path) -> None:
    """The head of the last phase is kept where the journal is not."""
    alone = Quorum("alone", ADDRESSES[2:], trio.quorum().keys)
    with Journal.begin(tmp_path / RUN, RUN, {}, elsewhere=Elsewhere(copies=(HeadsAt(alone),))) as journal:
        journal.append(EventKind.PHASE_ENDED, "gate", phase="gate")
        assert journal.settle() == ("alone",)

        assert head_under(alone, RUN) == journal.head
    assert head_under(alone, "run-2") is None


def test_write_of_many_large_events_is_kept_in_parts(trio: Trio, tmp_path: Path) -> None:
    """What was missed for long fits no single transaction."""
    with begun(tmp_path, trio) as journal:
        for _ in range(200):
            journal.append(EventKind.STEP_DONE, "s1", step="s1", words="字" * 4000)
        assert journal.settle(20)

    assert kept(trio) == kinds(tmp_path)
    assert len(list(parts(chain(200)))) == 4


def test_head_under_its_key_names_the_last_event(trio: Trio, tmp_path: Path) -> None:
    """What verifies a run from afar finds the head without knowing how long the run is."""
    begun(tmp_path, trio).close()
    row = trio.quorum().row(head_key(RUN))

    assert row
    assert '"kind": "run-began"' in row.text
