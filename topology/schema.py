"""The JSON Schema of the topology language, for completion and checks in editors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any

from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema

from topology.meanings import KEYS, OBJECTS
from topology.model import Cloud
from topology.shape import objects
from topology.values import Strict, duration, is_duration

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCHEMA_ID = "urn:govcloud:topology:1"


def json_schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12): types, patterns, limits, defaults, meanings.

    It cannot say what the checks say: references between sections, overlaps, room for addresses.
    """
    made = Cloud.model_json_schema(mode="validation", schema_generator=GenerateJsonSchema)
    definitions = made.pop("$defs")
    for name, kind in _types():
        _describe(made if name == "Cloud" else definitions[name], name, kind.model_fields)
    for part in (made, *definitions.values()):
        _close(part)
    head = {"$schema": DIALECT, "$id": SCHEMA_ID, "title": "govcloud topology"}
    return {**head, **made, **head, "$defs": definitions}


def schema_text() -> str:
    """Return the schema as indented JSON that ends in a newline."""
    return json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n"


def default_of(info: FieldInfo) -> Any:
    """Return a field's default as the language writes it, in JSON values."""
    default = info.default
    if isinstance(default, Strict):
        return default.model_dump(mode="json", exclude_defaults=True)
    if isinstance(default, tuple):
        return list(default)
    if isinstance(default, IPv4Network):
        return str(default)
    return duration(default) if is_duration(info) else default


def _types() -> Iterator[tuple[str, Any]]:
    return iter({kind.__name__: kind for _, kind in objects()}.items())


def _describe(part: dict[str, Any], name: str, fields: dict[str, FieldInfo]) -> None:
    part["description"] = " ".join(OBJECTS[name])
    for key, info in fields.items():
        stated = part["properties"][key]
        stated["description"] = " ".join(KEYS[name][key])
        if "default" in stated:
            stated["default"] = default_of(info)


def _close(part: Any) -> None:
    """Refuse, as the loader does, keys that are no names."""
    if isinstance(part, dict):
        if "patternProperties" in part:
            part["additionalProperties"] = False
        for value in part.values():
            _close(value)
    elif isinstance(part, list):
        for value in part:
            _close(value)
