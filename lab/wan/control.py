"""Starts the processes of the lines, gives them orders and asks how they are."""

from __future__ import annotations

import json
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lab import daemons
from lab.wan.faults import LineState
from lab.wan.wiring import Line, Wiring

ANSWER_S = 2.0


@dataclass(frozen=True)
class Report:
    """What the process of a line says of itself; bytes and dropped packets of both directions since its start."""

    state: LineState
    bytes: int
    dropped: int


def start_line(wiring: Wiring, line: Line, state: LineState) -> bool:
    """Start the process of a line unless it runs; return whether it was started."""
    spec = wiring.spec(line.name)
    edges = [wiring.nodes[end].edge for end in line.ends]
    told = {
        "edges": edges,
        "device": line.device,
        "socket": str(wiring.socket(line.name)),
        "lock": str(wiring.lock(line.name)),
        "state": asdict(state),
    }
    spec.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if daemons.running(wiring.lock(line.name)):
        return False
    spec.write_text(json.dumps(told))
    return daemons.start("lab.wan.serve", spec, wiring.lock(line.name), spec.with_suffix(".log"))


def order(path: Path, state: LineState | None = None) -> Report | None:
    """Tell the process behind the socket what to do, or ask only; None when none answers."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.settimeout(ANSWER_S)
        line.bind("")  # Linux chooses an address to answer to
        try:
            line.sendto(json.dumps({} if state is None else asdict(state)).encode(), str(path))
            said: dict[str, Any] = json.loads(line.recv(4096))
        except OSError:
            return None
    counts = said.pop("counts")
    return Report(LineState(**said), sum(row["bytes"] for row in counts), sum(row["dropped"] for row in counts))
