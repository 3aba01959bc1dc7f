"""A rule is a row of a table: the id a finding carries, and why the language has it."""

from __future__ import annotations

from dataclasses import dataclass

from failures import NOTHING, Text
from topology.findings import Finding, Place, Severity

# A run stops looking here, so that a hostile file costs little; nobody reads that many.
MAX_FINDINGS = 1000
Path = tuple[str | int, ...]
_WORDS = {"None": "null", "True": "true", "False": "false"}


@dataclass(frozen=True)
class Rule:
    """`reason` is a sentence for the reference; `severity` holds for every finding of the rule."""

    id: str
    reason: Text
    severity: Severity = Severity.ERROR

    def found(self, place: Place, path: Path, message: Text, fix: Text = NOTHING) -> Finding:
        """Return the finding that this rule makes at a place."""
        return Finding(self.id, self.severity, _visible(message), place, dotted(path), _visible(fix))


def _visible(text: Text) -> Text:
    """Return a message with every character escaped that does not print; names in it may come from any file."""
    return Text(*(part if part.isprintable() else repr(part)[1:-1] for part in text))


def dotted(path: Path) -> str:
    """Return a path as users read it: `links.0.between.1`; characters that do not print are escaped."""
    return ".".join(part if isinstance(part, str) and part.isprintable() else repr(part) for part in path)


def show(value: object) -> str:
    """Return a value for a message, as YAML would write it: at most 60 characters, nothing unprintable."""
    text = _WORDS.get(repr(value), repr(value))
    return text if len(text) <= 60 else f"{text[:57]}..."
