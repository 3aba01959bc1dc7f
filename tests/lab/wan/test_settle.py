"""What is noted of faults at the moment a controller dies in the middle of putting them into force."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.wan import settle
from lab.wan.faults import Fault
from lab.wan.wiring import Wiring

OLD, NEW = (Fault("cut", "link", name) for name in ("unicom", "telecom"))


class Killed(BaseException):
    """The end of a controller."""


@pytest.fixture
def wiring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wiring:
    """Return a lab in which one line is cut; nothing of it is in the kernel."""
    wired = Wiring(tmp_path, {}, {})
    monkeypatch.setattr(settle, "_route", lambda *_: None)
    settle.settle(wired, faults=[OLD])
    return wired


@pytest.mark.parametrize(("asked", "noted"), [((OLD, NEW), {OLD, NEW}), ((), {OLD}), ((NEW,), {OLD, NEW})])
def test_settle_that_is_killed_leaves_every_fault_known_that_may_be_in_force(
    wiring: Wiring, monkeypatch: pytest.MonkeyPatch, asked: tuple[Fault, ...], noted: set[Fault]
) -> None:
    """A new one from before it is in force, a healed one until it no longer is; the next heal then finishes."""

    def die(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(settle, "_route", die)
    with pytest.raises(Killed):
        settle.settle(wiring, faults=asked)
    assert set(settle.read_faults(wiring.run)) == noted


@pytest.mark.parametrize("asked", [(OLD, NEW), (), (NEW,)])
def test_settle_that_ends_leaves_the_faults_it_was_asked_for(wiring: Wiring, asked: tuple[Fault, ...]) -> None:
    """Repeating it is free."""
    for _ in range(2):
        settle.settle(wiring, faults=asked)
        assert settle.read_faults(wiring.run) == asked
