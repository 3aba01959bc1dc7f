"""Plans inside the city: switchover, failover of one site, protection again, and the survivor alone."""

from __future__ import annotations

from dataclasses import replace

from dr_drills.planning import looks
from dr_drills.planning.rows_shared import (
    AWAIT_COPY,
    FENCE,
    PROVE_OFF,
    UNFENCE,
    VERIFY_WRITE,
    led_by_new,
    the_lost,
    the_new,
    unfenced,
)
from dr_drills.planning.steps import Action, Case, Consent, Rule, Undo
from dr_drills.planning.world import Member, Seen, Side, World
from failures import Text

SWITCH = Rule(
    id="switch",
    action=Action.SWITCH,
    targets=the_new,
    guard=looks.both(looks.is_reached, looks.store_answers, looks.lease_is_known, looks.city_leads, looks.was_copy),
    done=looks.leads,
    expect=led_by_new,
    undo=Undo.PERSON,
    consent=Consent.START,
    predicted_s=2.4,
    timeout_s=30.0,
    reason=Text(
        "a clean demotion ships everything before the synchronous copy takes over (n=5: 2.4 to 4.4 s)",
        "先正常降级并发送全部日志，再由同步副本接管 (5 次实测: 2.4 至 4.4 秒)",
    ),
)
RELEASE_LEASE = Rule(
    id="release-lease",
    action=Action.RELEASE_LEASE,
    targets=the_new,
    guard=looks.both(
        looks.lost_are_fenced, looks.is_reached, looks.store_answers, looks.lease_is_held_by_lost, looks.was_copy
    ),
    done=looks.leads,
    expect=led_by_new,
    undo=Undo.PERSON,
    consent=Consent.START,
    predicted_s=1.6,
    timeout_s=15.0,
    reason=Text(
        "one transaction compares the copies and the lease, then hands it to the synchronous copy (n=5: 0.6 to 1.6 s)",
        "一个事务内比对同步副本与租约，再交给同步副本 (5 次实测: 0.6 至 1.6 秒)",
    ),
)
AWAIT_LEASE = Rule(
    id="await-lease",
    action=Action.AWAIT_LEASE,
    targets=the_new,
    guard=looks.both(looks.is_reached, looks.store_answers, looks.lease_is_held_by_lost, looks.was_copy),
    done=looks.leads,
    expect=led_by_new,
    undo=Undo.NONE,
    consent=Consent.START,
    predicted_s=22.4,
    timeout_s=60.0,
    reason=Text(
        "the old primary demotes itself before its lease runs out, then the synchronous copy takes it",
        "旧主库在租约到期前自行降级，随后由同步副本取得租约",
    ),
)


def forced(world: World, case: Case, _target: str) -> World:
    """Return the world in which the store has one member, the survivor's, whose lease still names the lost primary."""
    alone = replace(world, quorum=Seen.YES, forced=case.to)
    for site in case.lost:
        alone = alone.with_member(site, Member.OLD)
    return alone.with_member(case.to, Member.IN)


