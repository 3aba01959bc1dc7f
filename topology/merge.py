"""The files of one topology as one: sections of the same name are joined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from topology.compose import Composed, duplicate
from topology.findings import Finding
from topology.places import Marks, Places


def merge(name: str, documents: Sequence[Composed]) -> tuple[dict[str, Any], Places, list[Finding]]:
    """Return the joined data, its places, and the findings of all files.

    Mappings and lists under the same top-level key are joined; a key that two files define is a finding.
    """
    findings = [finding for document in documents for finding in document.findings]
    if len(documents) == 1:
        only = documents[0]
        return only.data, Places(only.file, only.data, only.marks), findings
    joiner = _Joiner()
    for document in documents:
        findings += joiner.add(document)
    return joiner.root, Places(name, joiner.root, joiner.marks), findings


class _Joiner:
    """Holds own copies of the sections, so that a value shared by an alias is never changed."""

    def __init__(self) -> None:
        self.root: dict[str, Any] = {}
        self.marks: Marks = {id(self.root): {}}
        self.copied: set[str] = set()

    def add(self, document: Composed) -> list[Finding]:
        """Join one file; return what it defines a second time."""
        self.marks.update(document.marks)
        top = self.marks[id(self.root)]
        findings: list[Finding] = []
        for key, value in document.data.items():
            mark = document.marks[id(document.data)][key]
            if key not in self.root:
                self.root[key], top[key] = value, mark
            elif isinstance(value, dict | list) and type(value) is type(self.root[key]):
                findings += self._join(key, value)
            else:
                findings.append(duplicate((key,), mark.key, top[key].key))
        return findings

    def _join(self, key: str, value: dict[str, Any] | list[Any]) -> list[Finding]:
        if key not in self.copied:
            before = self.root[key]
            self.root[key] = before.copy()
            self.marks[id(self.root[key])] = dict(self.marks[id(before)])
            self.copied.add(key)
        section, marks, new = self.root[key], self.marks[id(self.root[key])], self.marks[id(value)]
        if isinstance(value, list):
            marks.update({len(section) + int(index): mark for index, mark in new.items()})
            section.extend(value)
            return []
        twice = [name for name in value if name in section]
        findings = [duplicate((key, name), new[name].key, marks[name].key) for name in twice]
        section.update({name: entry for name, entry in value.items() if name not in section})
        marks.update({name: mark for name, mark in new.items() if name not in marks})
        return findings
