"""Every wrong topology in tests/bad is found wrong: for the reason, at the path, in the place its first line states."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.topology.town import BAD, shipped, town
from topology.catalogue import RULES
from topology.findings import Severity
from topology.ledger_rules import LEDGER_RULES
from topology.load import read
from topology.schema import json_schema

FILES = sorted(BAD.glob("*.yaml"))
STATED = re.compile(r"(T\d{3}) (.+?) (\d+:\d+)(?:; |$)")
# JSON Schema knows patterns but not host bits, and JSON has no NaN.
BEYOND_SCHEMA = {"network-host-bits", "latency-nan"}


def stated(path: Path) -> list[tuple[str, str, str]]:
    """Return (id, dotted path or -, line:column) of each finding that the first line states."""
    first = path.read_bytes().split(b"\n", 1)[0].decode()
    assert first.startswith("# expect: "), path
    return sorted(STATED.findall(first.removeprefix("# expect: ")))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_bad_topology_is_refused_as_its_first_line_states(path: Path) -> None:
    """The findings are those stated, and no others."""
    findings = read(path).findings

    found = sorted((f.id, f.path or "-", f"{f.place.line}:{f.place.column}") for f in findings)

    assert found == stated(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_bad_topology_gives_no_cloud_and_says_what_to_do(path: Path) -> None:
    """A file with an error never passes, and each finding speaks both languages on printable lines."""
    reading = read(path)

    refused = any(RULES[number].severity is Severity.ERROR for number, _, _ in stated(path))
    assert (reading.cloud is None) == refused
    for finding in reading.findings:
        texts = (*finding.message, *finding.fix, finding.path)
        assert all(part.isprintable() for part in texts)
        assert all((*finding.message, *finding.fix))
        assert re.search("[\u4e00-\u9fff]", finding.message.zh)


def test_bad_topologies_cover_every_rule() -> None:
    """Each id of the tables is hit by at least one file."""
    hit = {number for path in FILES for number, _, _ in stated(path)}

    assert hit == set(RULES) - {rule.id for rule in LEDGER_RULES}


def test_bad_topologies_are_many() -> None:
    """The floor is 60 files."""
    assert len(FILES) >= 60


@pytest.mark.parametrize("path", shipped(), ids=lambda path: path.stem)
def test_shipped_topology_has_no_findings(path: Path) -> None:
    """The negative control: what is right passes."""
    reading = read(path)

    assert reading.findings == ()
    assert reading.cloud is not None


def test_town_has_no_findings(tmp_path: Path) -> None:
    """The town that the tests make wrong is right."""
    assert read(town(tmp_path)).findings == ()


@pytest.mark.parametrize(
    "path", [p for p in FILES if all(number.startswith("T1") for number, _, _ in stated(p))], ids=lambda path: path.stem
)
def test_bad_shape_is_refused_by_the_json_schema_too(path: Path) -> None:
    """An editor with the schema sees what the loader sees, as far as JSON Schema can say it."""
    validator = jsonschema.Draft202012Validator(json_schema())

    valid = validator.is_valid(yaml.safe_load(path.read_bytes()))

    assert valid == (path.stem in BEYOND_SCHEMA)
