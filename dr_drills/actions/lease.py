"""Takes the lease from a lost primary and offers it to a synchronous copy, in one transaction."""

from __future__ import annotations

import json
from typing import Any

from dr_drills.actions.patroni import candidate
from dr_drills.actions.refused import Refused
from dr_drills.actions.tools import CALL_SECONDS, Tools
from dr_drills.observe.keys import StoreKeys, path_of, read_first
from dr_drills.planning.steps import Case, Step
from dr_drills.planning.world import NOBODY, World
from dr_drills.probes.etcd import call, coded
from dr_drills.probes.web import Web
from failures import Text


def release(tools: Tools, world: World, case: Case, step: Step) -> None:
    """Hand the lease of a lost site to a copy at the new one; nothing changes unless all is as it was read.

    Raises Refused when the lease is not a lost site's, no copy is there, or something changed in between.
    """
    del world, step
    web, city = tools.web(CALL_SECONDS), tools.database.city
    address, keys = read_first(web, city, case.to)
    if keys.leader == NOBODY:
        return  # it ran out, and copies are taking it already
    holder = tools.database.named(keys.leader)
    if holder is not None and holder.site == case.to:
        return
    if holder is None or holder.site not in case.lost:
        raise Refused(
            Text(f"the lease is held by {keys.leader}, which is not given up", f"租约由未被放弃的 {keys.leader} 持有"),
            where=city.scope,
        )
    chosen = candidate(city, keys, case.to, promised=True)
    if not transact(web, address, transaction(keys, str(chosen.own["patroni_name"]))):
        raise Refused(
            Text("the lease or the copies changed meanwhile; nothing was done", "租约或同步副本已变化，未作任何更改"),
            where=city.scope,
            fix=Text("look again and plan anew", "请重新观察并规划"),
        )


def transaction(keys: StoreKeys, member: str) -> dict[str, Any]:
    """Return the transaction: while copies and lease are as read, delete the lease and name its next holder.

    The old leader must be named too: without it Patroni does not check that the next one is a synchronous copy.
    """
    leader, copies, failover = (coded(path_of(keys.scope, name)) for name in ("leader", "sync", "failover"))
    order = json.dumps({"leader": keys.leader, "member": member})
    return {
        "compare": [
            same_revision(copies, keys.held["sync"].revision),
            {"target": "VALUE", "result": "EQUAL", "key": leader, "value": coded(keys.leader)},
            same_revision(leader, keys.held["leader"].revision),
        ],
        "success": [
            {"requestDeleteRange": {"key": leader}},
            {"requestPut": {"key": failover, "value": coded(order)}},
        ],
    }


def transact(web: Web, address: str, document: dict[str, Any]) -> bool:
    """Return whether everything compared equal, so that it was done. Raises NoAnswer when that is open."""
    return bool(call(web, address, "kv/txn", document).get("succeeded"))


def same_revision(key: str, revision: int) -> dict[str, Any]:
    """Return the comparison that holds while nobody wrote a key anew."""
    return {"target": "MOD", "result": "EQUAL", "key": key, "mod_revision": str(revision)}
