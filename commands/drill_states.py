"""How the outside clients of a drill do, by kind, on one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from statistics import median
from typing import TYPE_CHECKING

from failures import Text

if TYPE_CHECKING:
    from dr_drills.clients.attempts import Attempt, Client

WIDTH = 120
WINDOW_S = 3.0
"""Pace and latency are those of the last seconds."""
KINDS: dict[str, Text] = {
    "writer": Text("writes", "写入"),
    "reader": Text("reads", "查询"),
    "citizen": Text("receipts", "回执"),
    "resolver": Text("names", "域名"),
}


@dataclass(frozen=True)
class Doing:
    """How the clients of one kind do: `failing` of `clients` have had no acknowledgement, the worst for `since_s`.

    `per_s` are acknowledgements per second, `latency_s` their median; None when there was none lately.
    """

    service: str
    kind: str
    clients: int
    failing: int
    since_s: float
    per_s: float
    latency_s: float | None


def doings(clients: Iterable[Client], attempts: Callable[[str], Sequence[Attempt]], now_s: float) -> tuple[Doing, ...]:
    """Return one row per service and kind, in the order of KINDS; kinds that have no attempt yet are left out."""
    groups: dict[tuple[str, str], list[Sequence[Attempt]]] = {}
    for client in clients:
        tried = attempts(client.name)
        if tried:
            groups.setdefault((client.service, str(client.kind)), []).append(tried)
    kinds = list(KINDS)
    return tuple(
        _doing(service, kind, groups[service, kind], now_s)
        for service, kind in sorted(groups, key=lambda group: (kinds.index(group[1]), group[0]))
    )


def _doing(service: str, kind: str, lanes: Sequence[Sequence[Attempt]], now_s: float) -> Doing:
    from dr_drills.rehearsal.clients import SILENT_S, last_acknowledged

    unserved = [now_s - (last_acknowledged(lane) or lane[0].began_s) for lane in lanes]
    lately = [a for lane in lanes for a in takewhile(lambda a: now_s - a.ended_s < WINDOW_S, reversed(lane))]
    good = [a.ended_s - a.began_s for a in lately if a.acknowledged]
    span_s = min(WINDOW_S, max(now_s - lane[0].began_s for lane in lanes))
    return Doing(
        service=service,
        kind=kind,
        clients=len(lanes),
        failing=sum(seconds > SILENT_S for seconds in unserved),
        since_s=max(unserved),
        per_s=len(good) / span_s if span_s > 0 else 0.0,
        latency_s=median(good) if good else None,
    )


def failing(rows: Iterable[Doing]) -> frozenset[tuple[str, str]]:
    """Return the services and kinds of which any client fails."""
    return frozenset((row.service, row.kind) for row in rows if row.failing)


def share_a_kind(kinds: Iterable[str]) -> bool:
    """Tell whether a kind is there twice, so that only the name of its service tells one from the other."""
    counts = Counter(kinds)
    return any(number > 1 for number in counts.values())


def lines(rows: Sequence[Doing], width: int = WIDTH) -> list[Text]:
    """Return one line, or one per service, with its name, where services have clients of the same kind."""
    if not share_a_kind(row.kind for row in rows):
        return [_line("", rows, width)] if rows else []
    services = dict.fromkeys(row.service for row in rows)
    return [_line(name, [row for row in rows if row.service == name], width) for name in services]


def _line(service: str, rows: Sequence[Doing], width: int) -> Text:
    for short in (False, True):
        told = [_told(row, short=short) for row in rows]
        head = f"{service}: " if service else ""
        line = Text(head + "  ".join(one.en for one in told), head + "  ".join(one.zh for one in told))
        if len(line.en) <= width:
            break
    return line


def _told(row: Doing, *, short: bool) -> Text:
    name = KINDS[row.kind]
    if not row.failing:
        lag = "" if row.latency_s is None else f" {_ms(row.latency_s)}"
        return Text(f"{name.en} {row.per_s:.0f}/s{lag}", f"{name.zh} {row.per_s:.0f}/s{lag}")
    since = f"{row.since_s:.1f} s" if row.since_s < 100 else f"{row.since_s:.0f} s"
    of = Text("", "")
    if row.clients > 1:
        part = f"{row.failing}/{row.clients}" if short else f"{row.failing} of {row.clients}"
        of = Text(f" ({part})", f"({row.failing}/{row.clients})")
    word = "FAIL" if short else "FAIL since"
    return Text(f"{name.en} {word} {since}{of.en}", f"{name.zh} 失败 已 {since}{of.zh}")


def _ms(seconds: float) -> str:
    return f"{max(1.0, seconds * 1000):.0f} ms"
