"""Scenario files with mistakes: each is told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from dr_drills.scenarios.load import load_scenario
from failures import InputInvalid

GOOD = """scenario: mine
title: {zh: 我的, en: Mine}
meaning: {zh: 意义, en: what it means}
needs: [site]
faults:
  - {fault: cut, target: site}
recovery: {by: none}
expect: {outage: tier}
"""
MISTAKES = {
    "no such fault": ("fault: cut", "fault: cutt", 6),
    "is no fault of a site": ("fault: cut", "fault: freeze", 6),
    "no such aim": ("target: site", "target: everything", 6),
    "unknown key": ("needs: [site]", "need: [site]", 4),
    "title in one language": ("title: {zh: 我的, en: Mine}", "title: {zh: 我的}", 2),
    "courses missing": ("by: none", "by: lease", 7),
    "breaks what it mends": ("expect: {outage: tier}", "expect: {outage: tier}\nmends: true", 1),
    "no duration": ("target: site}", "target: site, after: 5}", 6),
    "a tab": ("needs: [site]", "\tneeds: [site]", 4),
}


def test_scenario_file_of_ones_own_is_read(tmp_path: Path) -> None:
    """Negative control: without a mistake it is a scenario."""
    (tmp_path / "mine.yaml").write_text(GOOD, encoding="utf-8")

    assert load_scenario(tmp_path / "mine.yaml").scenario == "mine"


@pytest.mark.parametrize("mistake", MISTAKES)
def test_scenario_file_with_a_mistake_names_its_line(tmp_path: Path, mistake: str) -> None:
    """File and line are told, in both languages."""
    right, wrong, line = MISTAKES[mistake]
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD.replace(right, wrong, 1), encoding="utf-8")

    with pytest.raises(InputInvalid) as refused:
        load_scenario(path)

    assert refused.value.where.startswith(f"{path}:{line}:")
    assert refused.value.what.zh
