"""What a drill may be told."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import topology
from dr_drills.rehearsal.script import Choice, Stage, write
from dr_drills.scenarios.catalogue import named
from dr_drills.scenarios.scenario import Scenario
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


ANY_HOST = """
scenario: one-host-lost
title: {zh: 任一主机宕机, en: Any one host goes down}
meaning: {zh: 指定的主机断电。, en: The host that is named loses its power.}
needs: [host]
faults: [{fault: power, target: host}]
recovery: {by: none}
expect: {outage: tier}
"""


def test_any_host_of_the_cloud_can_be_hit_not_only_a_database() -> None:
    """A host there is not is told from those there are."""
    cloud = load_cloud(Path(topology.__path__[0]) / "quanzhou.yaml")
    scenario = Scenario.model_validate(yaml.safe_load(ANY_HOST))
    there = ("quorum-anxi-1", "citizen-db-anxi-1")

    script = write(scenario, Stage(cloud, {}, {}, Choice(host="quorum-anxi-1"), there), "full")

    assert [fault.id for fault in script.faults] == ["power/host/quorum-anxi-1"]
    with pytest.raises(WrongUsage, match="no host is called quorum-anxi-2"):
        write(scenario, Stage(cloud, {}, {}, Choice(host="quorum-anxi-2"), there), "full")
