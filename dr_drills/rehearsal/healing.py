"""Undoes every fault of a run, always all of them, and says of each whether it is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from dr_drills.faults.table import BY_ID, InForce, Injector
from dr_drills.journal.event import EventKind
from dr_drills.rehearsal.log import Log
from dr_drills.rehearsal.means import OutOfBand
from dr_drills.rehearsal.past import FENCE, fences_up, has_promoted, open_faults, target, words_lost
from dr_drills.rehearsal.script import PlannedFault
from failures import GovcloudError, Text

LET_IN = Text("the other borders let the site in again", "其他中心的边界重新放行该中心")
MAY_WRITE = "another side may write by now: let it in by hand once its databases follow, or are off"
TRIES = 3
WAIT_S = 2.0


def adopt(log: Log, injector: Injector, planned: Iterable[PlannedFault]) -> None:
    """Take for the run's what is in force of its plan, where the last words of a dead controller are lost."""
    if not words_lost(log.events):
        return
    known, there = open_faults(log.events), injector.in_force()
    for fault in dict.fromkeys(one.hit for one in planned):
        if fault in there and fault not in known:
            meaning = BY_ID[fault.fault].meaning._asdict()
            log.write(EventKind.FAULT_INTENT, fault.fault, **target(fault), meaning=meaning, adopted=True)


def heal_all(
    log: Log,
    injector: Injector,
    out_of_band: OutOfBand,
    stopped: Sequence[str],
    sleep: Callable[[float], None],
) -> tuple[InForce, ...]:
    """Heal what the journal says may be in force and return the faults that still are.

    The databases of the `stopped` sites, who do not know of somebody who took over, are stopped before anything of
    theirs comes back; a fault stays rather than let two sides write.
    """
    open_now = open_faults(log.events)
    if open_now:
        try:
            for site in stopped:
                out_of_band.stop_databases(site)
        except GovcloudError as error:
            for fault in open_now:
                _not_healed(log, fault, f"two sides could write: {error.say('en')}")
            return open_now
    for fault in open_now:
        _heal(log, injector, fault, sleep)
    return open_faults(log.events)


def lift_fences(log: Log, out_of_band: OutOfBand) -> tuple[InForce, ...]:
    """Let in again whom a plan shut out that came no further, and return the fences that stay.

    Where somebody may have been promoted since, a fence is all that keeps two sides from writing: a person decides.
    """
    for site in fences_up(log.events):
        _lift(log, out_of_band, InForce(FENCE, "site", site))
    return tuple(InForce(FENCE, "site", site) for site in fences_up(log.events))


def _lift(log: Log, out_of_band: OutOfBand, fence: InForce) -> None:
    log.write(EventKind.HEAL_INTENT, FENCE, **target(fence), meaning=LET_IN._asdict())
    try:
        if out_of_band.is_shut_out(fence.name):
            if has_promoted(log.events):
                _not_healed(log, fence, MAY_WRITE)
                return
            out_of_band.let_in(fence.name)
    except GovcloudError as error:
        _not_healed(log, fence, error.say("en"))
    else:
        log.write(EventKind.HEALED, FENCE, **target(fence), ok=True)


def _heal(log: Log, injector: Injector, fault: InForce, sleep: Callable[[float], None]) -> None:
    log.write(EventKind.HEAL_INTENT, fault.fault, **target(fault), meaning=BY_ID[fault.fault].healing._asdict())
    trouble = ""
    for turn in range(TRIES):
        sleep(WAIT_S if turn else 0.0)
        try:
            injector.heal(*fault)
            if fault not in injector.in_force():
                log.write(EventKind.HEALED, fault.fault, **target(fault), ok=True)
                return
            trouble = "still in force"
        except GovcloudError as error:
            trouble = error.say("en")
    _not_healed(log, fault, trouble)


def _not_healed(log: Log, fault: InForce, trouble: str) -> None:
    log.write(EventKind.HEALED, fault.fault, **target(fault), ok=False, trouble=trouble)
