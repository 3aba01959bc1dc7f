"""Validation of several topologies at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from failures import TopologyInvalid
from topology.findings import Finding, Severity
from topology.ledger import plan_for
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
    return Checked(tuple((printable(path), tuple(_findings(path))) for path in dict.fromkeys(paths)))


def _findings(path: Path) -> Iterator[Finding]:
    """Yield what is wrong with a topology, and once it is sound, with the ledger of its addresses."""
    reading = read(path)
    yield from reading.findings
    if reading.cloud is None or any(finding.severity is Severity.ERROR for finding in reading.findings):
        return
    try:
        plan_for(reading.cloud, path)
    except TopologyInvalid as invalid:
        yield from invalid.findings
