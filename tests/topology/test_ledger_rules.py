"""Tests of the page about addresses: its rules, its example ledger and its figures are the program's own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.topology.town import TOWN
from topology import ledger, ledger_text
from topology.ledger_rules import LEDGER_RULES
from topology.load import load_cloud
from topology.rules import Rule
from topology.validate import validate

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "addresses.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("rule", LEDGER_RULES, ids=lambda rule: rule.id)
def test_page_lists_rule_with_its_reason(rule: Rule) -> None:
    """Every id a user can meet is explained."""
    assert f"| {rule.id} | {rule.reason.en} |" in PAGE


def test_page_shows_a_ledger_that_reads() -> None:
    """The example ledger is one."""
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)

    assert ledger_text.parse(example, "docs/addresses.md")[0].retired_departments == {"tobacco": 77}


def test_page_shows_the_addresses_of_the_flagship() -> None:
    """The table of human-resources is what the flagship's plan says."""
    path = ROOT / "topology" / "quanzhou.yaml"
    planned = ledger.plan_for(load_cloud(path), path)
    sites = ("donghai", "anxi", "changle")
    rows = {
        zone: [str(planned.subnet(zone, site, "human-resources")) for site in sites] for zone in ("extranet", "private")
    }
    rows["edge"] = [str(planned.edge_subnet(site)) for site in sites]

    for zone, cells in rows.items():
        assert f"| {zone} {planned.zones[zone].cidr} | {' | '.join(cells)} |" in PAGE
    assert f"holds slot {planned.ledger.departments['human-resources']}:" in PAGE


def test_validate_damaged_ledger_is_a_finding_at_its_line(tmp_path: Path) -> None:
    """A sound topology beside a damaged ledger does not pass."""
    path = tmp_path / "town.yaml"
    path.write_text(TOWN, encoding="utf-8")
    assert not validate([path]).failed
    ledger = tmp_path / "town.addresses.yaml"
    ledger.write_text("version: 1\nsites: {east: 0, west: 0}\ndepartments: {}\n", encoding="utf-8")

    found = validate([path]).findings

    assert [(finding.id, finding.place.line) for finding in found][:1] == [("T408", 2)]
