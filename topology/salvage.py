"""A cloud without its wrong parts, so that one run can report errors of every kind."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from topology.model import Cloud
from topology.rules import Path

ROUNDS = 4


def salvage(data: dict[str, Any], wrong: Iterable[Path]) -> Cloud | None:
    """Return the cloud that is left when the entries around `wrong` are dropped, None when nothing valid is left."""
    rest = copy.deepcopy(data)
    for _ in range(ROUNDS):
        _drop(rest, wrong)
        try:
            return Cloud.model_validate(rest)
        except ValidationError as error:
            wrong = [e["loc"] for e in error.errors(include_url=False)]
    return None


def _drop(data: dict[str, Any], wrong: Iterable[Path]) -> None:
    """Drop the smallest named thing around each path, the last ones first so that list positions stay true."""
    entries = {_entry(path) for path in wrong}
    for entry in sorted(entries, key=lambda path: [str(part).rjust(12) for part in path], reverse=True):
        _remove(data, entry)


def _entry(path: Path) -> Path:
    if path and path[-1] == "[key]":
        return path[:-1]
    return path[:4] if path[:1] == ("departments",) and path[2:3] == ("applications",) else path[:2]


def _remove(data: Any, path: Path) -> None:
    if not path:
        return
    for part in path[:-1]:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(data, dict):
        data.pop(path[-1], None)
    elif isinstance(data, list) and isinstance(path[-1], int) and path[-1] < len(data):
        del data[path[-1]]
