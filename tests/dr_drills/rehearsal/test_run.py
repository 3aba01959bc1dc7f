"""A rehearsal over the true world of three sites: it heals and ends whatever happens to it, and goes on where it died."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from dr_drills.faults.table import InForce
from dr_drills.journal.event import EventKind
from dr_drills.journal.file import HEAD, read_events
from dr_drills.journal.local import JOURNAL
from dr_drills.rehearsal.past import has_promoted, is_over, open_faults
from dr_drills.rehearsal.resume import heal_run
from dr_drills.rehearsal.run import Consents
from dr_drills.rehearsal.script import Script
from dr_drills.scenarios.catalogue import named
from failures import GateRefused, OutsideFailed
from tests.dr_drills.planning.walks import guard_invariants
from tests.dr_drills.rehearsal.stand import (
    BY_LEASE,
    CITY_LOST,
    FAST,
    RUN,
    SEATS,
    SECOND,
    SURVIVOR,
    THERE_AND_BACK,
    Stand,
    copied,
    run_with,
    stand,
)

SCRIPTS = {script.scenario.scenario: script for script in (BY_LEASE, FAST, CITY_LOST, THERE_AND_BACK)}
KILLED = 9


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder in memory: hundreds of runs write each of their events to the disk."""
    shared = Path("/dev/shm")
    with TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        yield Path(folder)


def kinds(folder: Path) -> list[str]:
    return [f"{event.kind} {event.data.get('phase', '')}".strip() for event in read_events(folder / RUN)]


def forget(run: Path, faults: int) -> None:
    """Leave of a run what a store has that kept its first faults and then nothing: no head lies beside it."""
    lines = (run / JOURNAL).read_bytes().splitlines(keepends=True)
    meant = [at for at, line in enumerate(lines) if b'"fault-intent"' in line]
    (run / JOURNAL).write_bytes(b"".join(lines[: meant[faults] if faults < len(meant) else meant[-1] + 1]))
    (run / HEAD).unlink()


def killed(folder: Path, script: Script, at: int, moment: str) -> None:
    """Run in a process of its own that dies at once, as of kill -9, after so many events or acts."""
    child = os.fork()
    if not child:
        try:
            run_with(stand(folder, script), script, moment, lambda number: os._exit(KILLED) if number == at else None)
        except BaseException:  # noqa: BLE001 - the child must end here whatever happens, and never run the tests
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED, f"it was not killed: {kinds(folder)}"


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=list(SCRIPTS))
def test_rehearsal_left_alone_heals_and_comes_to_its_end(tmp_path: Path, script: Script) -> None:
    """All faults are healed, everything is well, and the last event is the end of the run."""
    cloud = stand(tmp_path, script)
    with cloud.begin(script) as journal:
        verdict = cloud.rehearse(script, journal)

    events = read_events(tmp_path / RUN)
    assert verdict == "pass", events[-1].data
    assert is_over(events)
    assert not open_faults(events)
    assert not cloud.in_force()
    assert not cloud.unwell()


def test_rehearsal_by_lease_writes_its_phases_in_order(tmp_path: Path) -> None:
    """Every fault is meant before it is done, and done before anything else goes on."""
    cloud = stand(tmp_path, BY_LEASE)
    with cloud.begin(BY_LEASE) as journal:
        cloud.rehearse(BY_LEASE, journal)

    found = kinds(tmp_path)
    phases = [kind.split()[1] for kind in found if kind.startswith("phase-began")]
    assert phases[:4] == ["gate", "baseline", "inject", "detect"]
    assert phases[-4:] == ["hold", "heal", "rejoin", "count"]
    assert found.index("fault-intent") + 1 == found.index("fault-injected")
    assert found[-1] == "run-ended"


@pytest.mark.slow
@pytest.mark.parametrize("way", ["resume", "heal"])
@pytest.mark.parametrize("moment", ["event", "act"])
@pytest.mark.parametrize("script", SCRIPTS.values(), ids=list(SCRIPTS))
def test_rehearsal_killed_anywhere_leaves_no_fault_once_taken_up(
    tmp_path: Path, script: Script, moment: str, way: str
) -> None:
    """After kill -9 behind every event and every act, resume and heal leave nothing in force and break nothing."""
    moments = copied(tmp_path, script, moment)
    for folder in moments:
        cloud = Stand.again(folder, SEATS.get(script.scenario.scenario, "b"))
        with cloud.resume() as journal:
            if way == "resume":
                cloud.rehearse(script, journal)
            else:
                told = heal_run(journal, cloud, cloud, script, lambda _: None, cloud.sleep)
                assert {InForce("fence", "site", site) for _, site in cloud.truth.fences} == set(told)
                assert not told or has_promoted(read_events(folder / RUN))
        events = read_events(folder / RUN)
        assert is_over(events), (folder.name, kinds(folder))
        assert not open_faults(events), (folder.name, kinds(folder))
        assert not cloud.in_force(), (folder.name, kinds(folder))
        cloud.sleep(60)
        guard_invariants(cloud.truth, kinds(folder))
        if way == "resume":
            assert not cloud.unwell(), (folder.name, kinds(folder))
            assert not cloud.truth.fences, (folder.name, kinds(folder))
    assert len(moments) >= 2, "the run was killed nowhere"


