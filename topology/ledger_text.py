"""The address ledger as text: parsed strictly with the line of every entry, rendered one name a line."""

from __future__ import annotations

import re
from typing import Any

import yaml

from failures import NOTHING, Text, TopologyInvalid
from topology import ledger_rules as rules
from topology.findings import Finding, Place
from topology.rules import Rule
from topology.slots import Ledger, conflicts
from topology.values import NAME_PATTERN

VERSION = 1
DEPTH_LIMIT = 4
_ROOT = ("ledger",)
RESTORE = Text("restore the file from version control", "请从版本库恢复该文件")
_MERGE = Text(
    "if a merge left <<<<<<< marks, keep the lines of both sides and delete the marks (docs/addresses.md)",
    "若合并留下 <<<<<<< 标记, 请保留双方的行并删除标记 (docs/addresses.md)",
)
_HEAD = "# Address ledger (地址台账), kept by govcloud: commit it with its topology. Merging: docs/addresses.md\n"
_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")
_SECTIONS: dict[str, tuple[str, ...]] = {
    "ledger": ("version", "sites", "departments", "retired"),
    "ledger.retired": ("sites", "departments"),
}

Places = dict[str, Place]


def render(ledger: Ledger) -> str:
    """Return the file's content; sorted, so that two branches that add different names merge by line."""
    content = {
        "version": VERSION,
        "sites": dict(sorted(ledger.sites.items())),
        "departments": dict(sorted(ledger.departments.items())),
        "retired": {
            "sites": dict(sorted(ledger.retired_sites.items())),
            "departments": dict(sorted(ledger.retired_departments.items())),
        },
    }
    return _HEAD + yaml.dump(content, Dumper=yaml.CSafeDumper, sort_keys=False, default_flow_style=False)


def parse(text: str, file: str) -> tuple[Ledger, Places]:
    """Return the ledger and the place of each entry by path; TopologyInvalid carries every finding."""
    reader = _Reader(file)
    ledger = reader.ledger(_compose(text, file))
    if not reader.findings:
        reader.findings += conflicts(ledger, reader.places, Place(file))
    if reader.findings:
        raise TopologyInvalid(reader.findings)
    return ledger, reader.places


def _compose(text: str, file: str) -> yaml.Node | None:
    """Return the root node; a flat pass over the events first keeps deep nesting away from the recursive composer."""
    depth = 0
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEPTH_LIMIT or isinstance(event, yaml.AliasEvent):
                what = Text("a ledger has no aliases and no deep nesting", "台账中不允许别名和过深嵌套")
                raise TopologyInvalid([rules.SHAPE.found(_place(file, event.start_mark), _ROOT, what, RESTORE)])
        return yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        what = Text(f"not YAML: {error.problem}", f"不是有效的 YAML: {error.problem}")
        raise TopologyInvalid([rules.SYNTAX.found(_place(file, error.problem_mark), _ROOT, what, _MERGE)]) from error
    except yaml.YAMLError as error:
        why = str(error).partition("\n")[0]
        what = Text(f"not YAML: {why}", f"不是有效的 YAML: {why}")
        raise TopologyInvalid([rules.SYNTAX.found(Place(file), _ROOT, what, RESTORE)]) from error


class _Reader:
    """Walks the nodes of one ledger, gathering findings instead of stopping at the first."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []
        self.places: Places = {}

    def ledger(self, root: yaml.Node | None) -> Ledger:
        top = self.mapping(root, "ledger")
        if root is None or isinstance(root, yaml.MappingNode):
            self.version(top.get("version"), root)
        retired = self.mapping(top.get("retired"), "ledger.retired")
        return Ledger(
            self.numbers(top.get("sites"), "ledger.sites"),
            self.numbers(top.get("departments"), "ledger.departments"),
            self.numbers(retired.get("sites"), "ledger.retired.sites"),
            self.numbers(retired.get("departments"), "ledger.retired.departments"),
        )

    def version(self, node: yaml.Node | None, root: yaml.Node | None) -> None:
        said = self.scalar(node)[:40]
        if said != str(VERSION):
            what = Text(f"version {said!r} is not known, only {VERSION}", f"未知版本 {said!r}, 仅支持 {VERSION}")
            fix = Text(
                "use the govcloud that wrote it, or restore it", "请使用写入该文件的 govcloud 版本, 或恢复该文件"
            )
            self.report(rules.VERSION, what, "ledger.version", node or root, fix)

    def numbers(self, node: yaml.Node | None, path: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for name, value in self.mapping(node, path).items():
            number = self.scalar(value) if value.tag.endswith(":int") else ""
            if not re.fullmatch(NAME_PATTERN, name):
                what = Text(f"{name[:40]!r} is not a name", f"{name[:40]!r} 不是有效名称")
                self.report(rules.NAME, what, path, value, RESTORE)
            elif not _NUMBER.fullmatch(number) or (number == "0" and path.endswith("departments")):
                said = self.scalar(value)[:40]
                what = Text(f"{said!r} is not a number that a name can hold", f"{said!r} 不是可用的编号")
                self.report(rules.NUMBER, what, f"{path}.{name}", value, RESTORE)
            else:
                found[name] = int(number)
        return found

    def mapping(self, node: yaml.Node | None, path: str) -> dict[str, yaml.Node]:
        """Return the values by key, after reporting wrong types, doubled keys and unknown keys."""
        if node is None or (isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null")):
            return {}
        if not isinstance(node, yaml.MappingNode):
            self.report(rules.SHAPE, Text("this must be a mapping of names", "此处应为名称映射"), path, node, RESTORE)
            return {}
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = self.scalar(key)
            if name in found or (path in _SECTIONS and name not in _SECTIONS[path]):
                what = Text(f"{name[:40]!r} is unknown or doubled here", f"{name[:40]!r} 未知或重复")
                self.report(rules.KEY, what, path, key, _MERGE)
            found[name] = value
            self.places[f"{path}.{name}"] = _place(self.file, key.start_mark)
        return found

    def scalar(self, node: yaml.Node | None) -> str:
        return str(node.value) if isinstance(node, yaml.ScalarNode) else ""

    def report(self, rule: Rule, what: Text, path: str, node: yaml.Node | None, fix: Text = NOTHING) -> None:
        place = _place(self.file, node.start_mark if node else None)
        self.findings.append(rule.found(place, tuple(path.split(".")), what, fix))


def _place(file: str, mark: Any) -> Place:
    return Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
