"""Tells the proxies which cluster their clients are led to."""

from __future__ import annotations

from functools import partial

from dr_drills.actions.tools import Tools
from dr_drills.planning.steps import Case, Step
from dr_drills.planning.world import Side, World
from dr_drills.probes.budget import NoAnswer, Unknown, ask
from dr_drills.probes.scene import Place

SECONDS = 10.0
# A reader sees the old word or the new one, never half of one.
WRITE = {
    side: f"echo {side} > /etc/govcloud/route.new && mv /etc/govcloud/route.new /etc/govcloud/route" for side in Side
}


def route(tools: Tools, world: World, case: Case, step: Step) -> None:
    """Lead every proxy to the side of the new primary; those of sites that are given up, as far as they can be entered.

    The word counts for all databases a proxy leads to. Raises NoAnswer when another site's proxy was not told.
    """
    del world, step
    assert tools.hosts is not None
    side = Side.DR if case.to == tools.database.dr_site else Side.CITY
    run, words = tools.hosts.run, ("sh", "-c", WRITE[side])
    told = ask({place: partial(run, place.host, words, SECONDS) for place in proxies(tools)}, SECONDS + 1)
    for place, said in told.items():
        if isinstance(said, Unknown) and place.site not in case.lost:
            raise NoAnswer(said.reason)


def proxies(tools: Tools) -> tuple[Place, ...]:
    """Return the hosts whose proxy leads to the service."""
    return tuple(
        place
        for place in tools.scene.running("haproxy_clusters")
        if any(row["service"] == tools.database.name for row in place.own["haproxy_clusters"])
    )
