"""Findings in four forms."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from failures import InputInvalid, Text
from tests.topology.town import BAD, town
from topology.findings import Finding, Place, Severity
from topology.render import STYLES, render
from topology.validate import Checked, validate

HOSTILE = Finding(
    "T001",
    Severity.ERROR,
    Text('</failure><x a="1">&\x00\x1b]]>', "<坏>"),
    Place("a b/文.yaml", 3, 4),
    "sites.<x>",
    Text("fix & go", "改"),
)
NOTE = Finding("note", Severity.NOTE, Text("by the way", "顺便"), Place("whole.yaml"))


def checked(*findings: Finding) -> Checked:
    return Checked((("a b/文.yaml", findings),))


def test_validate_of_good_and_bad_topologies_keeps_them_apart(tmp_path: Path) -> None:
    """Each path has its own findings; one bad one fails the whole."""
    bad = BAD / "duplicate-key.yaml"

    both = validate([town(tmp_path), bad, bad])

    assert [(Path(name).name, len(found)) for name, found in both.topologies] == [("town.yaml", 0), (bad.name, 1)]
    assert both.failed
    assert not validate([town(tmp_path)]).failed


def test_validate_of_missing_path_raises(tmp_path: Path) -> None:
    """What cannot be read is not a finding."""
    with pytest.raises(InputInvalid):
        validate([tmp_path / "none"])


def test_validate_with_mere_notes_does_not_fail() -> None:
    """Only errors are a no."""
    assert not checked(NOTE).failed


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_render_of_nothing_and_of_something_differ(style: str, lang: str) -> None:
    """Every form says whether there is something, in both languages."""
    assert render(checked(), style, lang) != render(checked(HOSTILE), style, lang)


def test_text_shows_place_remedy_and_count() -> None:
    """One finding is two lines; the last line counts."""
    lines = render(validate([BAD / "duplicate-key.yaml"]), "text").splitlines()

    assert ":5:118: error T012 sites.east.role: the key 'role' stands twice; first at " in lines[0]
    assert lines[1:] == ["  -> keep one of the two", "1 error(s), 0 other finding(s)"]


def test_json_holds_both_languages() -> None:
    """Machines get everything, whatever the language of the terminal."""
    document = json.loads(render(checked(HOSTILE), "json", "zh"))

    assert document["ok"] is False
    assert document["findings"] == [
        {
            "id": "T001",
            "severity": "error",
            "path": "sites.<x>",
            "file": "a b/文.yaml",
            "line": 3,
            "column": 4,
            "message": {"en": HOSTILE.message.en, "zh": "<坏>"},
            "fix": {"en": "fix & go", "zh": "改"},
        }
    ]


def test_sarif_holds_rules_places_and_levels() -> None:
    """The parts that SARIF 2.1.0 and its readers need; no region where there is no line."""
    log = json.loads(render(checked(HOSTILE, NOTE, HOSTILE), "sarif"))

    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["T001", "note"]
    assert all(rule["shortDescription"]["text"] for rule in rules)
    first, second, _ = run["results"]
    assert (first["ruleId"], first["ruleIndex"], first["level"]) == ("T001", 0, "error")
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20b/%E6%96%87.yaml"
    assert place["region"] == {"startLine": 3, "startColumn": 4}
    assert "region" not in second["locations"][0]["physicalLocation"]
    assert second["level"] == "note"


def test_junit_of_hostile_message_is_well_formed() -> None:
    """Markup in a message stays text, and characters XML cannot hold are replaced."""
    root = ET.fromstring(render(checked(HOSTILE, NOTE), "junit").encode())

    (suite,) = root
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == '</failure><x a="1">&��]]>'
    assert root.find(".//x") is None


def test_junit_of_good_topology_is_one_passing_case(tmp_path: Path) -> None:
    """A dashboard shows a green case instead of nothing."""
    root = ET.fromstring(render(validate([town(tmp_path)]), "junit"))

    assert [case.get("name") for case in root.iter("testcase")] == ["valid"]
    assert root.find(".//failure") is None


@pytest.mark.slow
def test_every_bad_topology_renders_in_every_form() -> None:
    """Real findings, with all their odd characters, make sound documents."""
    everything = validate(sorted(BAD.glob("*.yaml")))

    assert len(json.loads(render(everything, "json"))["findings"]) == len(everything.findings)
    assert len(json.loads(render(everything, "sarif", "zh"))["runs"][0]["results"]) == len(everything.findings)
    root = ET.fromstring(render(everything, "junit", "zh").encode())
    errors = [finding for finding in everything.findings if finding.severity is Severity.ERROR]
    assert len(list(root.iter("failure"))) == len(errors)
