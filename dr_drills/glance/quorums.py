"""Consensus stores: who leads, and how many members may still be lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dr_drills.glance.readings import Readings
from dr_drills.glance.view import GlanceRule, Remark, failed, silence, unknown
from dr_drills.probes.budget import Unknown
from dr_drills.probes.etcd import EtcdReading
from dr_drills.probes.scene import Scene
from failures import Text


@dataclass(frozen=True)
class QuorumView:
    """The members of one store in the order of the inventory."""

    name: str
    members: dict[str, EtcdReading | Unknown]
    kind: str = "etcd"

    @property
    def quorum(self) -> int:
        return len(self.members) // 2 + 1

    @property
    def told(self) -> dict[str, EtcdReading]:
        return {host: told for host, told in self.members.items() if isinstance(told, EtcdReading)}

    @property
    def silent(self) -> dict[str, Unknown]:
        return {host: told for host, told in self.members.items() if isinstance(told, Unknown)}

    @property
    def dark(self) -> tuple[str, ...]:
        """Return the members that may be well for all we know."""
        return tuple(host for host, told in self.silent.items() if not told.shut)

    @property
    def agreed(self) -> str:
        """Return the id of the leader that most members follow; empty when none does."""
        leaders = Counter(told.leader for told in self.told.values() if told.leader)
        return leaders.most_common(1)[0][0] if leaders else ""

    @property
    def following(self) -> tuple[str, ...]:
        return tuple(host for host, told in self.told.items() if self.agreed and told.leader == self.agreed)

    @property
    def leader(self) -> str:
        """Return the host that leads; empty when it is not among those that answer."""
        return next((host for host, told in self.told.items() if self.agreed and told.member == self.agreed), "")

    @property
    def may_lose(self) -> int | None:
        """Return how many of the members known to be well may go; silent ones are not counted on."""
        margin = len(self.following) - self.quorum
        return margin if margin >= 0 else None

    @property
    def versions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(f"etcd {told.version}" for told in self.told.values()))

    def summary(self) -> Text:
        well, all_ = len(self.following), len(self.members)
        return Text(
            f"leader {self.leader or '?'}; {well} of {all_} agree",
            f"领导者 {self.leader or '?'}；{all_} 个中 {well} 个一致",
        )

    def document(self) -> dict[str, Any]:
        rows = [
            {
                "host": host,
                "leads": host == self.leader,
                "follows": host in self.following,
                "unknown": told.reason.en if isinstance(told, Unknown) else None,
            }
            for host, told in self.members.items()
        ]
        return {"leader": self.leader or None, "quorum": self.quorum, "members": rows}


def quorum_views(scene: Scene, readings: Readings) -> Iterator[QuorumView]:
    """Yield a view per store."""
    for name, places in scene.stores().items():
        yield QuorumView(name, {place.host: readings.etcd[place.host] for place in places})


def _majority(view: QuorumView) -> Iterator[Remark]:
    if len(view.following) >= view.quorum:
        return
    en = f"{len(view.following)} of {len(view.members)} members agree, {view.quorum} are needed"
    zh = f"{len(view.members)} 个成员中 {len(view.following)} 个一致，需要 {view.quorum} 个"
    if len(view.following) + len(view.dark) >= view.quorum:
        yield unknown("", Text(en, zh))
    else:
        yield failed("", en, zh)


def _margin(view: QuorumView) -> Iterator[Remark]:
    """A store of one member has no margin by design: what it decides for is a copy itself."""
    if len(view.members) < 3 or view.may_lose is None or view.may_lose > 0:
        return
    en, zh = "may lose: 0; the next loss stops it", "可失去：0；再失去一个即停止"
    yield unknown("", Text(en, zh)) if view.dark else failed("", en, zh)


def _answers(view: QuorumView) -> Iterator[Remark]:
    for host, silent in view.silent.items():
        yield silence(host, silent)
    for host, told in view.told.items():
        if not told.leader:
            yield failed(host, "it follows no leader", "没有可跟随的领导者")
        elif host not in view.following:
            yield failed(host, "it follows another leader than the others", "跟随的领导者与其他成员不同")


def _alarms(view: QuorumView) -> Iterator[Remark]:
    for host, told in view.told.items():
        for alarm in told.alarms:
            yield failed(host, f"it complains: {alarm}", f"告警：{alarm}")


QUORUM_RULES = (
    GlanceRule("S11", Text("A majority agrees on a leader.", "多数成员认同同一领导者。"), _majority),
    GlanceRule("S12", Text("One member may be lost.", "可失去一个成员。"), _margin),
    GlanceRule("S13", Text("Every member answers and follows.", "每个成员都应答并跟随。"), _answers),
    GlanceRule("S14", Text("No member complains.", "没有成员告警。"), _alarms),
)
