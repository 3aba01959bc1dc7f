"""Checks of drills: their scenarios, and what these must be told."""

from __future__ import annotations

from collections.abc import Iterator

from failures import Text
from topology.checks.check import Check, Flaw
from topology.model import Cloud
from topology.nearest import choose
from topology.rehearsals import REHEARSALS
from topology.rules import Rule


def _unknown(cloud: Cloud) -> Iterator[Flaw]:
    for name, drill in cloud.drills.items():
        if drill.scenario not in REHEARSALS:
            message = Text(f"no scenario is called {drill.scenario}", f"没有名为 {drill.scenario} 的场景")
            yield Flaw(("drills", name, "scenario"), message, choose(drill.scenario, REHEARSALS))


def _unfit(cloud: Cloud) -> Iterator[Flaw]:
    for name, drill in cloud.drills.items():
        known = REHEARSALS.get(drill.scenario)
        if known is None:
            continue
        for need in known.needs:
            if getattr(drill, need) is None:
                message = Text(f"{drill.scenario} needs a {need}", f"{drill.scenario} 需要指定 {need}")
                yield Flaw(("drills", name), message, Text(f"add `{need}: NAME`", f"请加上 `{need}: 名称`"))
        if drill.level not in known.levels:
            message = Text(f"{drill.scenario} has no level {drill.level}", f"{drill.scenario} 没有 {drill.level} 级别")
            levels = ", ".join(known.levels)
            yield Flaw(("drills", name), message, Text(f"its levels: {levels}", f"可用级别:{levels}"))


def _carriers(cloud: Cloud) -> Iterator[Flaw]:
    there = list(dict.fromkeys(link.carrier for link in cloud.links))
    for name, drill in cloud.drills.items():
        if drill.carrier is not None and drill.carrier not in there:
            message = Text(f"no link is of the carrier {drill.carrier}", f"没有线路属于运营商 {drill.carrier}")
            yield Flaw(("drills", name, "carrier"), message, choose(drill.carrier, there))


DRILL_CHECKS = (
    Check(
        Rule(
            "T351",
            Text(
                "A drill is of a scenario that there is (`govcloud drill list`).",
                "演练须使用已有的场景(见 `govcloud drill list`)。",
            ),
        ),
        _unknown,
    ),
    Check(
        Rule(
            "T352",
            Text(
                "A drill names what its scenario needs, and a level that it has.",
                "演练须给出场景所需的对象,并使用其具有的级别。",
            ),
        ),
        _unfit,
    ),
    Check(
        Rule("T353", Text("The carrier of a drill has a link.", "演练的运营商须至少有一条线路。")),
        _carriers,
        needs_all=True,
    ),
)