@pytest.mark.slow
@pytest.mark.parametrize("way", ["resume", "heal"])
@pytest.mark.parametrize(("lost", "faults"), [("glass", 0), ("store", 0), ("store", 1), ("store", 2)])
@pytest.mark.parametrize("script", [CITY_LOST, SURVIVOR], ids=["city lost", "survivor"])
def test_rehearsal_of_which_only_the_beginning_is_known_heals_and_lets_no_two_sides_write(
    tmp_path: Path, script: Script, lost: str, faults: int, way: str
) -> None:
    """Glass was broken, or a store kept no more: faults, fences, a promotion may be there that nobody wrote down."""
    moments = copied(tmp_path, script, "act")
    for folder in moments:
        forget(folder / RUN, faults)
        cloud = Stand.again(folder, SEATS.get(script.scenario.scenario, "b"))
        dark = cloud.in_force()
        with cloud.resume() as journal, suppress(OutsideFailed, GateRefused):
            if lost == "glass":
                journal.append(EventKind.BREAK_GLASS, "", signed=["one", "two"])
            if way == "resume":
                cloud.rehearse(script, journal)
            else:
                heal_run(journal, cloud, cloud, script, lambda _: None, cloud.sleep)
        assert not cloud.in_force(), (folder.name, kinds(folder))
        assert way == "heal" or not dark or not cloud.unwell(), (folder.name, kinds(folder))
        cloud.sleep(60)
        guard_invariants(cloud.truth, kinds(folder))
    assert len(moments) >= 2, "the run was killed nowhere"


@pytest.mark.parametrize("moment", ["event", "act"])
@pytest.mark.parametrize("script", SCRIPTS.values(), ids=list(SCRIPTS))
def test_rehearsal_really_killed_leaves_what_was_copied_at_that_moment(
    tmp_path: Path, script: Script, moment: str
) -> None:
    """The copies stand for kill -9: journal and world of a process that died are the same, and its lock is free."""
    (tmp_path / "dead").mkdir()
    moments = copied(tmp_path, script, moment)
    at = len(moments) // 2
    killed(tmp_path / "dead", script, at, moment)
    copy, dead = moments[at - 1], Stand.again(tmp_path / "dead")

    assert kinds(tmp_path / "dead") == kinds(copy)
    left = Stand.again(copy)
    assert (dead.truth, dead.applied, dead.now) == (left.truth, left.applied, left.now)
    dead.resume().close()


def test_rehearsal_interrupted_by_ctrl_c_heals_and_passes_the_interruption_on(tmp_path: Path) -> None:
    """The fault is gone before the command ends, and the run is no pass."""
    cloud = stand(tmp_path, BY_LEASE)

    def interrupt() -> None:
        if cloud.in_force():
            cloud.on_sleep = lambda: None
            raise KeyboardInterrupt

    cloud.on_sleep = interrupt
    with cloud.begin(BY_LEASE) as journal, pytest.raises(KeyboardInterrupt):
        cloud.rehearse(BY_LEASE, journal)

    ended = read_events(tmp_path / RUN)[-1]
    assert not cloud.in_force()
    assert ended.data["verdict"] == "unknown"
    assert ended.data["reasons"][0]["rule"] == "D02"


@pytest.mark.parametrize("flaw", ["unhealthy", "in force"])
def test_rehearsal_on_an_unhealthy_cloud_is_refused_and_breaks_nothing(tmp_path: Path, flaw: str) -> None:
    """Neither a remark nor a fault that is in force lets a drill begin."""
    cloud = stand(tmp_path, BY_LEASE)
    if flaw == "unhealthy":
        cloud.unhealthy = ("S02 citizen-db: nobody is synchronous",)
    else:
        cloud.inject("cut", "site", "c")
    before = cloud.in_force()
    with cloud.begin(BY_LEASE) as journal, pytest.raises(GateRefused):
        cloud.rehearse(BY_LEASE, journal)

    assert cloud.in_force() == before
    assert not any(kind.startswith("fault") for kind in kinds(tmp_path))
    assert kinds(tmp_path)[-1] == "run-ended"


