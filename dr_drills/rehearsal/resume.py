"""Heals what a run has left when nobody goes on with it, and ends it."""

from __future__ import annotations

import time
from collections.abc import Callable

from dr_drills.faults.table import InForce, Injector
from dr_drills.journal.event import Event, EventKind
from dr_drills.journal.file import Journal
from dr_drills.rehearsal.healing import adopt, heal_all, lift_fences
from dr_drills.rehearsal.log import Log
from dr_drills.rehearsal.means import OutOfBand
from dr_drills.rehearsal.past import is_over, took_over
from dr_drills.rehearsal.script import Script

REASON = {"rule": "D04", "en": "healed, not gone on with", "zh": "已撤除故障，未继续演练"}


def heal_run(
    journal: Journal,
    injector: Injector,
    out_of_band: OutOfBand,
    script: Script,
    tell: Callable[[Event], None],
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[InForce, ...]:
    """Heal every fault of the run, lift its fences, end it as unknown unless it is over; return what is still there."""
    log = Log(journal, tell, time.monotonic)
    with log.phase("heal"):
        adopt(log, injector, script.faults)
        stopped = script.lost if took_over(log.events) else ()
        left = heal_all(log, injector, out_of_band, stopped, sleep) + lift_fences(log, out_of_band)
    if not is_over(log.events):
        log.write(EventKind.RUN_ENDED, "", verdict="unknown", reasons=[REASON])
    return left
