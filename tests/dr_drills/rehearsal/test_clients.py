"""Waiting for what outside clients say, on a clock that only moves when one waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from dr_drills.rehearsal.clients import ACKNOWLEDGED, Waiter, cut_off


@dataclass(frozen=True)
class Attempt:
    began_s: float
    ended_s: float
    outcome: str


@dataclass
class Clients:
    """One client that tries ten times a second and is refused while `dark`, two moments."""

    dark: tuple[float, float] = (0.0, 0.0)
    now: float = 100.0

    def rates(self) -> Mapping[str, Any]:
        return {"writer": None}

    def attempts(self, name: str) -> Sequence[Attempt]:
        times = [tenth / 10 for tenth in range(int(self.now * 10))]
        return [
            Attempt(at, at + 0.05, "refused" if self.dark[0] <= at < self.dark[1] else ACKNOWLEDGED) for at in times
        ]

    def seconds(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def waiter(self) -> Waiter:
        return Waiter(self, self.seconds, self.sleep)


def test_hold_is_counted_from_its_own_begin() -> None:
    """That the client was served for minutes before says nothing of the fault that has just begun."""
    clients = Clients()

    assert clients.waiter().for_all_well(10, 60)
    assert 110 <= clients.now < 111


def test_hold_begins_again_after_a_break() -> None:
    """An interruption late in the hold makes it last longer."""
    clients = Clients(dark=(108.0, 109.0))

    assert clients.waiter().for_all_well(10, 60)
    assert 119 <= clients.now < 120


@pytest.mark.slow
def test_hold_without_service_ends_at_its_limit() -> None:
    """A service that does not come back is not waited for without end."""
    clients = Clients(dark=(101.0, 1000.0))

    assert not clients.waiter().for_all_well(10, 60)
    assert 160 <= clients.now < 161


def test_trouble_is_told_by_who_is_cut_off() -> None:
    """A second without an answer is enough, and nobody is named after the limit when all is well."""
    cut, well = Clients(dark=(100.5, 1000.0)), Clients()

    assert cut.waiter().for_trouble(30) == cut_off(cut, cut.now) == ("writer",)
    assert cut.now < 103
    assert well.waiter().for_trouble(5) == ()
