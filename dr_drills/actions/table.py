"""What does each action, and what it needs; every action has a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from dr_drills.actions import attach, fence, forks, lease, patroni, route, servers, stores, waits, write
from dr_drills.actions.tools import Tools
from dr_drills.planning.steps import Action, Case, Step
from dr_drills.planning.world import World
from failures import GateRefused, Text

Act = Callable[[Tools, World, Case, Step], None]


class Need(StrEnum):
    """What an action cannot do without."""

    BORDERS = "borders"
    HOSTS = "hosts"
    REST = "rest"
    CLIENT = "client"
    DR = "dr"


@dataclass(frozen=True)
class ActionRow:
    """`again`: it is tried again until its step is done; else once. Each is idempotent."""

    act: Act
    needs: frozenset[Need] = frozenset()
    again: bool = False


REST_DR = frozenset({Need.REST, Need.DR})
HOSTS_DR = frozenset({Need.HOSTS, Need.DR})
ROWS: dict[Action, ActionRow] = {
    Action.AWAIT_LEASE: ActionRow(waits.wait),
    Action.AWAIT_COPY: ActionRow(waits.wait),
    Action.SWITCH: ActionRow(patroni.switch, frozenset({Need.REST})),
    Action.VERIFY_WRITE: ActionRow(write.verify_write, frozenset({Need.CLIENT}), again=True),
    Action.FENCE: ActionRow(fence.fence, frozenset({Need.BORDERS}), again=True),
    Action.UNFENCE: ActionRow(fence.unfence, frozenset({Need.BORDERS}), again=True),
    Action.RELEASE_LEASE: ActionRow(lease.release, again=True),
    Action.PROVE_OFF: ActionRow(servers.prove_off, again=True),
    Action.FORCE_STORE: ActionRow(stores.force_store, frozenset({Need.HOSTS})),
    Action.WIPE_MEMBER: ActionRow(stores.wipe_member, frozenset({Need.HOSTS}), again=True),
    Action.ADD_MEMBER: ActionRow(stores.add_member, frozenset({Need.HOSTS}), again=True),
    Action.START: ActionRow(servers.start, frozenset({Need.HOSTS}), again=True),
    Action.COMPARE_FORKS: ActionRow(forks.compare_forks, HOSTS_DR, again=True),
    Action.REBUILD_CITY: ActionRow(servers.rebuild_city, HOSTS_DR, again=True),
    Action.ATTACH_CITY: ActionRow(attach.attach_city, REST_DR | HOSTS_DR, again=True),
    Action.ROUTE: ActionRow(route.route, frozenset({Need.HOSTS}), again=True),
    Action.PROMOTE_DR: ActionRow(patroni.promote_dr, REST_DR, again=True),
    Action.DEMOTE_DR: ActionRow(patroni.demote_dr, REST_DR, again=True),
    Action.PROMOTE_CITY: ActionRow(patroni.promote_city, REST_DR, again=True),
}

LACKING: dict[Need, tuple[Callable[[Tools], bool], Text]] = {
    Need.BORDERS: (
        lambda tools: tools.borders is not None,
        Text("no way to the borders of the sites", "无法操作各中心的边界"),
    ),
    Need.HOSTS: (lambda tools: tools.hosts is not None, Text("no way into the hosts", "无法登录主机")),
    Need.REST: (
        lambda tools: bool(tools.keys.certificate and tools.keys.passwords.get(patroni.PASSWORD)),
        Text("no operator's certificate or no password for Patroni", "缺少操作员证书或 Patroni 口令"),
    ),
    Need.CLIENT: (
        lambda tools: bool(tools.apps),
        Text("no application uses the database, so nobody's write can be tried", "没有应用使用该数据库，无法验证写入"),
    ),
    Need.DR: (
        lambda tools: tools.database.dr is not None,
        Text("it has no cluster at a DR site", "灾备中心没有其集群"),
    ),
}


def require(steps: Iterable[Step], tools: Tools) -> None:
    """Refuse a plan of which a step cannot be done. Raises GateRefused naming each such action, before anything is."""
    reasons = {step.rule.action: reason for step in steps if (reason := _lacking(step.rule.action, tools))}
    if reasons:
        raise GateRefused(
            Text(
                "; ".join(f"{action} cannot be done: {reason.en}" for action, reason in reasons.items()),
                "；".join(f"无法执行 {action}：{reason.zh}" for action, reason in reasons.items()),
            ),
            where=tools.database.name,
        )


def _lacking(action: Action, tools: Tools) -> Text | None:
    missing = [LACKING[need][1] for need in sorted(ROWS[action].needs) if not LACKING[need][0](tools)]
    return missing[0] if missing else None
