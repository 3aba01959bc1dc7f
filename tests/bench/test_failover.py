"""How long clients outside wait when a site is lost or left: by lease, by the fast protocol, and by switchover."""

from __future__ import annotations

import json
from itertools import cycle, islice
from statistics import median, quantiles
from typing import Any

import pytest

from tests.lab.serve.cityhall import CityHall
from tests.lab.yard import LAB

pytestmark = [*LAB, pytest.mark.city, pytest.mark.bench, pytest.mark.timeout(7200)]

TIMES = 20
SITES = ("north", "south")
KINDS = {"site-network-loss": True, "site-network-loss-fast": True, "switchover-and-back": False}
"""The scenarios, and whether each has to be told which site."""


def outages(hall: CityHall, scenario: str, *, sited: bool) -> tuple[list[float], int]:
    """Return the seconds of each rehearsal, the site that suffers in turn, and how many acknowledged rows were lost."""
    seconds, lost = [], 0
    for site in islice(cycle(SITES), TIMES):
        words = ("--site", site) if sited else ()
        ended = hall.govcloud.start("drill", "run", hall.path, scenario, *words, "--json").ended(600.0)
        document: dict[str, Any] = json.loads(ended.out)
        assert document["verdict"] == "pass", ended.text
        seconds.append(float(document["whole"]["seconds"]))
        lost += int(document["rows"]["lost"])
    return seconds, lost


def test_outage_by_each_way_and_its_ratio_to_the_lease(hall: CityHall) -> None:
    """The lease is what happens when nobody does anything: the others are told as a share of it. No row is lost."""
    found = {scenario: outages(hall, scenario, sited=sited) for scenario, sited in KINDS.items()}

    floor = median(found["site-network-loss"][0])
    for scenario, (seconds, lost) in found.items():
        p95 = quantiles(seconds, n=20)[-1]
        print(
            f"{scenario}: n={len(seconds)}, median {median(seconds):.1f} s, p95 {p95:.1f} s, "
            f"{min(seconds):.1f} to {max(seconds):.1f} s, {lost} rows lost; ratio to the lease {median(seconds) / floor:.2f}"
        )
    assert sum(lost for _, lost in found.values()) == 0
