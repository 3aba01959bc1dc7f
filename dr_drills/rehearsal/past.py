"""What the events of a run say has happened: faults that may be in force, phases that are over; pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from dr_drills.faults.table import InForce
from dr_drills.journal.event import Event, EventKind, struck
from dr_drills.planning.world import Role, World
from dr_drills.rehearsal.phases import PHASES
from dr_drills.rehearsal.script import TAKE_OVERS

TAKING_OVER = frozenset({"promote-dr", "force-store", "take-lease"})
"""Rules after which a lost site must not write again by itself."""
FENCE, UNFENCE = "fence", "unfence"
"""The rule that shuts a site out, and what those begin with that let it in again."""


def target(fault: InForce) -> dict[str, Any]:
    """Return what an event says of a fault's target."""
    return {"fault": fault.fault, "target": {"kind": fault.kind, "name": fault.name}}


def fault_of(event: Event) -> InForce:
    aimed = event.data["target"]
    return InForce(str(event.data["fault"]), str(aimed["kind"]), str(aimed["name"]))


def open_faults(events: Sequence[Event]) -> tuple[InForce, ...]:
    """Return the faults that were meant and are not known to be healed, the last one first."""
    found: dict[InForce, None] = {}
    for event in events:
        if event.kind == EventKind.FAULT_INTENT:
            found[fault_of(event)] = None
        elif event.kind == EventKind.HEALED and event.data.get("ok"):
            found.pop(fault_of(event), None)
    return tuple(reversed(found))


def phases_over(events: Sequence[Event]) -> frozenset[str]:
    return frozenset(str(e.data["phase"]) for e in events if e.kind == EventKind.PHASE_ENDED)


def phase_open(events: Sequence[Event]) -> str:
    """Return the phase that began last and has not ended; empty for none."""
    found = ""
    for event in events:
        if event.kind == EventKind.PHASE_BEGAN:
            found = str(event.data["phase"])
        elif event.kind == EventKind.PHASE_ENDED:
            found = ""
    return found


def goes_on_with_healing(events: Sequence[Event], *, all_struck: bool) -> bool:
    """Tell whether a run that goes on has nothing to recover: it died where it must not go on, or beyond recovery.

    Where its last words are lost nobody knows where it died: with all its faults in force, which is `all_struck`, it is
    gone on with for the sake of recovery.
    """
    names = [phase.id for phase in PHASES]
    died_in = phase_open(events)
    beyond = words_lost(events) and all_struck
    must_not = any(not phase.resumes for phase in PHASES if phase.id == died_in) and not beyond
    return must_not or any(names.index(name) >= names.index("heal") for name in {died_in, *phases_over(events)} - {""})


def is_over(events: Sequence[Event]) -> bool:
    return any(event.kind == EventKind.RUN_ENDED for event in events)


def has_begun(events: Sequence[Event]) -> bool:
    """Tell whether anything was meant to change, a fault or a step, or may have been."""
    meant = {EventKind.FAULT_INTENT, EventKind.STEP_INTENT, EventKind.BREAK_GLASS}
    return any(event.kind in meant for event in events)


def fault_s(events: Sequence[Event]) -> float | None:
    """Return the clock of what outages count from, None when nothing that may interrupt was meant."""
    found = struck(events)
    return found.clock_s if found else None


def begun_s(events: Sequence[Event]) -> float | None:
    """Return the clock when the first fault or step was meant."""
    meant = {EventKind.FAULT_INTENT, EventKind.STEP_INTENT}
    return next((event.clock_s for event in events if event.kind in meant), None)


def fences_up(events: Sequence[Event]) -> tuple[str, ...]:
    """Return the sites that a plan meant to fence and that nobody let in again since, the first one first."""
    found: dict[str, None] = {}
    for event in events:
        if event.kind == EventKind.STEP_INTENT and event.row == FENCE:
            found[str(event.data["target"])] = None
        elif event.kind == EventKind.STEP_DONE and event.row.startswith(UNFENCE):
            found.pop(str(event.data["target"]), None)
        elif event.kind == EventKind.HEALED and event.row == FENCE and event.data.get("ok"):
            found.pop(fault_of(event).name, None)
    return tuple(found)


def has_promoted(events: Sequence[Event]) -> bool:
    """Tell whether a plan may have gone on from its fences to change who writes."""
    beyond = {"promote", "route", "restore", "rejoin"}
    return any(e.kind == EventKind.PHASE_BEGAN and e.data["phase"] in beyond for e in events)


def words_lost(events: Sequence[Event]) -> bool:
    """Tell whether the run goes on without what its dead controller wrote last.

    Glass was broken; or the store has the last words of a run in which a side takes over that no majority is left
    beside: meanwhile it kept none, and then the survivor is a majority of its own that knows nothing of it.
    """
    fetched = any(e.kind == EventKind.RESUMED and e.data.get("from_store") for e in events)
    return any(e.kind == EventKind.BREAK_GLASS for e in events) or (fetched and _takes_over(events))


def _takes_over(events: Sequence[Event]) -> bool:
    began = next((e.data for e in events if e.kind == EventKind.RUN_BEGAN), {})
    return any(move["kind"] in TAKE_OVERS for move in began.get("script", {}).get("courses", ()))


def took_over(events: Sequence[Event], leads: Callable[[], bool] = lambda: True) -> bool:
    """Tell whether somebody may have been promoted whom the lost sites do not know of.

    Where the last words are lost, `leads` is asked whether another site may lead; by itself it may.
    """
    meant = any(e.kind == EventKind.STEP_INTENT and e.data.get("rule") in TAKING_OVER for e in events)
    return meant or (words_lost(events) and leads())


def leads_elsewhere(worlds: Iterable[World], lost: Collection[str]) -> bool:
    """Tell whether a site that is not lost may lead: whose database is not known to follow may."""
    follows = {Role.STANDBY, Role.STANDBY_LEADER}
    return any(view.role not in follows for world in worlds for site, view in world.nodes.items() if site not in lost)
