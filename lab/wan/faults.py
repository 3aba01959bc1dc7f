"""What is cut or slowed on purpose, as data: which lines a fault touches and what it makes of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from lab.wan.wiring import Line

Act = Literal["cut", "slow"]
Kind = Literal["link", "site", "host", "carrier"]


@dataclass(frozen=True)
class Fault:
    """`taps` are the interfaces of a host; latency (one way) and loss (0 to 1) are added, bandwidth is a ceiling."""

    act: Act
    kind: Kind
    name: str
    site: str = ""
    taps: tuple[str, ...] = ()
    latency_ms: float = 0.0
    loss: float = 0.0
    bandwidth_mbps: float | None = None

    @property
    def target(self) -> tuple[str, str, str]:
        return (self.kind, self.name, self.site)

    def touches(self, line: Line) -> bool:
        """Tell whether the line suffers from the fault."""
        suffering = {"link": (line.name,), "carrier": (line.carrier,), "site": line.ends, "host": ()}
        return self.name in suffering[self.kind]


@dataclass(frozen=True)
class LineState:
    """What a line does to packets now."""

    cut: bool
    latency_ms: float
    loss: float
    bandwidth_mbps: float


def injected(faults: Sequence[Fault], new: Iterable[Fault]) -> tuple[Fault, ...]:
    """Return the faults with the new ones among them; one of the same act and target takes the old one's place."""
    kept = {(fault.act, fault.target): fault for fault in faults}
    return tuple({**kept, **{(fault.act, fault.target): fault for fault in new}}.values())


def healed(faults: Sequence[Fault], targets: Iterable[tuple[str, str, str]]) -> tuple[Fault, ...]:
    """Return the faults that do not have one of these targets."""
    gone = set(targets)
    return tuple(fault for fault in faults if fault.target not in gone)


def state_of(line: Line, faults: Iterable[Fault]) -> LineState:
    """Return what the line does under the faults: cut by any, latencies added up, the worst loss and ceiling."""
    touching = [fault for fault in faults if fault.touches(line)]
    ceilings = [fault.bandwidth_mbps for fault in touching if fault.bandwidth_mbps is not None]
    return LineState(
        cut=any(fault.act == "cut" for fault in touching),
        latency_ms=line.latency_ms + sum(fault.latency_ms for fault in touching),
        loss=max((fault.loss for fault in touching), default=0.0),
        bandwidth_mbps=min([line.bandwidth_mbps, *ceilings]),
    )


def dump(faults: Iterable[Fault]) -> str:
    return json.dumps([asdict(fault) for fault in faults], indent=1)


def parse(text: str) -> tuple[Fault, ...]:
    """Return the faults that `dump` wrote."""
    return tuple(Fault(**{**row, "taps": tuple(row["taps"])}) for row in json.loads(text))
