"""Changes databases through Patroni's REST interface, with the operator's certificate and the account for changes."""

from __future__ import annotations

from functools import partial
from typing import Any

from dr_drills.actions.refused import Refused
from dr_drills.actions.tools import CALL_SECONDS, Tools
from dr_drills.glance.databases import LEADERS
from dr_drills.observe.keys import StoreKeys, read_first
from dr_drills.observe.services import Cluster
from dr_drills.planning.steps import Case, Step
from dr_drills.planning.world import NOBODY, World
from dr_drills.probes.budget import NoAnswer, ask
from dr_drills.probes.patroni import PORT, PatroniReading, read_patroni
from dr_drills.probes.scene import Place
from failures import Text

ACCOUNT = "patroni"
PASSWORD = "restapi"  # noqa: S105 - the name of the account among the passwords, not one
DONE = frozenset({200, 202})
POSTGRESQL_PORT = 5432


def act(tools: Tools, place: Place, method: str, path: str, document: dict[str, Any], seconds: float) -> None:
    """Ask the Patroni of a server for a change. Raises Refused with its words; NoAnswer when it may have been done."""
    account = (ACCOUNT, tools.keys.passwords.get(PASSWORD, ""))
    page = tools.web(seconds).send(method, f"https://{place.address}:{PORT}{path}", document, account)
    if page.status in DONE:
        return
    said = " ".join(page.body.decode(errors="replace").split())[:200]
    what = Text(
        f"{place.host}: {path} is refused ({page.status}): {said}",
        f"{place.host}：{path} 被拒绝({page.status})：{said}",
    )
    # a server that is busy may still do it
    raise NoAnswer(what) if page.status >= 500 else Refused(what)


def switch(tools: Tools, world: World, case: Case, step: Step) -> None:
    """Let the holder of the lease hand over to a synchronous copy at the new site."""
    del world, step
    _hand_over(tools, tools.database.city, case.to, promised=True)


def _hand_over(tools: Tools, cluster: Cluster, site: str, *, promised: bool) -> None:
    _, keys = read_first(tools.web(CALL_SECONDS), cluster, site)
    leader = next((place for place in cluster.places if place.own["patroni_name"] == keys.leader), None)
    if leader is None:
        raise Refused(
            Text("nobody holds the lease: there is nothing to hand over", "租约无人持有，无从交接"), where=cluster.scope
        )
    if leader.site == site:
        return
    wanted = candidate(cluster, keys, site, promised=promised)
    body = {"leader": keys.leader, "candidate": wanted.own["patroni_name"]}
    act(tools, leader, "POST", "/switchover", body, 60.0)


def candidate(cluster: Cluster, keys: StoreKeys, site: str, *, promised: bool) -> Place:
    """Return the server at a site that may lead next; `promised`: it has every acknowledged write. Raises Refused."""
    leader, copies = keys.promised
    here = [place for place in cluster.places if place.site == site]
    fit = [p for p in here if not promised or (leader == keys.leader and p.own["patroni_name"] in copies)]
    if not fit:
        names = ", ".join(sorted(copies)) or "-"
        raise Refused(
            Text(
                f"no server there is a synchronous copy of {keys.leader or leader or '?'} (copies: {names})",
                f"该处没有 {keys.leader or leader or '?'} 的同步副本(副本：{names})",
            ),
            where=site,
        )
    return fit[0]


def promote_dr(tools: Tools, world: World, case: Case, step: Step) -> None:
    """Let the DR cluster follow nobody; what was compared before says nothing of the history that begins."""
    del world, case
    tools.note(tools.proven.compared(forked=None))
    act(
        tools,
        _answering(tools, tools.cluster_at(step.target)),
        "PATCH",
        "/config",
        {"standby_cluster": None},
        CALL_SECONDS,
    )


def demote_dr(tools: Tools, world: World, case: Case, step: Step) -> None:
    """Let the DR cluster follow the city, as its servers were declared to."""
    del world, case
    cluster = tools.cluster_at(step.target)
    own = cluster.places[0].own
    source = {**source_of(tools.database.city), "primary_slot_name": own["patroni_standby_slot"] or None}
    act(tools, _answering(tools, cluster), "PATCH", "/config", {"standby_cluster": source}, CALL_SECONDS)


def promote_city(tools: Tools, world: World, case: Case, step: Step) -> None:
    """Let the city's cluster follow nobody, led by the new site."""
    del step
    city = tools.database.city
    if world.holder not in {case.to, NOBODY}:
        _hand_over(tools, city, case.to, promised=False)
    act(tools, _answering(tools, city), "PATCH", "/config", {"standby_cluster": None}, CALL_SECONDS)


def follow_dr(tools: Tools) -> None:
    """Let the city's running cluster follow the DR site: its clean stop ships its last record. Raises Refused."""
    assert tools.database.dr is not None
    act(
        tools,
        _answering(tools, tools.database.city),
        "PATCH",
        "/config",
        {"standby_cluster": source_of(tools.database.dr)},
        CALL_SECONDS,
    )


def source_of(cluster: Cluster) -> dict[str, Any]:
    """Return the settings with which another cluster follows this one."""
    addresses = ",".join(place.address for place in cluster.places)
    return {"host": addresses, "port": POSTGRESQL_PORT, "create_replica_methods": ["basebackup"]}


def running(tools: Tools, cluster: Cluster) -> dict[Place, PatroniReading]:
    """Return the servers of a cluster whose Patroni answers, with what it says."""
    web = tools.web(CALL_SECONDS)
    told = ask({place: partial(read_patroni, web, place.address) for place in cluster.places}, CALL_SECONDS)
    return {place: said for place, said in told.items() if isinstance(said, PatroniReading)}


def _answering(tools: Tools, cluster: Cluster) -> Place:
    """Return a server of a cluster that takes changes, its leader if there is one. Raises NoAnswer."""
    told = running(tools, cluster)
    places = sorted(told, key=lambda place: told[place].role not in LEADERS)
    if not places:
        raise NoAnswer(Text(f"no Patroni of {cluster.scope} answers", f"{cluster.scope} 的 Patroni 均无应答"))
    return places[0]
