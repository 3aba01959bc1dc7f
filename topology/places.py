"""Where each key and value of a topology stands in its sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from topology.findings import Place
from topology.rules import Path


class Mark(NamedTuple):
    """The start of a key and of its value, counting from 1; for an item of a list both are the item's."""

    file: str
    key_line: int
    key_column: int
    line: int
    column: int

    @property
    def key(self) -> Place:
        return Place(self.file, self.key_line, self.key_column)

    @property
    def value(self) -> Place:
        return Place(self.file, self.line, self.column)


Marks = dict[int, dict[str | int, Mark]]


@dataclass(frozen=True)
class Places:
    """Looks places up by path; `marks` is keyed by the identity of each mapping and list inside `data`."""

    file: str
    data: Any = None
    marks: Mapping[int, Mapping[str | int, Mark]] = field(default_factory=dict)

    def key(self, path: Path) -> Place:
        """Return the place of the key at `path`, else of its nearest parent."""
        found, _ = self._find(path)
        return found.key if found else Place(self.file, 1, 1)

    def value(self, path: Path) -> Place:
        """Return the place of the value at `path`: of its key when the value is a mapping or list."""
        found, node = self._find(path)
        if found is None:
            return Place(self.file, 1, 1)
        return found.key if isinstance(node, (dict, list)) else found.value

    def _find(self, path: Path) -> tuple[Mark | None, Any]:
        node, found = self.data, None
        for part in path:
            mark = self.marks.get(id(node), {}).get(part)
            if mark is None:
                # The parent's own key is where something is missing.
                return found, {}
            node, found = node[part], mark
        return found, node
