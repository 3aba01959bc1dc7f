"""Plans that move a service between the city and the DR site."""

from __future__ import annotations

from dataclasses import replace

from dr_drills.planning import looks
from dr_drills.planning.rows_shared import (
    AWAIT_COPY,
    FENCE,
    PROVE_OFF,
    VERIFY_WRITE,
    city_sites,
    routed,
    the_dr,
    the_new,
    unfenced,
)
from dr_drills.planning.steps import Action, Case, Consent, Rule, Undo
from dr_drills.planning.world import NOBODY, Role, Seen, Side, World
from failures import Text

COMING_BACK = looks.either(looks.city_follows, looks.dr_follows)
"""The city runs again as a follower, or is beyond that: what comes before must not be done again."""


def dr_promoted(world: World, _case: Case, _target: str) -> World:
    """Return the world in which the DR cluster writes; the city's history may have gone on without it."""
    alone = world.with_follows(Side.DR, Seen.NO).with_nodes({world.dr: Role.PRIMARY})
    return replace(alone, writes=Seen.UNKNOWN, forked=Seen.UNKNOWN)


PROMOTE_DR = Rule(
    id="promote-dr",
    action=Action.PROMOTE_DR,
    targets=the_dr,
    guard=looks.both(looks.is_reached, looks.lost_are_off, looks.lost_are_fenced),
    done=looks.dr_leads,
    expect=dr_promoted,
    undo=Undo.PERSON,
    consent=Consent.SECOND_PERSON,
    predicted_s=1.8,
    timeout_s=30.0,
    reason=Text(
        "what the city acknowledged and had not sent is lost, and the city must not write again by itself (n=2: 1.8 s)",
        "城内已确认但尚未送达的数据会丢失，且城内不得自行恢复写入 (2 次实测: 1.8 秒)",
    ),
)
STOP_CITY = replace(
    PROVE_OFF,
    id="stop-city",
    targets=city_sites,
    guard=looks.dr_leads,
    done=looks.either(looks.is_stopped, COMING_BACK),
    expect=lambda world, _case, target: replace(
        world.with_site(target, off=Seen.YES).with_nodes({target: Role.STOPPED}, Seen.NO), holder=NOBODY
    ),
    consent=Consent.START,
    timeout_s=120.0,
    predicted_s=20.0,
    serves=True,
    reason=Text(
        "a city that finds its links again resumes within seconds: its databases stay stopped until they follow",
        "城内线路一旦恢复，数秒内就会自行写入：在其转为跟随之前，数据库须保持停止",
    ),
)
UNFENCE_STOPPED = Rule(
    id="unfence-stopped",
    action=Action.UNFENCE,
    targets=city_sites,
    guard=looks.city_is_stopped,
    done=looks.either(looks.opposite(looks.is_fenced), looks.dr_follows),
    expect=unfenced,
    undo=Undo.PERSON,
    consent=Consent.START,
    predicted_s=0.3,
    timeout_s=5.0,
    serves=True,
    reason=Text("every database of the city is stopped", "城内数据库均已停止"),
)
COMPARE_FORKS = Rule(
    id="compare-forks",
    action=Action.COMPARE_FORKS,
    targets=the_dr,
    guard=looks.both(looks.city_is_stopped, looks.dr_leads),
    done=looks.either(looks.forks_are_known, COMING_BACK),
    expect=lambda world, _case, _target: replace(world, forked=Seen.NO),
    undo=Undo.NONE,
    consent=Consent.START,
    predicted_s=1.0,
    timeout_s=30.0,
    serves=True,
    reason=Text(
        "two sides can pick the same timeline number at different points: only the fork positions tell",
        "两侧可能在不同位置分叉却取得相同的时间线编号：只有分叉位置可信",
    ),
)
REBUILD_CITY = Rule(
    id="rebuild-city",
    action=Action.REBUILD_CITY,
    targets=the_new,
    guard=looks.both(looks.city_is_stopped, looks.dr_leads, looks.forks_are_known),
    done=looks.either(looks.histories_agree, COMING_BACK),
    expect=lambda world, _case, _target: replace(world, forked=Seen.NO),
    undo=Undo.PERSON,
    consent=Consent.SECOND_PERSON,
    predicted_s=60.0,
    timeout_s=3600.0,
    serves=True,
    reason=Text(
        "histories that parted cannot be joined: the city's copies are made anew from the DR primary",
        "已分叉的历史无法合并：城内副本须以灾备主库为准重建",
    ),
)


def attached(world: World, _case: Case, _target: str) -> World:
    """Return the world in which the city's cluster runs and follows the DR primary."""
    back = world
    for site in world.city:
        back = back.with_site(site, off=Seen.NO)
    roles = {site: Role.STANDBY_LEADER if n == 0 else Role.STANDBY for n, site in enumerate(world.city)}
    return replace(back.with_follows(Side.CITY, Seen.YES).with_nodes(roles), holder=world.city[0])


