"""What is said of a thing that was looked at: a verdict, its subject, the rule that found it, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from failures import Text


class Verdict(StrEnum):
    PASS = "pass"  # noqa: S105 - a verdict, no password
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Row:
    """`subject` is the service or line, `where` the host or site; `seconds` is how long it took to know."""

    rule: str
    verdict: Verdict
    subject: str
    where: str
    message: Text
    seconds: float = 0.0

    def document(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "verdict": str(self.verdict),
            "subject": self.subject,
            "where": self.where,
            "message": self.message._asdict(),
            "seconds": round(self.seconds, 2),
        }


def exit_code(rows: Iterable[Row]) -> int:
    """Return 0 when everything passes, 1 when something fails, 5 when the worst is something unknown."""
    verdicts = {row.verdict for row in rows}
    if Verdict.FAIL in verdicts:
        return 1
    return 5 if Verdict.UNKNOWN in verdicts else 0
