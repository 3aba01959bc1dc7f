"""Which drills may put right what a run left behind that did not come to its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dr_drills.journal.event import Event, EventKind
from dr_drills.planning.steps import Action, Kind
from dr_drills.rehearsal.script import TAKE_OVERS, Script
from failures import Text

LOOK = Text("look: govcloud status", "请查看：govcloud status")
NEXT: Mapping[Kind, Kind] = {
    Kind.CITY_FAILOVER: Kind.FAILBACK,
    Kind.CITY_SWITCHOVER: Kind.FAILBACK,
    Kind.TAKEOVER: Kind.TAKE_BACK,
    Kind.FAILOVER: Kind.REPROTECT,
    Kind.FAILOVER_BY_LEASE: Kind.REPROTECT,
}
"""The plan that makes all well after another one; a scenario of its name carries it out by itself."""
STOPPED = str(Action.PROVE_OFF)
"""The rule that stops databases before anybody takes over."""


def way_back(script: Script, events: Sequence[Event]) -> Text:
    """Return what to do where the plans of a run were not carried out to their end.

    Each drill that is named is refused by its own guards where it would do harm.
    """
    begun = {event.row for event in events if event.kind == EventKind.STEP_INTENT}
    told = "; ".join(f"govcloud drill run TOPOLOGY {words}" for words in dict.fromkeys(_drills(script, begun)))
    if not told:
        return LOOK
    return Text(
        f"{LOOK.en}; where not all is well, the first of these that is not refused: {told}",
        f"{LOOK.zh}；若未恢复正常，依次尝试，取第一个未被拒绝的：{told}",
    )


def _drills(script: Script, begun: set[str]) -> Iterator[str]:
    """Yield the drills that may be needed with what they must be told, those that lose nothing first."""
    if not begun:
        return
    returning = (move.case.to for move in reversed(script.afterwards))
    site = next(filter(None, (*script.lost, script.choice.site, *returning)), "")
    for move in script.courses:
        if move.kind in NEXT:
            yield f"{NEXT[move.kind]} --site {site}"
    if STOPPED in begun:
        yield f"{Kind.RESTART} --site {site}"
        yield from (_again(move.kind, site) for move in script.courses if move.kind in TAKE_OVERS)


def _again(kind: Kind, site: str) -> str:
    return str(kind) if kind is Kind.CITY_FAILOVER else f"{kind} --site {site}"
