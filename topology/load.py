"""From a file or folder to a Cloud, or to every finding about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from failures import TopologyInvalid
from topology.checks import check
from topology.compose import compose
from topology.findings import Finding, Severity
from topology.merge import merge
from topology.model import Cloud
from topology.places import Places
from topology.schema_errors import parse
from topology.source import digest, printable, sources


@dataclass(frozen=True)
class Reading:
    """What reading a topology gave; `cloud` is None when a finding is an error, `digest` is SHA-256 in hexadecimal."""

    cloud: Cloud | None
    findings: tuple[Finding, ...]
    files: tuple[Path, ...]
    digest: str
    places: Places


def load_cloud(path: Path) -> Cloud:
    """Return the cloud that the topology at `path` describes.

    Raises:
        TopologyInvalid: carries every error of the run.
        InputInvalid: the file or folder cannot be read at all.
    """
    reading = read(path)
    if reading.cloud is None:
        raise TopologyInvalid([f for f in reading.findings if f.severity is Severity.ERROR])
    return reading.cloud


def read(path: Path) -> Reading:
    """Return the cloud and all findings, in the order of the files.

    Raises:
        InputInvalid: the file or folder cannot be read at all.
    """
    found = sources(path)
    documents = [compose(source) for source in found]
    data, places, findings = merge(printable(path), documents)
    cloud: Cloud | None = None
    if all(document.whole for document in documents):
        parsed = parse(data, places)
        # What the text already explains is not said a second time by the schema.
        findings += _unexplained(parsed.findings, findings)
        findings += _unexplained(check(parsed.partial, data, places, whole=parsed.cloud is not None), findings)
        cloud = parsed.cloud
    findings = sorted(findings, key=_order)
    broken = any(f.severity is Severity.ERROR for f in findings)
    files = tuple(source.path for source in found)
    return Reading(None if broken else cloud, tuple(findings), files, digest(found, path), places)


def _unexplained(later: Sequence[Finding], earlier: Sequence[Finding]) -> list[Finding]:
    known = {finding.path for finding in earlier}
    return [f for f in later if f.path not in known]


def _order(finding: Finding) -> tuple[object, ...]:
    return finding.place, finding.id, finding.path
