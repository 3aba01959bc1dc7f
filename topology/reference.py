"""The reference of the topology language as Markdown, made from the model and the rule tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from topology.catalogue import RULES
from topology.meanings import KEYS, OBJECTS
from topology.schema import default_of, json_schema
from topology.shape import inner, objects, plain
from topology.values import NAME_PATTERN, Strict

TITLE = "# The topology language 拓扑语言参考"
INTRO = """\
Made from the model by `topology/reference.py`; do not edit. 由模型自动生成,请勿手工修改。

A topology is one YAML file, or a folder of `*.yaml` files whose sections are joined (`departments/*.yaml`, a file per
department). Unknown keys are errors. Names match `^[a-z][a-z0-9-]{0,30}$`; only titles are free text. In a folder,
hidden files, the folder `images/`, `clouds.yaml`, `secure.yaml` and the address ledger are not part of the topology.
One run reports all errors, up to 1,000 of each kind.

拓扑是一个 YAML 文件,或一个文件夹,其中 `*.yaml` 的各部分按键合并。未知的键是错误。
名称须匹配上述模式;只有标题是自由文本。"""
HEAD = "| key 键 | type 类型 | default 默认值 | meaning 含义 |\n| --- | --- | --- | --- |"
RULES_HEAD = "| id 编号 | severity 级别 | reason 理由 |\n| --- | --- | --- |"


def reference() -> str:
    """Return the whole page, ending in a newline."""
    parts = [TITLE, INTRO, "## Objects 对象"]
    for name, (kind, places) in _kinds().items():
        parts.append("\n".join(_object(name, kind, places)))
    parts += ["## Findings 检查结果", "\n".join(_findings())]
    return "\n\n".join(parts) + "\n"


def _kinds() -> dict[str, tuple[type[Strict], list[str]]]:
    found: dict[str, tuple[type[Strict], list[str]]] = {}
    for place, kind in objects():
        found.setdefault(kind.__name__, (kind, []))[1].append(place)
    return found


def _object(name: str, kind: type[Strict], places: list[str]) -> Iterator[str]:
    yield f"### {name}"
    yield ""
    yield " ".join(OBJECTS[name])
    stands = ", ".join(f"`{place}`" for place in places if place)
    if stands:
        yield ""
        yield f"At 位于: {stands}"
    yield ""
    yield HEAD
    definition = json_schema() if name == "Cloud" else json_schema()["$defs"][name]
    for key, info in kind.model_fields.items():
        meaning = " ".join(KEYS[name][key])
        yield f"| `{key}` | {_type(info, definition['properties'][key])} | {_default(info)} | {_cell(meaning)} |"


def _findings() -> Iterator[str]:
    yield RULES_HEAD
    for number in sorted(RULES):
        rule = RULES[number]
        yield f"| {number} | {rule.severity} | {_cell(' '.join(rule.reason))} |"


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required 必填"
    default = default_of(info)
    return "" if default in ({}, [], (), None, "") else f"`{json.dumps(default, ensure_ascii=False)}`"


def _type(info: FieldInfo, stated: dict[str, Any]) -> str:
    kind, held = inner(info.annotation)
    held = plain(held)
    if kind:
        held_name = _scalar(held, _item(stated))
        return f"list 列表: {held_name}" if kind == "list" else f"mapping 映射: name → {held_name}"
    return _scalar(held, next(iter(stated.get("anyOf", [])), stated))


def _scalar(kind: Any, stated: dict[str, Any]) -> str:
    if isinstance(kind, type) and issubclass(kind, Strict):
        return f"[{kind.__name__}](#{kind.__name__.lower()})"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _words([member.value for member in kind])
    if get_origin(kind) is Literal:
        return _words(get_args(kind))
    if stated.get("examples"):
        return f"such as 例如 `{stated['examples'][0]}`"
    if stated["type"] == "string":
        pattern = stated.get("pattern", "")
        return (
            f"text 文本 `{pattern}`" if pattern not in {"", NAME_PATTERN} else "name 名称" if pattern else "text 文本"
        )
    low, high = stated.get("minimum"), stated.get("maximum")
    return f"{stated['type']} {low}..{high}" if low is not None else str(stated["type"])


def _item(stated: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of what a list or mapping holds."""
    items = [stated["items"]] if "items" in stated else stated.get("prefixItems")
    found: dict[str, Any] = next(iter(items or stated["patternProperties"].values()))
    return found


def _words(words: Any) -> str:
    return " or ".join(f"`{word}`" for word in words)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(reference(), end="")
