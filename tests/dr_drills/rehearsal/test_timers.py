"""Units of systemd from a topology: how text is kept whole, and which drills look for a signature."""

from __future__ import annotations

from pathlib import Path

import pytest

from dr_drills.rehearsal.timers import Caller, may_lose, units
from dr_drills.scenarios.catalogue import named, names
from tests.dr_drills import city
from topology.load import load_cloud
from topology.model import Drill

ODD = Caller(Path("/opt/a b/govcloud"), Path("/var/100%/approvals"), {"GOVCLOUD_HOME": "/srv/$HOME of mine"})
LOSING = {"both-active-lost", "city-failover", "failback", "full-failback", "survivor-alone", "takeover"}


def test_units_with_odd_paths_keep_them_whole() -> None:
    """What systemd would expand is doubled, what the line would split is quoted."""
    cloud = load_cloud(city.QUANZHOU)
    text = units(cloud, Path("/srv/a b/100%/$HOME.yaml"), ODD, {"quarterly-city-loss"})[
        "govcloud-drill-quanzhou-quarterly-city-loss.service"
    ]

    assert "ExecStart='/opt/a b/govcloud' drill run '/srv/a b/100%%/$$HOME.yaml' both-active-lost" in text
    assert "--approval /var/100%%/approvals --allow-data-loss" in text
    assert "Environment='GOVCLOUD_HOME=/srv/$HOME of mine'" in text


@pytest.mark.parametrize("name", names())
def test_drill_may_lose_rows_where_a_step_asks_for_a_second_person(name: str) -> None:
    """Told from the plans a scenario has; a table top does nothing, so nobody has to sign."""
    assert may_lose(Drill(scenario=name, level="full"), named(name)) == (name in LOSING)
    assert not may_lose(Drill(scenario=name, level="tabletop"), named(name))
