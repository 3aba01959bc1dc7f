"""A town with two drills of its own and no lab, for the commands of drills."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from console import Voice
from tests.dr_drills import city

NAME = "drilltown"
DRILLS = """
drills:
  weekly: {scenario: site-network-loss, site: donghai, schedule: "Sat 02:00", window: 2h}
  table: {scenario: both-active-lost, level: tabletop, window: 8h}
"""


@pytest.fixture
def topology(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Quanzhou under a name that no lab has, with two drills of its own, and a home with nothing in it."""
    monkeypatch.setenv("GOVCLOUD_HOME", str(tmp_path / "home"))
    text = city.QUANZHOU.read_text(encoding="utf-8")
    text = text[: text.index("\ndrills:\n")].replace("cloud: quanzhou\n", f"cloud: {NAME}\n") + DRILLS
    (tmp_path / "city.yaml").write_text(text, encoding="utf-8")
    return tmp_path / "city.yaml"


def voice() -> Voice:
    return Voice("en", as_json=True, out=io.StringIO(), err=io.StringIO())
