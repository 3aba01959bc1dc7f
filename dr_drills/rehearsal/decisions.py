"""Who decides that a plan is carried out, as rows: two observers, the cluster itself, or a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dr_drills.detection.witnesses import AGREEING, Heard, agreed
from dr_drills.journal.event import Event, EventKind
from dr_drills.planning.steps import Kind
from dr_drills.planning.world import Seen
from dr_drills.rehearsal.script import Script
from failures import GateRefused, Text


@dataclass(frozen=True)
class Decision:
    """`observed`: sites must be missed by two observers before anything is done."""

    id: str
    observed: bool
    reason: Text


TWO_OBSERVERS = Decision(
    "two-observers",
    observed=True,
    reason=Text(
        "one observer may be cut off itself: two at different places must miss the site, and nobody may see it",
        "单个观察点可能自身断网：须有两处观察点同时看不到该中心，且无任何观察点能看到",
    ),
)
BY_CLUSTER = Decision(
    "by-cluster",
    observed=False,
    reason=Text(
        "the consensus store's majority decides by the lease: nobody else needs to see anything",
        "由仲裁多数派依据租约自行决定，无须另行观察",
    ),
)
BY_PERSON = Decision(
    "by-person",
    observed=False,
    reason=Text(
        "a person decided, whatever is seen: it may cost seconds, and the fence keeps every row",
        "由人员决定，不论观察结果：可能中断数秒，但隔离保证不丢数据",
    ),
)
ROWS: Mapping[Kind, Decision] = {
    **dict.fromkeys(Kind, BY_PERSON),
    Kind.FAILOVER: TWO_OBSERVERS,
    Kind.FAILOVER_BY_LEASE: BY_CLUSTER,
}


def decision_of(script: Script) -> Decision | None:
    """Return who decides on a drill's plans: of several the one that needs most; None for a drill without any."""
    rows = [ROWS[move.kind] for move in script.courses]
    if script.scenario.recovery.decided == "person":
        rows = [BY_PERSON for _ in rows]
    return next((row for row in (TWO_OBSERVERS, BY_PERSON, BY_CLUSTER) if row in rows), None)


def given_up(script: Script) -> tuple[str, ...]:
    """Return the sites that observers must miss before the drill goes on."""
    moves = (move for move in script.courses if ROWS[move.kind].observed)
    return tuple(dict.fromkeys(site for move in moves for site in move.case.lost))


def is_decided(events: Sequence[Event]) -> bool:
    """Tell whether a run was decided on, so that one that goes on need not ask again what its own fence now hides."""
    return any(e.kind == EventKind.GATE and e.row == TWO_OBSERVERS.id and e.data.get("passed") for e in events)


def all_lost(said: Mapping[str, Sequence[Heard]]) -> bool:
    """Tell whether observers agree of every site that it is lost."""
    return bool(said) and all(agreed(one) is Seen.YES for one in said.values())


def document(said: Mapping[str, Sequence[Heard]]) -> list[dict[str, Any]]:
    """Return what was heard as JSON values."""
    return [{"site": site, **one.document()} for site, rows in said.items() for one in rows]


def not_agreed(said: Mapping[str, Sequence[Heard]], waited_s: float) -> GateRefused:
    told = "; ".join(f"{one.where}: {SEES[one.sees].en} {site}" for site, rows in said.items() for one in rows)
    zh = "；".join(f"{one.where}：{SEES[one.sees].zh} {site}" for site, rows in said.items() for one in rows)
    return GateRefused(
        Text(
            f"no {AGREEING} observers at different places miss it for {waited_s:.0f} s ({told or 'nobody looks'})",
            f"{waited_s:.0f} 秒内没有 {AGREEING} 处观察点同时看不到该中心（{zh or '无观察点'}）",
        ),
        where=", ".join(said),
        fix=Text(
            "nothing was done; wait for the lease, or decide as a person: recovery.decided: person",
            "未执行任何操作；可等待租约到期，或由人员决定：recovery.decided: person",
        ),
    )


SEES = {
    Seen.YES: Text("sees", "可见"),
    Seen.NO: Text("misses", "看不到"),
    Seen.UNKNOWN: Text("cannot tell of", "无法判断"),
}
