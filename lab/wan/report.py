"""Says of every line of a lab whether it is up, slowed, cut or dead, and what it carries."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lab.wan.control import order
from lab.wan.faults import LineState, state_of
from lab.wan.settle import read_wiring
from lab.wan.wiring import Line, Wiring


@dataclass(frozen=True)
class LineStatus:
    """`latency_ms` (one way), `loss` and `bandwidth_mbps` hold now, None while the line's process is dead."""

    name: str
    ends: tuple[str, str]
    carrier: str
    transit: bool
    state: Literal["up", "slow", "cut", "down"]
    declared_ms: float
    latency_ms: float | None
    loss: float | None
    bandwidth_mbps: float | None
    bytes: int
    dropped: int


def look(run: Path) -> tuple[LineStatus, ...]:
    """Return one row per declared line of the lab with this folder, none when it was never raised."""
    try:
        wiring = read_wiring(run)
    except FileNotFoundError:
        return ()
    with ThreadPoolExecutor(max(1, len(wiring.lines))) as pool:
        return tuple(pool.map(lambda line: _status(wiring, line), wiring.lines.values()))


def _status(wiring: Wiring, line: Line) -> LineStatus:
    report = order(wiring.socket(line.name))
    now = report.state if report else None
    return LineStatus(
        name=line.name,
        ends=line.ends,
        carrier=line.carrier,
        transit=line.transit,
        state=_state(line, now),
        declared_ms=line.latency_ms,
        latency_ms=now.latency_ms if now else None,
        loss=now.loss if now else None,
        bandwidth_mbps=now.bandwidth_mbps if now else None,
        bytes=report.bytes if report else 0,
        dropped=report.dropped if report else 0,
    )


def _state(line: Line, now: LineState | None) -> Literal["up", "slow", "cut", "down"]:
    if now is None:
        return "down"
    if now.cut:
        return "cut"
    return "up" if now == state_of(line, ()) else "slow"
