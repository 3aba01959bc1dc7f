"""Property paths such as `metadata.tier` or `rules[0]["name"]`, as ignore_changes and replace_on_changes use them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_STEP = re.compile(r"""\.?([^.\[\]"]+)|\[(\d+)\]|\["([^"]*)"\]|\[(\*)\]""")
_ABSENT = object()
Step = str | int


def steps(path: str) -> tuple[Step, ...]:
    """Return the keys and positions of a path; `*` stands for all."""
    return tuple(
        int(position) if position else (star or quoted or key) for key, position, quoted, star in _STEP.findall(path)
    )


def restore(new: Mapping[str, Any], old: Mapping[str, Any], paths: tuple[str, ...]) -> dict[str, Any]:
    """Return `new` with what `old` has at each path; what `old` lacks there is taken away."""
    result: Any = dict(new)
    for path in paths:
        result = _restore(result, old, steps(path))
    kept: dict[str, Any] = result
    return kept


def _restore(new: Any, old: Any, path: tuple[Step, ...]) -> Any:
    if not path:
        return old
    step, rest = path[0], path[1:]
    if step == "*":
        keys = set(_keys(new)) | set(_keys(old))
        for key in sorted(keys, key=str):
            new = _restore(new, old, (key, *rest))
        return new
    before, after = _at(old, step), _at(new, step)
    if before is _ABSENT and after is _ABSENT:
        return new
    if before is _ABSENT and rest:
        return new
    value = before if after is _ABSENT or not rest else _restore(after, before, rest)
    return _with(new, step, value)


def _keys(value: Any) -> list[Step]:
    if isinstance(value, dict):
        return list(value)
    return list(range(len(value))) if isinstance(value, list) else []


def _at(value: Any, step: Step) -> Any:
    if isinstance(value, Mapping):
        return value.get(str(step), _ABSENT)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return _ABSENT


def _with(value: Any, step: Step, item: Any) -> Any:
    if isinstance(value, dict):
        changed = {**value, str(step): item}
        if item is _ABSENT:
            del changed[str(step)]
        return changed
    if isinstance(value, list) and isinstance(step, int) and step < len(value) and item is not _ABSENT:
        return [*value[:step], item, *value[step + 1 :]]
    return value


def differs(new: Mapping[str, Any], old: Mapping[str, Any], path: str) -> bool:
    """Return whether the two differ at a path."""
    return restore(new, old, (path,)) != new
