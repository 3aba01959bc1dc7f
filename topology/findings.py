"""A finding is one statement about a topology, with its place and its remedy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from failures import NOTHING, Text


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, order=True)
class Place:
    """A position in a topology source; `line` and `column` count from 1, 0 when unknown."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True)
class Finding:
    """`id` names the row of the rule table that made it; `path` is dotted, as in `sites.donghai.role`."""

    id: str
    severity: Severity
    message: Text
    place: Place
    path: str = ""
    fix: Text = NOTHING

    def say(self, lang: str) -> str:
        """Return `file:line:col: severity id path: message` and, below it, what to do."""
        head = f"{self.place}: {self.severity} {self.id}"
        line = f"{head} {self.path}: {self.message.say(lang)}" if self.path else f"{head}: {self.message.say(lang)}"
        fix = self.fix.say(lang)
        return f"{line}\n  -> {fix}" if fix else line
