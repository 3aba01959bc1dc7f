"""What a drill may be told."""

from __future__ import annotations

from pathlib import Path

import pytest

import topology
from dr_drills.rehearsal.script import Choice, Stage, write
from dr_drills.scenarios.catalogue import named
from failures import WrongUsage
from topology.load import load_cloud


@pytest.mark.parametrize(
    ("scenario", "choice", "told"),
    [
        ("host-crash", Choice(host="citizen-db-anxi-1"), "does not ask which host"),
        ("one-line-cut", Choice(site="anxi"), "does not ask which site"),
        ("site-network-loss", Choice(), "needs to be told which site"),
        ("site-network-loss", Choice(site="atlantis"), "no site is called atlantis"),
    ],
)
def test_name_that_is_missing_unknown_or_of_no_use_is_refused(scenario: str, choice: Choice, told: str) -> None:
    """Who names a host gets that host, or is told that the scenario finds its own."""
    cloud = load_cloud(Path(topology.__path__[0]) / "quanzhou.yaml")

    with pytest.raises(WrongUsage, match=told):
        write(named(scenario), Stage(cloud, {}, {}, choice), "full")