def test_rehearsal_whose_fault_cannot_be_healed_says_so_and_is_no_pass(tmp_path: Path) -> None:
    """The fault stays open in the journal, so that a later heal knows of it."""
    cloud = stand(tmp_path, BY_LEASE)
    cloud.stubborn = True
    with cloud.begin(BY_LEASE) as journal, pytest.raises(OutsideFailed):
        cloud.rehearse(BY_LEASE, journal)
    left = open_faults(read_events(tmp_path / RUN))
    cloud.stubborn = False
    with cloud.resume() as journal:
        healed = heal_run(journal, cloud, cloud, BY_LEASE, lambda _: None, cloud.sleep)

    assert [fault.name for fault in left] == ["a"]
    assert healed == ()
    assert not cloud.in_force()


@pytest.mark.parametrize(
    "consents",
    [
        Consents("operator", None, allow_data_loss=True),
        Consents("second", SECOND, allow_data_loss=True),
        Consents("operator", replace(SECOND, names=("second", "operator")), allow_data_loss=True),
        Consents("operator", SECOND, allow_data_loss=False),
    ],
    ids=["nobody", "the operator", "the operator's key", "no loss allowed"],
)
def test_rehearsal_without_a_second_person_promotes_nobody(tmp_path: Path, consents: Consents) -> None:
    """One who approves his own drill is no second person; the city is healed and leads again."""
    cloud = stand(tmp_path, CITY_LOST)
    with cloud.begin(CITY_LOST) as journal:
        verdict = cloud.rehearse(CITY_LOST, journal, consents=consents)

    assert verdict == "unknown"
    assert not cloud.truth.dr_leads
    assert not cloud.in_force()


def test_rehearsal_that_is_begun_twice_is_refused(tmp_path: Path) -> None:
    """A second controller does not get the run's journal."""
    cloud = stand(tmp_path, BY_LEASE)
    with cloud.begin(BY_LEASE), pytest.raises(GateRefused):
        cloud.resume()


@pytest.mark.parametrize(
    ("seeing", "decided"),
    [((), True), (("c",), False), (("operator",), False)],
    ids=["all miss it", "the third site sees it", "only the seat sees it"],
)
def test_rehearsal_of_a_fast_failover_acts_only_when_observers_agree(
    tmp_path: Path, seeing: tuple[str, ...], *, decided: bool
) -> None:
    """Who sees the site keeps everybody from acting: nothing is fenced, and the run is no pass."""
    cloud = stand(tmp_path, FAST)
    cloud.seeing = frozenset(seeing)
    with cloud.begin(FAST) as journal:
        verdict = cloud.rehearse(FAST, journal)

    events = read_events(tmp_path / RUN)
    gate = next(event for event in events if event.row == "two-observers")
    rules = {event.row for event in events if event.kind == "step-intent"}
    assert gate.data["passed"] is decided
    assert ("fence" in rules) == decided
    assert verdict == ("pass" if decided else "unknown")
    assert gate.data["seconds"] < 2 if decided else gate.data["seconds"] >= 30


def test_rehearsal_of_a_fast_failover_on_one_blind_observer_alone_does_nothing(tmp_path: Path) -> None:
    """A false alarm of one place costs nothing at all."""
    alarm = replace(FAST, faults=())
    cloud = stand(tmp_path, alarm)
    cloud.blind = frozenset({"operator"})
    with cloud.begin(alarm) as journal:
        cloud.rehearse(alarm, journal)

    assert not any(event.kind == "step-intent" and event.row == "fence" for event in read_events(tmp_path / RUN))


def test_rehearsal_decided_by_a_person_does_not_ask_observers(tmp_path: Path) -> None:
    """A drill of a false alarm goes on although everybody sees the site, and its journal says who decided."""
    alarm = replace(FAST, faults=(), scenario=named("false-alarm"))
    cloud = stand(tmp_path, alarm)
    with cloud.begin(alarm) as journal:
        cloud.rehearse(alarm, journal)

    events = read_events(tmp_path / RUN)
    assert [e.data["who"] for e in events if e.row == "by-person"] == ["operator"]
    assert any(e.row == "fence" for e in events if e.kind == "step-done")


def test_rehearsal_with_a_second_person_writes_the_signature_down_once(tmp_path: Path) -> None:
    """Signer, key, plan and signature stand in the journal before anything that needs them."""
    cloud = stand(tmp_path, CITY_LOST)
    with cloud.begin(CITY_LOST) as journal:
        cloud.rehearse(CITY_LOST, journal)

    events = read_events(tmp_path / RUN)
    told = [event for event in events if event.kind == "approval"]
    first = next(event for event in events if event.data.get("consent") == "second-person")
    assert [event.data["key"] for event in told] == ["SHA256:test"]
    assert {"who", "plan_sha256", "statement", "signature", "allow_data_loss"} <= set(told[0].data)
    assert told[0].seq < first.seq
