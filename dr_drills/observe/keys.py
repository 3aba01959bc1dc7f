"""Reads what a consensus store holds of a database cluster, all in one linearizable read."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from dr_drills.glance.readings import Ask
from dr_drills.observe.services import Cluster
from dr_drills.planning.world import NOBODY
from dr_drills.probes.budget import NoAnswer, Unknown, ask
from dr_drills.probes.etcd import call, coded
from dr_drills.probes.web import Web
from failures import Text


@dataclass(frozen=True)
class Held:
    """A key's text, and the revision at which it was last written."""

    text: str
    revision: int


@dataclass(frozen=True)
class StoreKeys:
    """What a store holds of one cluster at one revision; `members` are the names of the store's members."""

    scope: str
    revision: int
    held: Mapping[str, Held] = field(default_factory=dict)
    members: tuple[str, ...] = ()

    def text(self, name: str) -> str:
        """Return what is under a key of the cluster, such as `leader`; empty for none."""
        return self.held[name].text if name in self.held else ""

    def document(self, name: str) -> Any:
        """Return the JSON under a key, None for none. Raises NoAnswer when it is something else."""
        try:
            return json.loads(self.text(name)) if name in self.held else None
        except ValueError as error:
            raise NoAnswer(Text(f"{self.scope}/{name} is not JSON", f"{self.scope}/{name} 不是 JSON")) from error

    @property
    def leader(self) -> str:
        """Return the name of the node that holds the lease, NOBODY for none."""
        return self.text("leader") or NOBODY

    @property
    def promised(self) -> tuple[str, frozenset[str]]:
        """Return for whom nodes are synchronous copies, and which; both empty when none is."""
        said = self.document("sync") or {}
        names = str(said.get("sync_standby") or "").split(",")
        return str(said.get("leader") or NOBODY), frozenset(name.strip() for name in names if name.strip())

    @property
    def follows(self) -> bool | None:
        """Return whether the cluster is set to follow another one; None when it has no settings yet."""
        said = self.document("config")
        return bool(said.get("standby_cluster")) if isinstance(said, dict) else None


def path_of(scope: str, name: str) -> str:
    return f"/service/{scope}/{name}"


def read_keys(web: Web, address: str, scope: str, *, alone: bool = False) -> StoreKeys:
    """Return what a majority holds of a cluster, asked through the member at an address; `alone`: what that one holds.

    Raises NoAnswer.
    """
    first = path_of(scope, "")
    asked = {"key": coded(first), "range_end": coded(first[:-1] + "0"), "serializable": alone}
    said = call(web, address, "kv/range", asked)
    rows = said.get("kvs") or []
    members = call(web, address, "cluster/member/list", {}).get("members") or []
    held = {
        b64decode(row["key"]).decode().removeprefix(first): Held(
            b64decode(row.get("value", "")).decode(), int(row.get("mod_revision") or 0)
        )
        for row in rows
    }
    names = tuple(sorted(str(row.get("name", "")) for row in members))
    return StoreKeys(scope, int((said.get("header") or {}).get("revision") or 0), held, names)


def read_first(web: Web, cluster: Cluster, site: str) -> tuple[str, StoreKeys]:
    """Return the address of the first member that answers, those at `site` first, and what it says. Raises NoAnswer."""
    reason = Text("it has no members", "没有成员")
    for address in cluster.stores_from(site):
        try:
            return address, read_keys(web, address, cluster.scope)
        except NoAnswer as error:
            reason = error.what
    raise NoAnswer(Text(f"the store of {cluster.scope}: {reason.en}", f"{cluster.scope} 的仲裁服务：{reason.zh}"))


def read_everywhere(
    web: Web,
    clusters: tuple[Cluster, ...],
    seconds: float,
    asking: Ask = ask,
    trusted: Collection[str] = (),
    *,
    alone: bool = False,
) -> dict[str, StoreKeys | Unknown]:
    """Ask every member of each cluster's store at once; by scope the newest answer, or why there is none.

    Where a member at a `trusted` address answers, the others do not count: they may be of a store that is no more.
    `alone`: what each member holds by itself, which may be old.
    """
    questions = {
        (cluster.scope, address): partial(read_keys, web, address, cluster.scope, alone=alone)
        for cluster in clusters
        for address in cluster.stores
    }
    told = asking(questions, seconds)
    return {
        cluster.scope: _newest({address: told[cluster.scope, address] for address in cluster.stores}, trusted)
        for cluster in clusters
    }


def _newest(answers: Mapping[str, StoreKeys | Unknown], trusted: Collection[str]) -> StoreKeys | Unknown:
    known = {address: said for address, said in answers.items() if isinstance(said, StoreKeys)}
    if known:
        believed = [said for address, said in known.items() if address in trusted] or list(known.values())
        return max(believed, key=lambda said: said.revision)
    silent = next((said for said in answers.values() if isinstance(said, Unknown)), None)
    return silent or Unknown(Text("the store has no members", "仲裁服务没有成员"))
