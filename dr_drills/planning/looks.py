"""What rows look at: small answers about a world, combined by name."""

from __future__ import annotations

from dr_drills.planning.steps import Case, Look
from dr_drills.planning.world import NOBODY, WHO_KNOWS, Member, Role, Seen, Side, World, all_seen, negated, seen


def both(*looks: Look) -> Look:
    """Return a look that is yes when all are."""
    return lambda world, case, target: all_seen(look(world, case, target) for look in looks)


def either(*looks: Look) -> Look:
    """Return a look that is yes when one of them is."""
    return lambda world, case, target: negated(all_seen(negated(look(world, case, target)) for look in looks))


def opposite(look: Look) -> Look:
    """Return a look that is yes when the other one is no."""
    return lambda world, case, target: negated(look(world, case, target))


def always(_world: World, _case: Case, _target: str) -> Seen:
    return Seen.YES


def is_reached(world: World, _case: Case, target: str) -> Seen:
    return world.sites[target].reached


def is_fenced(world: World, _case: Case, target: str) -> Seen:
    return world.sites[target].fenced


def is_off(world: World, _case: Case, target: str) -> Seen:
    return world.sites[target].off


def lost_are_fenced(world: World, case: Case, _target: str) -> Seen:
    return all_seen(world.sites[site].fenced for site in case.lost)


def lost_are_off(world: World, case: Case, _target: str) -> Seen:
    return all_seen(world.sites[site].off for site in case.lost)


def store_answers(world: World, _case: Case, _target: str) -> Seen:
    return world.quorum


def was_copy(world: World, case: Case, _target: str) -> Seen:
    """Tell whether the new primary had every acknowledged write: it leads already, or it was a synchronous copy."""
    if world.holder == case.to:
        return Seen.YES
    return seen(None if world.copies is None else case.to in world.copies)


def is_copy(world: World, _case: Case, target: str) -> Seen:
    """Tell whether a site is a synchronous copy now; a record of a store that does not answer may be old."""
    return seen(None if world.copies is None or world.quorum is not Seen.YES else target in world.copies)


def lease_is_known(world: World, _case: Case, _target: str) -> Seen:
    return seen(None if world.holder == WHO_KNOWS else True)


def lease_is_held_by_lost(world: World, case: Case, _target: str) -> Seen:
    """Tell whether the lease names a site that is given up; nobody's lease is being taken by a survivor already."""
    if world.holder == WHO_KNOWS:
        return Seen.UNKNOWN
    return seen(world.holder in (*case.lost, NOBODY))


def leads(world: World, case: Case, _target: str) -> Seen:
    """Tell whether the new primary holds the lease and writes."""
    role = world.nodes[case.to].role
    if world.holder == WHO_KNOWS or role is Role.UNKNOWN:
        return Seen.UNKNOWN
    return seen(world.holder == case.to and role is Role.PRIMARY)


def city_leads(world: World, _case: Case, _target: str) -> Seen:
    """Tell whether the city's cluster has a primary under a lease."""
    if world.holder == WHO_KNOWS:
        return Seen.UNKNOWN
    return seen(world.holder != NOBODY and world.nodes[world.holder].role is Role.PRIMARY)


def dr_leads(world: World, _case: Case, _target: str) -> Seen:
    """Tell whether the DR cluster follows nobody and writes."""
    role = world.nodes[world.dr].role
    written = seen(None if role is Role.UNKNOWN else role is Role.PRIMARY)
    return all_seen((written, negated(world.following(Side.DR))))


def dr_follows(world: World, _case: Case, _target: str) -> Seen:
    return world.following(Side.DR)


def city_follows(world: World, _case: Case, _target: str) -> Seen:
    return world.following(Side.CITY)


def city_streams(world: World, _case: Case, _target: str) -> Seen:
    """Tell whether every node of the city moves with the DR primary."""
    return all_seen((world.following(Side.CITY), *(world.nodes[site].streaming for site in world.city)))


def dr_streams(world: World, _case: Case, _target: str) -> Seen:
    return all_seen((world.following(Side.DR), world.nodes[world.dr].streaming))


def dr_is_complete(world: World, _case: Case, _target: str) -> Seen:
    return world.nodes[world.dr].complete


def city_is_complete(world: World, _case: Case, _target: str) -> Seen:
    return all_seen(world.nodes[site].complete for site in world.city)


def is_stopped(world: World, _case: Case, target: str) -> Seen:
    """Tell whether the site's database runs no more; off counts, unknown does not."""
    if world.sites[target].off is Seen.YES:
        return Seen.YES
    role = world.nodes[target].role
    return seen(None if role is Role.UNKNOWN else role is Role.STOPPED)


def city_is_stopped(world: World, case: Case, _target: str) -> Seen:
    return all_seen(is_stopped(world, case, site) for site in world.city)


def histories_agree(world: World, _case: Case, _target: str) -> Seen:
    return negated(world.forked)


def forks_are_known(world: World, _case: Case, _target: str) -> Seen:
    return seen(None if world.forked is Seen.UNKNOWN else True)


def is_member(world: World, _case: Case, target: str) -> Seen:
    member = world.member(target)
    return seen(None if member is Member.UNKNOWN else member is Member.IN)


def is_rid_of_old(world: World, _case: Case, target: str) -> Seen:
    """Tell whether nothing is left at a site that could form the old store's majority again."""
    member = world.member(target)
    return seen(None if member is Member.UNKNOWN else member is not Member.OLD)


def lost_are_rid_of_old(world: World, case: Case, _target: str) -> Seen:
    return all_seen(is_rid_of_old(world, case, site) for site in case.lost)


def store_was_forced(world: World, case: Case, _target: str) -> Seen:
    return all_seen((world.quorum, seen(world.forced == case.to)))


def nobody_took_over(world: World, _case: Case, _target: str) -> Seen:
    """Tell whether the DR site still follows and no member of the city's store was restarted alone."""
    return all_seen((world.one_store, seen(world.forced == NOBODY), world.following(Side.DR)))


def city_decides(world: World, _case: Case, _target: str) -> Seen:
    """Tell whether the lease of the city's own cluster decides who leads."""
    return all_seen((world.quorum, negated(world.following(Side.CITY))))


def writes_pass(world: World, _case: Case, _target: str) -> Seen:
    return world.writes


def routed_to(side: Side) -> Look:
    """Return a look at whether the entrance points to a side."""
    return lambda world, _case, _target: seen(None if world.route is None else world.route is side)
