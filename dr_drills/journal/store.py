"""What a journal needs of a place that keeps it, and how such a place refuses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from dr_drills.journal.event import Event
from failures import GateRefused, Text


class Store(Protocol):
    """Keeps the chained lines of one run for one writer at a time."""

    @property
    def name(self) -> str: ...

    def lines(self) -> bytes:
        """Return all lines that are kept of the run, in their order; empty for none."""

    def write(self, events: Sequence[Event]) -> None:
        """Keep events behind those that are there; durable when this returns. Raises GovcloudError when it is not."""

    def close(self) -> None:
        """Let another writer in."""


class Held(GateRefused):
    """Another controller holds the lock; `holder` says who."""

    def __init__(self, holder: object, where: str) -> None:
        super().__init__(
            Text(f"another controller is at work on this cloud: {holder}", f"另一个控制端正在操作该云：{holder}"),
            where=where,
            fix=Text("wait for it to end, or for its lease to run out", "请等待其结束或租约到期"),
        )
        self.holder = holder


class Superseded(GateRefused):
    """Another controller has the run now: this one must not change anything any more, nor heal."""

    def __init__(self, holder: object, where: str) -> None:
        super().__init__(
            Text(f"another controller has taken over: {holder}", f"另一个控制端已接管：{holder}"),
            where=where,
            fix=Text("it goes on and heals; nothing more was done here", "由其继续并撤除故障；此处不再操作"),
        )