FORCE_STORE = Rule(
    id="force-store",
    action=Action.FORCE_STORE,
    targets=the_new,
    guard=looks.both(looks.lost_are_off, looks.lost_are_fenced, looks.is_reached),
    done=looks.store_was_forced,
    expect=forced,
    undo=Undo.PERSON,
    consent=Consent.SECOND_PERSON,
    predicted_s=2.4,
    timeout_s=30.0,
    reason=Text(
        "a member restarted alone destroys a majority that lives: only after both others are proven off",
        "单独重启一个成员会摧毁仍然存活的多数派：必须先证明另外两个中心已停止",
    ),
)
TAKE_LEASE = replace(
    RELEASE_LEASE,
    id="take-lease",
    guard=looks.both(looks.store_was_forced, looks.lost_are_off, looks.lost_are_fenced, looks.was_copy),
    consent=Consent.SECOND_PERSON,
    predicted_s=0.8,
    timeout_s=30.0,
    reason=Text(
        "the survivor's own record of the copies is no proof by itself; with both others off it is the best there is",
        "幸存中心自己的同步记录本身不足为凭；在另外两个中心已停止时，它是现有的最好依据",
    ),
)
STOP_LOST = replace(
    PROVE_OFF,
    id="stop-lost",
    guard=looks.store_was_forced,
    done=looks.either(looks.is_off, looks.is_member),
    consent=Consent.START,
    timeout_s=120.0,
    predicted_s=5.0,
    reason=Text(
        "a database that was off only because its server was resumes with it: it is kept stopped on its own host",
        "仅因服务器关机而停止的数据库会随服务器恢复运行：须在其主机上将其停住",
    ),
)
WIPE_MEMBER = Rule(
    id="wipe-member",
    action=Action.WIPE_MEMBER,
    targets=the_lost,
    guard=looks.both(looks.is_off, looks.store_was_forced),
    done=looks.is_rid_of_old,
    expect=lambda world, _case, target: world.with_member(target, Member.WIPED),
    undo=Undo.PERSON,
    consent=Consent.START,
    predicted_s=2.0,
    timeout_s=60.0,
    reason=Text(
        "two old members that meet behind the fence are a second majority: their data goes before any link returns",
        "两个旧成员若在隔离之后相遇会形成第二个多数派：须在任何线路恢复之前清除其数据",
    ),
)
UNFENCE_WIPED = replace(
    UNFENCE,
    id="unfence-wiped",
    guard=looks.both(looks.leads, looks.is_off, looks.lost_are_rid_of_old),
    reason=Text(
        "its database is stopped and its member wiped: it can do no harm", "数据库已停、成员已清除，不会造成危害"
    ),
)
ADD_MEMBER = Rule(
    id="add-member",
    action=Action.ADD_MEMBER,
    targets=the_lost,
    guard=looks.both(looks.store_answers, looks.leads, looks.opposite(looks.is_fenced)),
    done=looks.is_member,
    expect=lambda world, _case, target: world.with_member(target, Member.IN),
    undo=Undo.PERSON,
    consent=Consent.START,
    predicted_s=5.0,
    timeout_s=60.0,
    reason=Text(
        "one at a time, by the running store; the second is refused for about 5 s and tried again",
        "由运行中的仲裁服务逐个加入；第二个成员会被拒绝约 5 秒，需重试",
    ),
)
START = Rule(
    id="start",
    action=Action.START,
    targets=the_lost,
    guard=looks.both(looks.leads, looks.is_member, looks.opposite(looks.is_fenced)),
    done=looks.opposite(looks.is_off),
    expect=lambda world, _case, target: world.with_site(target, off=Seen.NO),
    undo=Undo.PERSON,
    consent=Consent.START,
    predicted_s=5.0,
    timeout_s=60.0,
    reason=Text("it joins as a follower of the primary that leads now", "以当前主库的跟随者身份加入"),
)


def stands(world: World, case: Case, target: str) -> World:
    """Return the world in which the members of the store meet again, and its lease decides as before."""
    met = unfenced(world, case, target).with_follows(Side.CITY, Seen.NO)
    return replace(met, one_store=Seen.YES)


UNFENCE_STANDING = replace(
    UNFENCE,
    id="unfence-standing",
    guard=looks.nobody_took_over,
    expect=stands,
    reason=Text(
        "nobody was promoted behind the fence: the lease still decides", "隔离之后无人被提升：仍由租约决定主库"
    ),
)
START_STOPPED = replace(
    START,
    id="start-stopped",
    guard=looks.both(looks.nobody_took_over, looks.city_decides, looks.opposite(looks.is_fenced)),
    done=looks.opposite(looks.is_stopped),
    reason=Text(
        "it was stopped for a take-over that never came: whoever has the lease, or had every write, leads again",
        "为接管而停止，但接管并未发生：由持有租约或拥有全部写入的一方重新成为主库",
    ),
)
SWITCHOVER = (SWITCH, VERIFY_WRITE, AWAIT_COPY)
FAILOVER = (FENCE, RELEASE_LEASE, VERIFY_WRITE)
FAILOVER_BY_LEASE = (AWAIT_LEASE, VERIFY_WRITE)
REPROTECT = (UNFENCE, AWAIT_COPY)
TAKEOVER = (PROVE_OFF, FENCE, FORCE_STORE, TAKE_LEASE, VERIFY_WRITE)
RESTART = (UNFENCE_STANDING, START_STOPPED)
TAKE_BACK = (STOP_LOST, WIPE_MEMBER, UNFENCE_WIPED, ADD_MEMBER, START, AWAIT_COPY)
