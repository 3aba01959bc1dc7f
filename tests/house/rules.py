"""The house rules as rows: what breaks each one, why it holds, and a sample it must catch."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.house.sources import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MODULE_LINES = 400
FUNCTION_LINES = 60
DRAWS_A_TREE = frozenset({"failures.py"})
VAGUE = re.compile(r"(?:^|_)(?:utils?|helpers?|misc|common|stuff)$|manager$", re.IGNORECASE)
WAITS = frozenset({"run", "check_output", "check_call", "call"})

ROOMS: dict[str, frozenset[str]] = {
    "failures": frozenset({"topology"}),
    "topology": frozenset({"failures"}),
    "console": frozenset({"failures", "topology"}),
    "stacks": frozenset({"failures", "topology"}),
    # along the flow: a later room may read an earlier one, never the other way round
    "inventories": frozenset({"failures", "topology", "stacks"}),
    "playbooks": frozenset({"failures", "topology", "stacks", "inventories"}),
    "dr_drills": frozenset({"failures", "topology", "stacks", "inventories", "playbooks"}),
    "lab": frozenset({"failures", "topology"}),
}
KNOWN = frozenset(ROOMS) | {"cli", "commands", "tests"}
DOORS = frozenset({"cli", "commands"})
LAZY = frozenset({"stacks", "inventories", "playbooks", "dr_drills", "lab"})


@dataclass(frozen=True)
class Rule:
    """`breaches(source)` yields one line of text for each place where `source` breaks the rule."""

    id: str
    reason: str
    breaches: Callable[[Source], Iterator[str]]
    sample: Source = field(repr=False)


def long_module(source: Source) -> Iterator[str]:
    lines = source.text.count("\n")
    if source.path.endswith(".py") and lines > MODULE_LINES:
        yield f"{source.path} has {lines} lines"


def long_function(source: Source) -> Iterator[str]:
    for node in source.functions():
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > FUNCTION_LINES:
            yield f"{source.path}:{node.lineno} {node.name} has {lines} lines"


def wordy_docstring(source: Source) -> Iterator[str]:
    docstring = ast.get_docstring(source.tree)
    if source.text.strip() and source.path.endswith(".py") and not docstring:
        yield f"{source.path} has no docstring"
    elif docstring and "\n" in docstring and source.path not in DRAWS_A_TREE:
        yield f"{source.path} has a docstring of several lines"


def vague_name(source: Source) -> Iterator[str]:
    names = [part.removesuffix(".py") for part in source.path.split("/")]
    names += [node.name for node in source.nodes if isinstance(node, ast.ClassDef)]
    yield from (f"{source.path}: {name}" for name in names if VAGUE.search(name))


def imported(nodes: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    """Yield the line and the first part of every absolute import among `nodes`."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module.split(".")[0]


def backward_import(source: Source) -> Iterator[str]:
    allowed = ROOMS.get(source.room)
    if allowed is None:
        return
    for line, name in imported(source.nodes):
        if name in KNOWN and name != source.room and name not in allowed:
            yield f"{source.path}:{line} imports {name}"


def eager_import(source: Source) -> Iterator[str]:
    if source.room not in DOORS:
        return
    top = source.tree.body
    yield from (f"{source.path}:{line} imports {name} at the top" for line, name in imported(top) if name in LAZY)


def relative_import(source: Source) -> Iterator[str]:
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom) and node.level:
            yield f"{source.path}:{node.lineno}"


def endless_call(source: Source) -> Iterator[str]:
    for node in source.nodes:
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WAITS):
            continue
        owner = node.func.value
        keys = {keyword.arg for keyword in node.keywords}
        if isinstance(owner, ast.Name) and owner.id == "subprocess" and not keys & {"timeout", None}:
            yield f"{source.path}:{node.lineno} subprocess.{node.func.attr} has no timeout"


def silent_catch(source: Source) -> Iterator[str]:
    lines = source.text.splitlines()
    for node in source.nodes:
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = (
            {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)} if node.type else {"BaseException"}
        )
        told = "#" in lines[node.lineno - 1] or lines[node.lineno - 2].lstrip().startswith("#")
        passed_on = isinstance(node.body[-1], ast.Raise)
        if caught & {"Exception", "BaseException"} and not told and not passed_on:
            yield f"{source.path}:{node.lineno}"


