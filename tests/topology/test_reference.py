"""The reference of the language and the tables behind it."""

from __future__ import annotations

import pytest

from tests.topology.town import ROOT
from topology.catalogue import RULES
from topology.checks import CHECK_RULES
from topology.ledger_rules import LEDGER_RULES
from topology.meanings import KEYS, OBJECTS
from topology.reference import reference
from topology.schema_errors import SCHEMA_ROWS
from topology.shape import objects
from topology.textrules import TEXT_RULES

PAGE = ROOT / "docs" / "topology-language.md"


@pytest.mark.slow
def test_reference_page_is_the_one_the_model_makes() -> None:
    """Change the model, then run `python -m topology.reference > docs/topology-language.md`."""
    assert PAGE.read_text(encoding="utf-8") == reference()


def test_reference_page_lists_every_rule_and_key() -> None:
    """Nothing that a user can meet is undocumented."""
    page = PAGE.read_text(encoding="utf-8")

    assert all(f"| {number} |" in page for number in RULES)
    assert all(f"| `{key}` |" in page for keys in KEYS.values() for key in keys)


def test_meanings_cover_exactly_the_model() -> None:
    """Each object and key has a meaning, and no meaning is left over."""
    kinds = {kind.__name__: set(kind.model_fields) for _, kind in objects()}

    assert set(OBJECTS) == set(kinds)
    assert {name: set(keys) for name, keys in KEYS.items()} == kinds


def test_rule_ids_are_unique() -> None:
    """One id is one rule; a schema rule may be reached by several types of error."""
    rules = {*TEXT_RULES, *CHECK_RULES, *LEDGER_RULES, *(row.rule for row in SCHEMA_ROWS)}

    assert len(rules) == len(RULES)
    assert len(TEXT_RULES) + len(CHECK_RULES) == len({r.id for r in (*TEXT_RULES, *CHECK_RULES)})
