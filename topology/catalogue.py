"""All rules of the topology language by id."""

from __future__ import annotations

from topology.checks import CHECK_RULES
from topology.ledger_rules import LEDGER_RULES
from topology.rules import Rule
from topology.schema_errors import SCHEMA_ROWS
from topology.textrules import TEXT_RULES

RULES: dict[str, Rule] = {
    rule.id: rule for rule in (*TEXT_RULES, *(row.rule for row in SCHEMA_ROWS), *CHECK_RULES, *LEDGER_RULES)
}
