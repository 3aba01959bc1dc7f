"""One proof: tried until it holds or the time is over."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from dr_drills.probes.budget import NoAnswer, Unknown, ask
from dr_drills.verdicts import Row, Verdict
from failures import GovcloudError, Text

PAUSE = 1.0
GRACE = 5.0
"""For a try that is under way when the time is over."""


class Disproved(Exception):
    """The thing answered, and not as it must; it may still come right."""

    def __init__(self, message: Text) -> None:
        super().__init__(message.en)
        self.message = message


@dataclass(frozen=True)
class Proof:
    """`run` returns what it saw, or raises Disproved; anything else it raises leaves the answer unknown."""

    rule: str
    subject: str
    where: str
    run: Callable[[], Text]


def prove(proofs: tuple[Proof, ...], seconds: float) -> tuple[Row, ...]:
    """Try all proofs at once, each again until it holds, and return a row for each within about `seconds`."""
    until = time.monotonic() + seconds
    told = ask({number: partial(_insist, proof, until) for number, proof in enumerate(proofs)}, seconds + GRACE)
    return tuple(
        _row(proof, Verdict.UNKNOWN, row.reason, seconds) if isinstance(row := told[number], Unknown) else row
        for number, proof in enumerate(proofs)
    )


def _insist(proof: Proof, until: float) -> Row:
    began = time.monotonic()
    while True:
        verdict, message = _try(proof)
        if verdict is Verdict.PASS or time.monotonic() + PAUSE > until:
            return _row(proof, verdict, message, time.monotonic() - began)
        time.sleep(PAUSE)


def _try(proof: Proof) -> tuple[Verdict, Text]:
    try:
        return Verdict.PASS, proof.run()
    except Disproved as error:
        return Verdict.FAIL, error.message
    except NoAnswer as error:
        return Verdict.FAIL if error.shut else Verdict.UNKNOWN, error.what
    except GovcloudError as error:
        return Verdict.UNKNOWN, error.what


def _row(proof: Proof, verdict: Verdict, message: Text, seconds: float) -> Row:
    return Row(proof.rule, verdict, proof.subject, proof.where, message, seconds)