ATTACH_CITY = Rule(
    id="attach-city",
    action=Action.ATTACH_CITY,
    targets=the_new,
    guard=looks.both(looks.histories_agree, looks.dr_leads, looks.store_answers, looks.opposite(looks.is_fenced)),
    done=looks.either(looks.both(looks.city_follows, looks.city_streams), looks.dr_follows),
    expect=attached,
    undo=Undo.PERSON,
    consent=Consent.START,
    predicted_s=23.5,
    timeout_s=300.0,
    serves=True,
    reason=Text(
        "the city's configuration says whom it follows before any of its databases starts",
        "先在城内集群配置中写明跟随对象，再启动任何数据库",
    ),
)
DEMOTE_DR = Rule(
    id="demote-dr",
    action=Action.DEMOTE_DR,
    targets=the_dr,
    guard=looks.city_streams,
    done=looks.dr_follows,
    expect=lambda world, _case, _target: replace(
        world.with_follows(Side.DR, Seen.YES).with_nodes({world.dr: Role.STANDBY_LEADER}).with_complete(*world.city),
        writes=Seen.NO,
    ),
    undo=Undo.PERSON,
    consent=Consent.START,
    predicted_s=0.5,
    timeout_s=60.0,
    reason=Text(
        "the DR primary ends cleanly and ships its last record while the whole city is streaming",
        "在城内全部节点跟随时，灾备主库正常停止并发送最后一条日志",
    ),
)


def city_promoted(world: World, case: Case, _target: str) -> World:
    led = replace(world.with_follows(Side.CITY, Seen.NO), holder=case.to, copies=frozenset(), writes=Seen.UNKNOWN)
    return led.with_nodes(dict.fromkeys(world.city, Role.STANDBY)).with_nodes({case.to: Role.PRIMARY})


PROMOTE_CITY = Rule(
    id="promote-city",
    action=Action.PROMOTE_CITY,
    targets=the_new,
    guard=looks.both(looks.dr_follows, looks.city_follows, looks.city_is_complete),
    done=looks.both(looks.leads, looks.opposite(looks.city_follows)),
    expect=city_promoted,
    undo=Undo.PERSON,
    consent=Consent.START,
    predicted_s=10.0,
    timeout_s=30.0,
    reason=Text(
        "the city has the DR site's last record, known once that one runs again, so nothing is lost (n=2: 8 to 12 s)",
        "灾备库重新运行后可确认：城内已有其最后一条日志，不会丢失 (2 次实测: 8 至 12 秒)",
    ),
)
CITY_STEPS_DOWN = Rule(
    id="city-steps-down",
    action=Action.ATTACH_CITY,
    targets=lambda world, _case: (world.city[0],),
    guard=looks.both(looks.dr_streams, looks.store_answers),
    done=looks.city_follows,
    expect=lambda world, _case, _target: replace(
        world.with_follows(Side.CITY, Seen.YES)
        .with_nodes({site: Role.STANDBY_LEADER if site == world.holder else Role.STANDBY for site in world.city})
        .with_complete(world.dr),
        writes=Seen.NO,
    ),
    undo=Undo.PERSON,
    consent=Consent.START,
    predicted_s=0.6,
    timeout_s=60.0,
    reason=Text("the clean stop ships the last record to the DR site", "正常停止并将最后一条日志送达灾备中心"),
)
DR_TAKES_OVER = replace(
    PROMOTE_DR,
    id="dr-takes-over",
    guard=looks.both(looks.is_reached, looks.city_follows, looks.dr_is_complete),
    expect=lambda world, case, target: replace(dr_promoted(world, case, target), forked=Seen.NO),
    consent=Consent.START,
    predicted_s=3.9,
    reason=Text(
        "the DR site has the city's last record, and the city follows already (n=1: 3.9 s)",
        "灾备中心已有城内最后一条日志，且城内已转为跟随 (1 次实测: 3.9 秒)",
    ),
)
CITY_FAILOVER = (PROVE_OFF, FENCE, PROMOTE_DR, routed(Side.DR), VERIFY_WRITE)
CITY_SWITCHOVER = (CITY_STEPS_DOWN, DR_TAKES_OVER, routed(Side.DR), VERIFY_WRITE)
FAILBACK = (
    STOP_CITY,
    UNFENCE_STOPPED,
    COMPARE_FORKS,
    REBUILD_CITY,
    ATTACH_CITY,
    DEMOTE_DR,
    PROMOTE_CITY,
    routed(Side.CITY),
    VERIFY_WRITE,
    AWAIT_COPY,
)
