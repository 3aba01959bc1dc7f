"""Findings as text, JSON, SARIF 2.1.0 or JUnit XML."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from failures import Text
from topology.catalogue import RULES
from topology.findings import Finding, Severity
from topology.validate import Checked

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(checked: Checked, style: str, lang: str = "en") -> str:
    """Return the findings in `style`: text, json, sarif or junit; messages in `lang` except in JSON, which has both."""
    return STYLES[style](checked, lang)


def text(checked: Checked, lang: str) -> str:
    """Return each finding on two lines, and a line that counts them."""
    counts = Counter(finding.severity for finding in checked.findings)
    total, files = sum(counts.values()), len(checked.topologies)
    if not total:
        return Text(f"{files} topology(ies) checked: no findings", f"已检查 {files} 个拓扑:没有问题").say(lang)
    errors = counts[Severity.ERROR]
    last = Text(f"{errors} error(s), {total - errors} other finding(s)", f"{errors} 处错误,{total - errors} 条其他提示")
    return "\n".join([*(finding.say(lang) for finding in checked.findings), last.say(lang)])


def as_json(checked: Checked, _lang: str) -> str:
    """Return {ok, findings: [{id, severity, path, file, line, column, message: {en, zh}, fix: {en, zh}}]}."""
    document = {"ok": not checked.failed, "findings": [_document(finding) for finding in checked.findings]}
    return json.dumps(document, ensure_ascii=False, indent=2)


def sarif(checked: Checked, lang: str) -> str:
    """Return a SARIF 2.1.0 log with one run."""
    rules = sorted({finding.id for finding in checked.findings})
    driver = {"name": "govcloud", "rules": [_rule(number, lang) for number in rules]}
    results = [_result(finding, rules, lang) for finding in checked.findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)


def junit(checked: Checked, lang: str) -> str:
    """Return JUnit XML: a suite per topology, a failing case per error, one passing case where there is none."""
    root = Element("testsuites", name="govcloud validate")
    for name, findings in checked.topologies:
        errors = [finding for finding in findings if finding.severity is Severity.ERROR]
        cases = str(max(len(findings), 1))
        suite = SubElement(root, "testsuite", name=_xml(name), tests=cases, failures=str(len(errors)), errors="0")
        for finding in findings:
            _case(suite, name, finding, lang)
        if not findings:
            SubElement(suite, "testcase", name="valid", classname=_xml(name))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode")


def _case(suite: Element, name: str, finding: Finding, lang: str) -> None:
    title = f"{finding.id} {finding.path}".strip()
    case = SubElement(suite, "testcase", name=_xml(f"{title} {finding.place}"), classname=_xml(name))
    kind = "failure" if finding.severity is Severity.ERROR else "system-out"
    part = SubElement(case, kind)
    if kind == "failure":
        part.attrib |= {"type": finding.id, "message": _xml(finding.message.say(lang))}
    part.text = _xml(finding.say(lang))


def _document(finding: Finding) -> dict[str, Any]:
    place = finding.place
    where = {"file": place.file, "line": place.line, "column": place.column}
    words = {"message": finding.message._asdict(), "fix": finding.fix._asdict()}
    return {"id": finding.id, "severity": str(finding.severity), "path": finding.path, **where, **words}


def _rule(number: str, lang: str) -> dict[str, Any]:
    reason = RULES[number].reason.say(lang) if number in RULES else number
    return {"id": number, "shortDescription": {"text": reason}}


def _result(finding: Finding, rules: list[str], lang: str) -> dict[str, Any]:
    place = finding.place
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(place.file)}}
    if place.line:
        physical["region"] = {"startLine": place.line, "startColumn": max(place.column, 1)}
    location: dict[str, Any] = {"physicalLocation": physical}
    if finding.path:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.path}]
    message = " -> ".join(part for part in (finding.message.say(lang), finding.fix.say(lang)) if part)
    return {
        "ruleId": finding.id,
        "ruleIndex": rules.index(finding.id),
        "level": str(finding.severity),
        "message": {"text": message},
        "locations": [location],
    }


def _xml(words: str) -> str:
    """Return text without the characters that XML 1.0 cannot hold."""
    return _NOT_XML.sub("�", words)


STYLES: dict[str, Callable[[Checked, str], str]] = {"text": text, "json": as_json, "sarif": sarif, "junit": junit}
