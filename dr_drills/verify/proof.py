"""One proof: tried until it holds or the time is over."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from dr_drills.probes.budget import Unknown, ask
from dr_drills.verdicts import Row, Verdict
from failures import Text

PAUSE = 1.0


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
    rows: list[Row] = []
    pending = dict(enumerate(proofs))
    found: dict[int, Row] = {}
    while pending:
        began = time.monotonic()
        told = ask({number: _tried(proof) for number, proof in pending.items()}, max(1.0, until - began))
        found |= {
            number: _row(proofs[number], answer, seconds - (until - time.monotonic()))
            for number, answer in told.items()
        }
        pending = {number: proof for number, proof in pending.items() if found[number].verdict is not Verdict.PASS}
        if time.monotonic() + PAUSE > until:
            break
        time.sleep(PAUSE)
    rows.extend(found[number] for number in sorted(found))
    return tuple(rows)


def _tried(proof: Proof) -> Callable[[], Text | Disproved]:
    def run() -> Text | Disproved:
        try:
            return proof.run()
        except Disproved as error:
            return error

    return run


def _row(proof: Proof, answer: Text | Disproved | Unknown, seconds: float) -> Row:
    if isinstance(answer, Disproved):
        return Row(proof.rule, Verdict.FAIL, proof.subject, proof.where, answer.message, seconds)
    if isinstance(answer, Unknown):
        return Row(proof.rule, Verdict.UNKNOWN, proof.subject, proof.where, answer.reason, seconds)
    return Row(proof.rule, Verdict.PASS, proof.subject, proof.where, answer, seconds)
