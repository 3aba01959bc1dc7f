"""Every name that must be defined elsewhere in the topology."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from failures import Text
from topology.findings import Finding
from topology.model import Cloud
from topology.nearest import choose, nearest
from topology.places import Places
from topology.rules import MAX_FINDINGS, Path, Rule, show
from topology.shape import object_at


@dataclass(frozen=True)
class Reference:
    """Values at `at` (keys when `keys`) are names defined in the section `to`, or one of the words in `also`."""

    rule: Rule
    at: str
    to: str
    also: tuple[str, ...] = ()
    keys: bool = False


_SINGULAR = {
    "sites": Text("site", "中心"),
    "zones": Text("zone", "网络区"),
    "images": Text("image", "镜像"),
    "templates": Text("template", "模板"),
    "tiers": Text("tier", "等级"),
    "departments": Text("department", "部门"),
    "services": Text("service", "服务"),
}


def _row(number: str, at: str, to: str, also: tuple[str, ...] = (), *, keys: bool = False) -> Reference:
    word, zh = _SINGULAR[to]
    rest = f", or is one of {', '.join(also)}" if also else ""
    rest_zh = f",或为 {'、'.join(also)} 之一" if also else ""
    reason = Text(f"`{at}` names a {word} of `{to}`{rest}.", f"`{at}` 引用 `{to}` 中的{zh}{rest_zh}。")
    return Reference(Rule(number, reason), at, to, also, keys)


_SOURCES = ("any", "department")
REFERENCES = (
    _row("T201", "links.*.between.*", "sites"),
    _row("T202", "templates.*.zone", "zones"),
    _row("T203", "templates.*.image", "images"),
    _row("T204", "templates.*.openings.*.source", "zones", _SOURCES),
    _row("T205", "departments.*.sites.*", "sites"),
    _row("T206", "departments.*.applications.*.template", "templates"),
    _row("T207", "departments.*.applications.*.tier", "tiers"),
    _row("T208", "services.*.department", "departments"),
    _row("T209", "services.*.placement.*", "sites", keys=True),
    _row("T210", "services.*.tier", "tiers"),
    _row("T211", "services.*.zone", "zones"),
    _row("T212", "services.*.image", "images"),
    _row("T213", "services.*.openings.*.source", "zones", _SOURCES),
    _row("T214", "drills.*.site", "sites"),
    _row("T215", "drills.*.service", "services"),
    _row("T216", "services.*.uses.*", "services"),
)


def dangling(data: dict[str, Any], places: Places) -> list[Finding]:
    """Return a finding for each name that nothing defines; parts of the wrong type are passed over."""
    found = (finding for row in REFERENCES if _readable(data, row.to) for finding in _missing(row, data, places))
    return list(islice(found, MAX_FINDINGS))


def _missing(row: Reference, data: dict[str, Any], places: Places) -> Iterator[Finding]:
    known = [*data.get(row.to, {}), *row.also]
    seen = frozenset(known)
    for path, value in _values(data, tuple(row.at.split("."))):
        name = path[-1] if row.keys else value
        if isinstance(name, str) and name not in seen:
            yield _finding(row, path, name, known, places)


def _finding(row: Reference, path: Path, name: str, known: Collection[str], places: Places) -> Finding:
    word, zh = _SINGULAR[row.to]
    message = Text(f"there is no {word} {show(name)}", f"没有名为 {show(name)} 的{zh}")
    advice = choose(name, known)
    fix = Text(f"{advice.en}; or define it under {row.to}", f"{advice.zh};或在 {row.to} 下定义")
    return row.rule.found(places.key(path) if row.keys else places.value(path), path, message, fix)


def _readable(data: dict[str, Any], section: str) -> bool:
    """Return whether the names of a section are known: not when it is broken, left out in error, or misspelt."""
    if section in data:
        return isinstance(data[section], dict)
    strangers = [key for key in data if key not in Cloud.model_fields]
    return not Cloud.model_fields[section].is_required() and nearest(section, strangers) is None


def _values(node: Any, pattern: tuple[str, ...], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield each path that fits the pattern, with its value; an absent last key counts with its default."""
    if not pattern:
        yield path, node
        return
    head, rest = pattern[0], pattern[1:]
    if head == "*":
        entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, value in entries:
            yield from _values(value, rest, (*path, key))
    elif isinstance(node, dict) and head in node:
        yield from _values(node[head], rest, (*path, head))
    elif isinstance(node, dict) and not rest:
        owner = object_at(path)
        default = owner.model_fields[head].default if owner else None
        if isinstance(default, str):
            yield (*path, head), default
