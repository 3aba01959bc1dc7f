"""Clients at an even pace, from real threads."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from threading import Event, Lock

import pytest

from dr_drills.clients.attempts import Attempt, Kind, Outcome
from dr_drills.clients.watch import MOST_OPEN, Watch, read_record
from tests.dr_drills.clients.attempting import GOOD

pytestmark = pytest.mark.slow


class Somebody:
    """A client that does what a test wants for its n-th attempt, and counts how many are open."""

    service = "permits"

    def __init__(
        self, act: Callable[[int], object] = lambda _: None, kind: Kind = Kind.WRITER, name: str = "w"
    ) -> None:
        self.name, self.kind, self._act = name, kind, act
        self._lock = Lock()
        self.began: list[float] = []
        self.markers: list[str] = []
        self.open = self.most_open = 0
        self.closed = False

    def attempt(self, marker: str) -> Attempt:
        began_s = time.monotonic()
        with self._lock:
            number = len(self.began)
            self.began.append(began_s)
            self.markers.append(marker)
            self.open += 1
            self.most_open = max(self.open, self.most_open)
        try:
            self._act(number)
        finally:
            with self._lock:
                self.open -= 1
        return Attempt(self.name, marker, began_s, time.monotonic(), GOOD)

    def close(self) -> None:
        self.closed = True


def test_watch_keeps_its_pace_though_each_attempt_takes_its_time(tmp_path: Path) -> None:
    """The pace is of absolute deadlines: what an attempt takes is not added to it."""
    one, other = Somebody(lambda _: time.sleep(0.03)), Somebody(name="x")
    with Watch([one, other], 20, tmp_path / "r") as watch:
        time.sleep(1.0)
        rates = watch.rates()

    assert 15 <= len(one.began) <= 22
    assert 15 <= len(other.began) <= 22
    assert rates["w"].hz == pytest.approx(20, rel=0.2)
    assert rates["w"].acknowledged >= 15
    assert (rates["w"].latency_s or 0) >= 0.03


def test_watch_with_a_hanging_call_goes_on_beside_it(tmp_path: Path) -> None:
    """One call that hangs leaves no gap in the attempts."""
    hang = Event()
    one = Somebody(lambda number: hang.wait(5) if number == 3 else None)
    with Watch([one], 20, tmp_path / "r"):
        time.sleep(0.6)
        hang.set()

    assert max(after - before for before, after in pairwise(sorted(one.began))) < 0.2
    assert len(one.began) >= 9


def test_watch_whose_calls_all_hang_opens_a_few_and_then_goes_on_in_step(tmp_path: Path) -> None:
    """No more are open than allowed, and turns that passed meanwhile are not made up for in a burst."""
    hang = Event()
    one = Somebody(lambda number: hang.wait(5) if 2 <= number < 2 + MOST_OPEN else None)
    with Watch([one], 50, tmp_path / "r"):
        time.sleep(0.7)
        blind = len(one.began)
        hang.set()
        time.sleep(0.3)

    assert one.most_open == MOST_OPEN
    assert blind == 2 + MOST_OPEN
    assert blind < len(one.began) <= blind + 0.3 * 50 + 4


def test_watch_at_its_usual_pace_is_not_slowed_by_calls_that_all_take_a_second(tmp_path: Path) -> None:
    """An outage is seen as finely as service is."""
    over = Event()
    one = Somebody(lambda _: over.wait(1.0))
    with Watch([one], 10, tmp_path / "r"):
        time.sleep(1.6)
        over.set()

    assert len(one.began) >= 13
    assert max(after - before for before, after in pairwise(sorted(one.began))) < 0.3


def test_watch_gives_each_marker_once_and_not_again_when_it_resumes(tmp_path: Path) -> None:
    """Two watches of the same client after each other, as when a controller died; the record has both."""
    one = Somebody()
    for _ in range(2):
        with Watch([one], 50, tmp_path / "r"):
            time.sleep(0.2)

    assert len(one.markers) > 10
    assert len(set(one.markers)) == len(one.markers)
    assert {attempt.marker for attempt in read_record(tmp_path / "r")} == set(one.markers)
    assert one.closed
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{8,64}", marker) for marker in one.markers)


def test_watch_of_a_client_that_raises_counts_a_doubt_and_goes_on(tmp_path: Path) -> None:
    """An answer that nobody thought of is no acknowledgement; who writes nothing leaves no marker."""

    def stumble(_: int) -> None:
        raise KeyError("receipt")

    clients = [Somebody(stumble), Somebody(stumble, Kind.READER, "r")]
    with Watch(clients, 20, tmp_path / "r") as watch:
        time.sleep(0.4)
        rates = watch.rates()
        writer, reader = watch.attempts("w"), watch.attempts("r")

    assert len(writer) >= 4
    assert {attempt.outcome for attempt in writer} == {Outcome.INDETERMINATE}
    assert "KeyError: 'receipt'" in writer[0].detail
    assert {(attempt.outcome, attempt.marker) for attempt in reader} == {(Outcome.REFUSED, "")}
    assert (rates["w"].acknowledged, rates["w"].failed >= 4) == (0, True)


def test_watch_that_ends_keeps_what_is_still_open_as_a_doubt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have been done; when its answer comes after all, it is not counted twice."""
    monkeypatch.setattr("dr_drills.clients.watch.LEAVE_S", 0.1)
    hang = Event()
    one = Somebody(lambda number: hang.wait(5) if number == 0 else None)
    with Watch([one], 20, tmp_path / "r") as watch:
        time.sleep(0.3)
    told = watch.attempts()
    hang.set()
    time.sleep(0.1)

    open_ = [attempt for attempt in told if attempt.outcome is Outcome.INDETERMINATE]
    assert [attempt.marker for attempt in open_] == one.markers[:1]
    assert open_[0].ended_s - open_[0].began_s >= 0.2
    assert watch.attempts() == told
    assert sorted(read_record(tmp_path / "r"), key=lambda a: a.marker) == sorted(told, key=lambda a: a.marker)


def test_watch_has_each_attempt_in_its_record_as_soon_as_it_ended(tmp_path: Path) -> None:
    """Whoever kills the controller finds what was seen until then."""
    with Watch([Somebody()], 20, tmp_path / "r") as watch:
        time.sleep(0.4)
        known = watch.attempts("w")
        assert known
        assert set(known) <= set(read_record(tmp_path / "r"))