def pattern(expression: str, *, only: str = "", spare: str = "") -> Callable[[Source], Iterator[str]]:
    """Return a check that finds `expression` in files whose path matches `only` and does not match `spare`."""
    wanted = re.compile(expression)

    def find(source: Source) -> Iterator[str]:
        if source.path.startswith("tests/house/") or not re.search(only, source.path):
            return
        if spare and re.search(spare, source.path):
            return
        for number, line in enumerate(source.text.splitlines(), 1):
            if wanted.search(line):
                yield f"{source.path}:{number} {line.strip()[:80]}"

    return find


def untold_test(source: Source) -> Iterator[str]:
    if not re.search(r"^tests/.*test_\w+\.py$", source.path):
        return
    for node in source.functions():
        if not node.name.startswith("test_"):
            continue
        if len(node.name.split("_")) < 4:
            yield f"{source.path}:{node.lineno} {node.name} does not name subject, condition and result"
        docstring = ast.get_docstring(node)
        if not docstring or "\n" in docstring:
            yield f"{source.path}:{node.lineno} {node.name} needs a docstring of one sentence"


CODE = r"\.(py|sh|ya?ml|j2|cfg|toml)$|^(Makefile|\.ci/run)$"
ONE_LINE = '"""One fact."""\n'


def sample(text: str, path: str = "topology/model.py") -> Source:
    return Source(path, ONE_LINE + text)


RULES: tuple[Rule, ...] = (
    Rule("module-length", "a module is read in one go", long_module, sample("a = 1\n" * 400)),
    Rule("function-length", "a function fits on a page", long_function, sample("def f():\n" + "    a = 1\n" * 60)),
    Rule("docstring", "a module says in one line what it is", wordy_docstring, Source("lab/up.py", '"""A\n\nB."""\n')),
    Rule("name", "a name says what is inside", vague_name, sample("", "lab/net_utils.py")),
    Rule("direction", "nothing reads backwards", backward_import, sample("from lab.up import raise_lab\n")),
    Rule("lab-door", "outside lab/ nothing knows of it", backward_import, sample("import lab.up\n", "stacks/site.py")),
    Rule(
        "lazy-rooms", "help comes at once", eager_import, sample("from stacks.rollout.deploy import deploy\n", "cli.py")
    ),
    Rule("absolute", "an import reads the same everywhere", relative_import, sample("from .load import load\n")),
    Rule("timeout", "every outside call ends", endless_call, sample('subprocess.run(["ip"], check=True)\n')),
    Rule("broad-catch", "a broad catch says why", silent_catch, sample("try:\n    f()\nexcept Exception:\n    pass\n")),
    Rule(
        "host-keys",
        "a host is known before it is trusted",
        pattern(r"StrictHostKeyChecking\W+no\b|host_key_checking\W+(False|false|no)\b|AutoAddPolicy"),
        sample('OPTIONS = ["-oStrictHostKeyChecking=no"]\n'),
    ),
    Rule(
        "machine-path",
        "the tree works wherever it is cloned",
        pattern(r"(?<![\w.}/-])/(?:work|home/(?!u/)\w+|Users/\w+)/"),
        sample('PLACE = "/home/someone/cloud"\n'),
    ),
    Rule(
        "package-index",
        "packages come from whatever index the machine is set to",
        pattern(r"//[\w.-]*(?:pypi\.|pythonhosted\.|debian\.org|npmjs\.|proxy\.golang)", only=CODE),
        sample('INDEX = "https://pypi.org/simple"\n'),
    ),
    Rule(
        "soft-spot",
        "finished work has no notes to finish it",
        pattern(r"\b(?:TODO|FIXME|XXX|HACK)\b|\bNotImplementedError\b", only=CODE),
        sample("# TODO: later\n"),
    ),
    Rule(
        "silenced",
        "what is silenced is named, with its reason",
        pattern(
            r"#\s*type:\s*ignore(?!\[[\w-]+(,\s*[\w-]+)*\]\s+#?\s*\w)|#\s*noqa(?!: ?[A-Z]+\d+(, ?[A-Z]+\d+)*\s+\S)",
            only=r"\.py$",
        ),
        sample("import os  # noqa\n"),
    ),
    Rule(
        "shell",
        "no value of a topology reaches a shell",
        pattern(r"shell=True|\bos\.system\(|\bos\.popen\(|\byaml\.(?:unsafe_)?load\([^,)]*\)", only=r"\.py$"),
        sample("subprocess.run(line, shell=True, timeout=5)\n"),
    ),
    Rule(
        "test-words",
        "a failing test explains itself",
        untold_test,
        sample("def test_load():\n    pass\n", "tests/test_a.py"),
    ),
)
