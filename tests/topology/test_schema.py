"""The JSON Schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.topology.town import TOWN, shipped
from topology.schema import json_schema, schema_text

VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def parts(node: Any) -> list[dict[str, Any]]:
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [*([node] if isinstance(node, dict) else []), *(part for value in inner for part in parts(value))]


def test_schema_is_a_valid_schema_of_its_dialect() -> None:
    """Draft 2020-12, with an id."""
    schema = json_schema()

    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == "urn:govcloud:topology:1"


@pytest.mark.parametrize("path", shipped(), ids=lambda path: path.stem)
def test_shipped_topology_fits_the_schema(path: Path) -> None:
    """The schema accepts what the loader accepts."""
    VALIDATOR.validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_town_fits_the_schema_and_a_wrong_town_does_not() -> None:
    """The schema refuses unknown keys and names, not only wrong types."""
    good = yaml.safe_load(TOWN)

    assert VALIDATOR.is_valid(good)
    assert not VALIDATOR.is_valid({**good, "extra": 1})
    assert not VALIDATOR.is_valid({**good, "tiers": {"Bad Name": good["tiers"]["standard"]}})


def test_schema_describes_every_property() -> None:
    """An editor can show what each key means, in both languages."""
    schema = json_schema()
    properties = [p for part in (schema, *schema["$defs"].values()) for p in part.get("properties", {}).values()]

    assert len(properties) > 90
    assert all(any("\u4e00" <= c <= "\u9fff" for c in p["description"]) for p in properties)


def test_schema_defaults_fit_their_own_schema() -> None:
    """A default such as 5s is written as the language writes it."""
    schema = json_schema()
    for part in parts(schema):
        if "default" in part and "description" in part:
            whole = {**part, "$defs": schema["$defs"]}
            jsonschema.Draft202012Validator(whole).validate(part["default"])

    assert schema["$defs"]["Service"]["properties"]["ttl"]["default"] == "5s"


def test_schema_text_is_the_same_every_time() -> None:
    """Two runs give the same bytes, so that a stored copy can be compared."""
    assert schema_text() == schema_text()
    assert json.loads(schema_text()) == json_schema()
