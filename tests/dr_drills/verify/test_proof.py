"""Proofs that are tried until they hold or the time is over."""

from __future__ import annotations

import time
from threading import Event

import pytest

from dr_drills.probes.budget import NoAnswer
from dr_drills.verdicts import Row, Verdict
from dr_drills.verify import proof
from dr_drills.verify.proof import Disproved, Proof, prove
from failures import Text

SAID = Text("so it is", "如此")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "PAUSE", 0.05)
    monkeypatch.setattr(proof, "GRACE", 0.2)


class Late:
    """Holds at the try of this number; before that it is disproved, or gives no answer."""

    def __init__(self, holds_at: int, error: Exception) -> None:
        self.tries, self.holds_at, self.error = 0, holds_at, error

    def __call__(self) -> Text:
        self.tries += 1
        if self.tries < self.holds_at:
            raise self.error
        return SAID


def one(run: Late, seconds: float) -> Row:
    (row,) = prove((Proof("V99", "service", "here", run),), seconds)
    return row


@pytest.mark.parametrize("error", [Disproved(SAID), NoAnswer(SAID)])
def test_proof_that_comes_right_in_time_passes(error: Exception) -> None:
    """What settles after a change is waited for, and tried no more once it holds."""
    run = Late(3, error)

    assert one(run, 5).verdict is Verdict.PASS
    assert run.tries == 3


@pytest.mark.parametrize(("error", "verdict"), [(Disproved(SAID), Verdict.FAIL), (NoAnswer(SAID), Verdict.UNKNOWN)])
def test_proof_that_never_holds_says_why(error: Exception, verdict: Verdict) -> None:
    """Disproved is a failure, no answer is unknown; neither passes."""
    row = one(Late(10**9, error), 0.3)

    assert (row.verdict, row.message, row.subject, row.where) == (verdict, SAID, "service", "here")


@pytest.mark.slow
def test_proof_that_hangs_is_unknown_and_holds_up_no_other() -> None:
    """The whole ends in time."""
    hold = Event()

    def hang() -> Text:
        hold.wait(20)
        return SAID

    began = time.monotonic()
    rows = prove((Proof("V1", "a", "", hang), Proof("V2", "b", "", lambda: SAID)), 0.5)
    hold.set()

    assert [row.verdict for row in rows] == [Verdict.UNKNOWN, Verdict.PASS]
    assert time.monotonic() - began < 5
