"""Validation of several topologies at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from topology.findings import Finding, Severity
from topology.load import read
from topology.source import printable


@dataclass(frozen=True)
class Checked:
    """The findings of each topology, in the order they were named; the key is its path as messages show it."""

    topologies: tuple[tuple[str, tuple[Finding, ...]], ...]

    @property
    def findings(self) -> list[Finding]:
        return [finding for _, findings in self.topologies for finding in findings]

    @property
    def failed(self) -> bool:
        """Whether a finding is an error."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


def validate(paths: Iterable[Path]) -> Checked:
    """Return the findings of the topologies at `paths`; each path is a file or folder and counts once.

    Raises:
        InputInvalid: a path cannot be read at all.
    """
    return Checked(tuple((printable(path), read(path).findings) for path in dict.fromkeys(paths)))
