"""The page about status and proofs, held to the tables."""

from __future__ import annotations

from pathlib import Path

from dr_drills.glance.report import RULES
from dr_drills.verify.proofs import PROOFS

PAGE = Path(__file__).parents[2] / "docs" / "status.md"


def test_status_page_lists_every_rule_and_proof() -> None:
    """What a user can meet has its line, in both languages."""
    page = PAGE.read_text(encoding="utf-8")

    rows = [*((rule.id, rule.reason) for rule in RULES), *((proof.id, proof.reason) for proof in PROOFS)]
    for number, reason in rows:
        assert f"| {number} | {reason.en} {reason.zh} |" in page
