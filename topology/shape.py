"""The shape of the language: which object stands at which path, read from the model's types."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Union, get_args, get_origin

from topology.model import Cloud
from topology.rules import Path
from topology.values import Strict


def object_at(path: Path) -> type[Strict] | None:
    """Return the object type whose keys stand at `path`, None where there is none."""
    here: Any = Cloud
    for part in path:
        here = _step(plain(here), part)
        if here is None:
            return None
    here = plain(here)
    return here if _is_object(here) else None


def plain(annotation: Any) -> Any:
    """Return a type without `Annotated` and without the `None` of an optional."""
    while True:
        if hasattr(annotation, "__metadata__"):
            annotation = annotation.__origin__
            continue
        rest = [a for a in get_args(annotation) if a is not types.NoneType]
        if get_origin(annotation) in {Union, types.UnionType} and len(rest) == 1:
            annotation = rest[0]
            continue
        return annotation


def inner(annotation: Any) -> tuple[str, Any]:
    """Return how a type holds others ("mapping", "list" or "") and the type it holds."""
    annotation = plain(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Mapping:
        return "mapping", arguments[1]
    if origin in {tuple, Sequence}:
        return "list", arguments[0]
    return "", annotation


def objects(start: type[Strict] = Cloud, path: tuple[str, ...] = ()) -> Iterator[tuple[str, type[Strict]]]:
    """Yield each place an object may stand, as in `departments.*.applications.*`, with its type."""
    yield ".".join(path), start
    for name, info in start.model_fields.items():
        kind, held = inner(info.annotation)
        if _is_object(plain(held)):
            yield from objects(plain(held), (*path, name, "*") if kind else (*path, name))


def _step(here: Any, part: str | int) -> Any:
    if _is_object(here):
        info = here.model_fields.get(part)
        return info.annotation if info else None
    kind, held = inner(here)
    return held if kind else None


def _is_object(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Strict)
