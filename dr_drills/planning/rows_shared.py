"""Rows that several plans share."""

from __future__ import annotations

from dataclasses import replace

from dr_drills.planning import looks
from dr_drills.planning.steps import Action, Case, Consent, Rule, Undo
from dr_drills.planning.world import Role, Seen, Side, World
from failures import Text


def the_lost(_world: World, case: Case) -> tuple[str, ...]:
    return case.lost


def the_new(_world: World, case: Case) -> tuple[str, ...]:
    return (case.to,)


def the_dr(world: World, _case: Case) -> tuple[str, ...]:
    return (world.dr,)


def other_city_sites(world: World, case: Case) -> tuple[str, ...]:
    return tuple(site for site in world.city if site != case.to)


def city_sites(world: World, _case: Case) -> tuple[str, ...]:
    return world.city


def led_by_new(world: World, case: Case, _target: str) -> World:
    """Return the world in which the new primary leads; the old copies have to prove themselves again."""
    led = replace(world, holder=case.to, copies=frozenset(), writes=Seen.UNKNOWN)
    return led.with_nodes({case.to: Role.PRIMARY})


def fenced(world: World, _case: Case, target: str) -> World:
    return world.with_site(target, fenced=Seen.YES)


def unfenced(world: World, _case: Case, target: str) -> World:
    return replace(world.with_site(target, fenced=Seen.NO, reached=Seen.YES), quorum=Seen.YES)


def routed(side: Side) -> Rule:
    """Return the row that points the entrance to a side."""
    return Rule(
        id=f"route-{side}",
        action=Action.ROUTE,
        targets=lambda _world, case: (case.to,),
        guard=looks.dr_leads if side is Side.DR else looks.city_leads,
        done=looks.routed_to(side),
        expect=lambda world, _case, _target: replace(world, route=side),
        undo=Undo.PERSON,
        consent=Consent.START,
        predicted_s=1.0,
        timeout_s=20.0,
        reason=Text(
            "proxies and the entrance follow the side that was decided on, never a health check alone",
            "代理与统一入口只跟随已决定的一侧，不单凭健康检查",
        ),
    )


FENCE = Rule(
    id="fence",
    action=Action.FENCE,
    targets=the_lost,
    guard=lambda world, case, _target: looks.is_reached(world, case, case.to),
    done=looks.is_fenced,
    expect=fenced,
    undo=Undo.PERSON,
    consent=Consent.START,
    predicted_s=0.3,
    timeout_s=5.0,
    reason=Text(
        "no promotion before every other border resets and drops what comes from the lost site, and lists it back",
        "在其余各中心边界拒绝并丢弃来自失效中心的流量并回读确认之前，不得提升新主库",
    ),
)
PROVE_OFF = Rule(
    id="prove-off",
    action=Action.PROVE_OFF,
    targets=the_lost,
    guard=looks.always,
    done=looks.is_off,
    expect=lambda world, _case, target: world.with_site(target, off=Seen.YES).with_nodes(
        {target: Role.STOPPED}, Seen.NO
    ),
    undo=Undo.PERSON,
    consent=Consent.SECOND_PERSON,
    predicted_s=30.0,
    timeout_s=900.0,
    reason=Text(
        "two lost sites may still have a majority between them: a fence on our side does not stop them, being off does",
        "两个失效中心之间仍可能构成多数派：仅在本侧隔离并不能阻止它们写入，必须证明其已停止",
    ),
)
VERIFY_WRITE = Rule(
    id="verify-write",
    action=Action.VERIFY_WRITE,
    targets=the_new,
    guard=looks.always,
    done=looks.writes_pass,
    expect=lambda world, _case, _target: replace(world, writes=Seen.YES),
    undo=Undo.NONE,
    consent=Consent.START,
    predicted_s=1.0,
    timeout_s=30.0,
    reason=Text(
        "only a write that a client got acknowledged proves that the service is back",
        "只有客户端得到确认的写入才能证明服务已恢复",
    ),
)
UNFENCE = Rule(
    id="unfence",
    action=Action.UNFENCE,
    targets=the_lost,
    guard=looks.leads,
    done=looks.opposite(looks.is_fenced),
    expect=unfenced,
    undo=Undo.PERSON,
    consent=Consent.START,
    predicted_s=0.3,
    timeout_s=5.0,
    reason=Text(
        "the lease names the new primary, so the returning site follows it and rewinds",
        "租约已指向新主库，恢复的中心将跟随并回退到一致",
    ),
)
AWAIT_COPY = Rule(
    id="await-copy",
    action=Action.AWAIT_COPY,
    targets=other_city_sites,
    guard=looks.both(looks.leads, looks.opposite(looks.is_fenced)),
    done=looks.is_copy,
    expect=lambda world, _case, target: replace(
        world.with_nodes({target: Role.STANDBY}), copies=(world.copies or frozenset()) | {target}
    ),
    undo=Undo.NONE,
    consent=Consent.START,
    predicted_s=12.0,
    timeout_s=120.0,
    reason=Text(
        "the next failure is survived without loss only when a synchronous copy exists again",
        "只有重新具备同步副本，下一次故障才不会丢失数据",
    ),
)
