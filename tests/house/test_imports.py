"""No module of the product imports itself by way of others, not even inside a function."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.house.sources import Source, modules


def dotted(source: Source) -> str:
    return source.path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


def imported(node: ast.AST) -> Iterator[str]:
    """Yield what is imported below a node, but for what only a type checker reads."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                continue
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield module
                yield from (f"{module}.{name.name}" for name in names)
            case _:
                yield from imported(child)


def imports_among(sources: Collection[Source]) -> Mapping[str, frozenset[str]]:
    ours = {dotted(source) for source in sources}
    return {dotted(source): frozenset(imported(source.tree)) & ours - {dotted(source)} for source in sources}


def test_imports_of_the_product_form_no_circle() -> None:
    """Modules can be read one after the other, each after those that it stands on."""
    product = [source for source in modules() if not source.path.startswith("tests/")]

    TopologicalSorter(imports_among(product)).prepare()


def test_imports_in_a_circle_are_noticed() -> None:
    """A circle through an import inside a function is one too."""
    above = Source("commands/above.py", "from commands.below import span\n")
    below = Source("commands/below.py", "def show() -> None:\n    from commands.above import table\n")

    with pytest.raises(CycleError):
        TopologicalSorter(imports_among([above, below])).prepare()
