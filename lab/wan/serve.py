"""The process of one line: carries packets between two edges, late and slow as declared, and takes orders."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from lab.daemons import detach, hold, tell_ready
from lab.wan.faults import LineState
from lab.wan.lane import Lane
from lab.wan.tun import LARGEST, open_tun, set_super_packets

BURST = 64
"""Packets read in a row before those that are due are sent on."""


@dataclass(frozen=True)
class Spec:
    """What a line's process is told at its start."""

    edges: tuple[str, str]
    device: str
    socket: str
    lock: str
    state: LineState


def read_spec(text: str) -> Spec:
    row = json.loads(text)
    return Spec(**{**row, "edges": tuple(row["edges"]), "state": LineState(**row["state"])})


class Carrying:
    """The two lanes of a line between the files of its two devices."""

    def __init__(self, tuns: tuple[int, int], orders: socket.socket, state: LineState) -> None:
        self._lanes = {tuns[0]: (tuns[1], Lane()), tuns[1]: (tuns[0], Lane())}
        self._orders = orders
        self._state = state
        self._obey(asdict(state))

    def turn(self) -> None:
        """Send what is due, wait for what comes next, take it in."""
        now = time.monotonic()
        for out, lane in self._lanes.values():
            while (packet := lane.take(now)) is not None:
                try:
                    os.write(out, packet)
                except OSError:  # an interface that is down or full loses packets, as any router's
                    lane.counts.dropped += 1
        # select, because it waits by the microsecond where epoll rounds up to a millisecond
        ready, _, _ = select.select([*self._lanes, self._orders.fileno()], [], [], self._wait())
        for file in ready:
            if file in self._lanes:
                self._receive(file)
            else:
                self._answer()

    def _wait(self) -> float | None:
        times = [lane.next_at for _, lane in self._lanes.values() if lane.next_at is not None]
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _receive(self, tun: int) -> None:
        _, lane = self._lanes[tun]
        for _ in range(BURST):
            try:
                packet = os.read(tun, LARGEST)
            except BlockingIOError:
                return
            lane.offer(packet, time.monotonic(), self._state)

    def _answer(self) -> None:
        """Do what an order says and answer with the state; an order that cannot be read is left unanswered."""
        text, sender = self._orders.recvfrom(4096)
        try:
            self._obey(json.loads(text))
        except (ValueError, TypeError) as error:
            print(f"order {text!r}: {error}", file=sys.stderr, flush=True)
            return
        counts = [asdict(lane.counts) for _, lane in self._lanes.values()]
        with contextlib.suppress(OSError):  # who asked may have ended
            self._orders.sendto(json.dumps({**asdict(self._state), "counts": counts}).encode(), sender)

    def _obey(self, changes: dict[str, Any]) -> None:
        self._state = replace(self._state, **changes)
        for tun, (_, lane) in self._lanes.items():
            set_super_packets(tun, wanted=not self._state.loss)
            if self._state.cut:
                lane.clear()


def main() -> None:
    """Carry packets until killed."""
    spec = read_spec(Path(sys.argv[1]).read_text())
    detach()
    hold(Path(spec.lock))
    first, second = (open_tun(edge, spec.device) for edge in spec.edges)
    Path(spec.socket).unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as orders:
        orders.bind(spec.socket)
        carrying = Carrying((first, second), orders, spec.state)
        tell_ready()
        while True:
            carrying.turn()


if __name__ == "__main__":
    main()
