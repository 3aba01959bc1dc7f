"""Lets the city's cluster follow the DR site, whether it runs or is stopped."""

from __future__ import annotations

import json
from typing import Any

from dr_drills.actions.lease import same_revision, transact
from dr_drills.actions.patroni import follow_dr, running, source_of
from dr_drills.actions.refused import Refused
from dr_drills.actions.servers import start_all
from dr_drills.actions.tools import CALL_SECONDS, Tools
from dr_drills.observe.keys import StoreKeys, path_of, read_first
from dr_drills.planning.steps import Case, Step
from dr_drills.planning.world import World
from dr_drills.probes.etcd import coded
from failures import Text


def attach_city(tools: Tools, world: World, case: Case, step: Step) -> None:
    """Write whom the city follows before any of its databases runs, then start those that do not.

    A city that runs is told through Patroni, which stops its primary cleanly. Raises Refused, OutsideFailed, NoAnswer.
    """
    del world, step
    told = running(tools, tools.database.city)
    if told:
        follow_dr(tools)
    else:
        _write_settings(tools, case)
    stopped = [place for place in tools.database.city.places if place not in told]
    if stopped:
        start_all(tools, stopped)


def _write_settings(tools: Tools, case: Case) -> None:
    assert tools.database.dr is not None
    web = tools.web(CALL_SECONDS)
    address, keys = read_first(web, tools.database.city, case.to)
    if keys.follows is None:
        raise Refused(Text("its cluster has no settings in the store", "仲裁服务中没有其集群配置"), where=keys.scope)
    if not transact(web, address, attached(keys, source_of(tools.database.dr))):
        raise Refused(
            Text("the settings changed meanwhile; nothing was done", "配置已变化，未作任何更改"), where=keys.scope
        )


def attached(keys: StoreKeys, source: dict[str, Any]) -> dict[str, Any]:
    """Return the transaction that makes a stopped cluster follow a source, and nobody its leader."""
    settings = {**keys.document("config"), "standby_cluster": source}
    config, leader, failover = (coded(path_of(keys.scope, name)) for name in ("config", "leader", "failover"))
    return {
        "compare": [same_revision(config, keys.held["config"].revision)],
        "success": [
            {"requestPut": {"key": config, "value": coded(json.dumps(settings))}},
            {"requestDeleteRange": {"key": leader}},
            {"requestDeleteRange": {"key": failover}},
        ],
    }
