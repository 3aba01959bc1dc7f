"""The tracked Python files of this repository, read once and parsed once."""

from __future__ import annotations

import ast
import functools
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DATA = ("tests/bad/", "tests/golden/")
SUFFIXES = frozenset({".py", ".yaml", ".yml", ".j2", ".sh", ".toml", ".cfg", ".md", ".json", ".service", ""})


@dataclass(frozen=True)
class Source:
    """One file: `path` from the top of the repository, `text`, and the syntax tree of a Python module."""

    path: str
    text: str

    @functools.cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text if self.path.endswith(".py") else "", self.path)

    @functools.cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Return every node of the tree; most rules look at them all."""
        return tuple(ast.walk(self.tree))

    @property
    def room(self) -> str:
        """Return the top-level package or module this file belongs to: `topology/model.py` is in `topology`."""
        return self.path.split("/", 1)[0].removesuffix(".py")

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        return (node for node in self.nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@functools.cache
def listed(*parts: str) -> tuple[str, ...]:
    """Return the paths of the tracked files that still exist below the given parts, in the order of git."""
    words = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--", *parts]
    answer = subprocess.run(words, cwd=ROOT, capture_output=True, check=True, timeout=30).stdout.decode()
    return tuple(name for name in answer.split("\0") if name and (ROOT / name).is_file())


@functools.cache
def tracked() -> tuple[Source, ...]:
    """Return every tracked text file but the data that tests read, some of it wrong on purpose."""
    paths = (ROOT / name for name in listed() if not name.startswith(DATA))
    return tuple(
        Source(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
        for path in paths
        if path.suffix in SUFFIXES
    )


def modules() -> tuple[Source, ...]:
    """Return the tracked Python modules that have content."""
    return tuple(source for source in tracked() if source.path.endswith(".py") and source.text.strip())
