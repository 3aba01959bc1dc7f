"""A small true world of three sites that plans act on: what they see of it can be wrong or missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from dr_drills.planning.steps import Case, Step
from dr_drills.planning.world import (
    NOBODY,
    WHO_KNOWS,
    Member,
    NodeView,
    Role,
    Seen,
    Side,
    SiteView,
    World,
    seen,
)

CITY = ("a", "b")
DR = "c"
SITES = (*CITY, DR)
OPERATOR = "operator"
"""A seat outside all sites, which no site's fence shuts out."""
OLD, NEW = 0, 1  # the consensus store as it was, and as a survivor restarted it alone


@dataclass(frozen=True)
class Store:
    """One consensus store: who holds the lease, who held it last, who must have a write, which members it counts."""

    lease: str = "a"
    last: str = "a"
    copies: frozenset[str] = frozenset({"b"})
    members: frozenset[str] = frozenset(SITES)


@dataclass(frozen=True)
class Truth:
    """`minds` are sites that believe they lead, `names` what each leader waits for, `logs` which writes a site has."""

    up: frozenset[str] = frozenset(SITES)
    cut: frozenset[str] = frozenset()
    fences: frozenset[tuple[str, str]] = frozenset()
    stopped: frozenset[str] = frozenset()
    wiped: frozenset[str] = frozenset()
    view: tuple[tuple[str, int], ...] = (("a", OLD), ("b", OLD), ("c", OLD))
    stores: tuple[Store, Store] = (Store(), Store(members=frozenset()))
    minds: frozenset[str] = frozenset({"a"})
    names: tuple[tuple[str, frozenset[str]], ...] = (("a", frozenset({"b"})), ("b", frozenset()))
    logs: tuple[tuple[str, tuple[int, ...]], ...] = (("a", ()), ("b", ()), ("c", ()))
    city_follows: bool = False
    dr_follows: bool = True
    dr_leads: bool = False
    route: Side = Side.CITY
    acked: frozenset[int] = frozenset()
    excused: frozenset[int] = frozenset()
    written: int = 0
    compared: bool = True
    wrote_last: bool = True
    touched: frozenset[str] = field(default=frozenset())

    # what is so ------------------------------------------------------------------------------------------------------
    def log(self, site: str) -> tuple[int, ...]:
        return dict(self.logs)[site]

    def linked(self, one: str, other: str) -> bool:
        """Tell whether packets pass both ways."""
        if one == OPERATOR:
            return other in self.up - self.cut
        if one == other:
            return one in self.up
        apart = {one, other} & self.cut or {(one, other), (other, one)} & self.fences
        return one in self.up and other in self.up and not apart

    def runs(self, site: str) -> bool:
        return site in self.up and site not in self.stopped

    def store_of(self, site: str) -> int:
        return dict(self.view)[site]

    def quorum(self, site: str) -> bool:
        """Tell whether the store that this site's member belongs to answers it."""
        number = self.store_of(site)
        members = self.stores[number].members
        here = [m for m in members if m not in self.wiped and self.linked(site, m) and dict(self.view)[m] == number]
        return site in self.up and site not in self.wiped and len(here) * 2 > len(members) > 0

    def ear(self, seat: str) -> str:
        """Return the site whose member of the store is asked from a seat: its own, or one that has a majority."""
        near = [site for site in SITES if self.linked(seat, site) and self.quorum(site)]
        return max(near, key=self.store_of, default=CITY[0]) if seat == OPERATOR else seat

    def primary_of_city(self) -> str:
        """Return the site that leads under a lease its store still gives it, NOBODY if none."""
        for site in CITY:
            store = self.stores[self.store_of(site)]
            if site in self.minds and store.lease == site and self.runs(site):
                return site
        return NOBODY

    def acknowledges(self, site: str) -> bool:
        """Tell whether a client at this site would get a write acknowledged now."""
        if not self.runs(site):
            return False
        if site == DR:
            return self.dr_leads
        if site not in self.minds or self.city_follows:
            return False
        waits = dict(self.names)[site]
        return not waits or any(self._replicates(site, copy) for copy in waits)

    def _replicates(self, leader: str, copy: str) -> bool:
        follows = copy not in self.minds and self.runs(copy) and self.linked(leader, copy)
        return follows and self.log(leader)[: len(self.log(copy))] == self.log(copy)

    # what can happen -------------------------------------------------------------------------------------------------
    def with_log(self, site: str, log: tuple[int, ...]) -> Truth:
        return replace(self, logs=tuple((s, log if s == site else has) for s, has in self.logs))

    def with_store(self, number: int, store: Store) -> Truth:
        return replace(self, stores=tuple(store if n == number else s for n, s in enumerate(self.stores)))  # type: ignore[arg-type]  # two stay two

    def waiting_for(self, site: str, copies: frozenset[str]) -> Truth:
        return replace(self, names=tuple((s, copies if s == site else has) for s, has in self.names))

    def write(self, site: str) -> Truth:
        """A client at the site writes; acknowledged when every rule of the cluster is met."""
        if not self.runs(site) or (site != DR and (site not in self.minds or self.city_follows)):
            return self
        if site == DR and not self.dr_leads:
            return self
        row, acknowledged = self.written, self.acknowledges(site)
        after = replace(self, written=row + 1).with_log(site, (*self.log(site), row))
        for copy in dict(self.names).get(site, frozenset()) if site != DR else ():
            if self._replicates(site, copy):
                after = after.with_log(copy, after.log(site))
        return replace(after, acked=after.acked | {row}, wrote_last=True) if acknowledged else after

    def events(self) -> Iterator[tuple[str, Truth]]:
        """Yield what the cluster does by itself; the lease's promise holds: demotion comes before its end."""
        for site in CITY:
            yield from self._city_events(site)
        if self.dr_follows and self.runs(DR) and not self.dr_leads:
            leader = self.primary_of_city()
            if leader and self.linked(leader, DR) and self.log(DR) != self.log(leader):
                yield "ship", self.with_log(DR, self.log(leader))
        if self.city_follows and self.dr_leads:
            for site in CITY:
                if self.runs(site) and self.linked(site, DR) and self.log(site) != self.log(DR):
                    yield f"city-streams-{site}", self.with_log(site, self.log(DR))

    def _city_events(self, site: str) -> Iterator[tuple[str, Truth]]:
        if not self.runs(site):
            if site in self.minds:
                yield f"ends-{site}", replace(self, minds=self.minds - {site})
            return
        number = self.store_of(site)
        store = self.stores[number]
        if site in self.minds and (not self.quorum(site) or store.lease != site):
            yield f"demotes-{site}", replace(self, minds=self.minds - {site})
        if not self.quorum(site):
            return
        holder = store.lease
        if holder not in {NOBODY, site} and holder not in self.minds and not self.linked(site, holder):
            yield f"expires-{holder}", self.with_store(number, replace(store, lease=NOBODY))
        if holder == site and site not in self.minds and not self.city_follows:
            yield f"resumes-{site}", replace(self, minds=self.minds | {site}).waiting_for(site, store.copies)
        if holder == NOBODY and (site in store.copies or site == store.last):
            yield f"elects-{site}", self._elected(site, number, store)
        if holder == site and site in self.minds:
            yield from self._copies(site, number, store)

    def _elected(self, site: str, number: int, store: Store) -> Truth:
        led = self.with_store(number, replace(store, lease=site, last=site, copies=frozenset()))
        if self.city_follows:
            return led
        return replace(led, minds=led.minds | {site}).waiting_for(site, frozenset())

    def _copies(self, leader: str, number: int, store: Store) -> Iterator[tuple[str, Truth]]:
        for copy in CITY:
            if copy == leader:
                continue
            reachable = self.runs(copy) and self.linked(leader, copy) and copy not in self.minds
            if copy in store.copies and not (reachable and self._replicates(leader, copy)):
                alone = self.with_store(number, replace(store, copies=frozenset()))
                yield f"drops-{copy}", alone.waiting_for(leader, frozenset())
            if reachable and copy not in store.copies:
                joined = self.with_log(copy, self.log(leader))
                joined = joined.with_store(number, replace(store, copies=frozenset({copy})))
                yield f"joins-{copy}", joined.waiting_for(leader, frozenset({copy}))

    def faults(self) -> Iterator[tuple[str, Truth]]:
        """Yield what the outside can do to a site, and its return."""
        for site in SITES:
            if site in self.up:
                yield f"crash-{site}", replace(self, up=self.up - {site}, minds=self.minds - {site})
            else:
                yield f"return-{site}", replace(self, up=self.up | {site})
            if site in self.cut:
                yield f"heal-{site}", replace(self, cut=self.cut - {site})
            else:
                yield f"cut-{site}", replace(self, cut=self.cut | {site})

    # what is seen of it ----------------------------------------------------------------------------------------------
    def observe(self, seat: str) -> World:
        """Return what an operator sitting at a site can know."""
        near = {site: self.linked(seat, site) for site in SITES}
        seat = self.ear(seat)
        number = self.store_of(seat)
        asks = self.quorum(seat) and (number == NEW or len(self.stores[number].members) > 1)
        store = self.stores[number]
        forced = next((s for s in CITY if dict(self.view)[s] == NEW and self.stores[NEW].members), NOBODY)
        return World(
            sites={site: self._site(site, near) for site in SITES},
            nodes={site: self._node(site, near) for site in SITES},
            city=CITY,
            dr=DR,
            holder=store.lease if asks else WHO_KNOWS,
            copies=store.copies if asks or seat not in self.wiped else None,
            quorum=seen(asks),
            members={site: self._member(site, store) if asks else Member.UNKNOWN for site in SITES},
            one_store=seen(self._one_store() if all(near.values()) else None),
            forced=forced if forced and near[forced] else NOBODY,
            follows={
                Side.CITY: seen(self.city_follows if any(near[s] for s in CITY) else None),
                Side.DR: seen(self.dr_follows if near[DR] else None),
            },
            forked=seen(self._forked() if self.compared else None),
            route=self.route,
            writes=seen(self.wrote_last),
        )

    def _one_store(self) -> bool:
        return not self.wiped and len(set(dict(self.view).values())) == 1

    def _member(self, site: str, store: Store) -> Member:
        if site in store.members:
            return Member.IN
        return Member.WIPED if site in self.wiped else Member.OLD

    def _forked(self) -> bool:
        return any(self.log(DR)[: len(self.log(site))] != self.log(site) for site in CITY)

    def _site(self, site: str, near: dict[str, bool]) -> SiteView:
        borders = [other for other in SITES if other != site and near[other]]
        lists = {(other, site) in self.fences for other in borders}
        fenced = next(iter(lists)) if len(lists) == 1 else None
        return SiteView(seen(near[site]), seen(fenced), seen(site in self.stopped and site in self.touched))

    def _node(self, site: str, near: dict[str, bool]) -> NodeView:
        if not near[site]:
            return NodeView(Role.UNKNOWN, Seen.UNKNOWN, Seen.UNKNOWN)
        if not self.runs(site):
            return NodeView(Role.STOPPED, Seen.NO, Seen.UNKNOWN)
        source = self._source(site)
        streams = source != NOBODY and self.linked(site, source) and self._is_prefix(site, source)
        return NodeView(self._role(site), seen(streams or source == NOBODY), self._complete(site, near))

    def _role(self, site: str) -> Role:
        if site == DR:
            return Role.PRIMARY if self.dr_leads else Role.STANDBY_LEADER
        return Role.PRIMARY if site in self.minds else Role.STANDBY

    def _source(self, site: str) -> str:
        """Return whom a site follows now, NOBODY when it leads or nobody leads."""
        if site == DR:
            return NOBODY if self.dr_leads else self.primary_of_city()
        if self.city_follows:
            return DR
        return NOBODY if site in self.minds else self.primary_of_city()

    def _is_prefix(self, site: str, source: str) -> bool:
        return self.log(source)[: len(self.log(site))] == self.log(site)

    def _complete(self, site: str, near: dict[str, bool]) -> Seen:
        others = CITY if site == DR else (DR,)
        if not all(near[other] for other in others):
            return Seen.UNKNOWN
        return seen(all(set(self.log(other)) <= set(self.log(site)) for other in others))

    # what a step does ------------------------------------------------------------------------------------------------
    def act(self, step: Step, case: Case, seat: str) -> Truth:
        """Return the world after a step that an executor at the seat did as far as it could."""
        return getattr(self, f"_{step.rule.action.name.lower()}")(step.target, case, self.ear(seat))  # type: ignore[no-any-return]  # every action returns a Truth

    def _fence(self, site: str, _case: Case, seat: str) -> Truth:
        return replace(self, fences=self.fences | {(o, site) for o in SITES if o != site and self.linked(seat, o)})

    def _unfence(self, site: str, _case: Case, _seat: str) -> Truth:
        return replace(self, fences=frozenset(f for f in self.fences if f[1] != site))

    def _prove_off(self, site: str, _case: Case, _seat: str) -> Truth:
        """A person goes there, or its Nova answers: what the proof says is so, and stays so."""
        return replace(self, stopped=self.stopped | {site}, minds=self.minds - {site}, touched=self.touched | {site})

    def _switch(self, to: str, _case: Case, seat: str) -> Truth:
        number = self.store_of(seat)
        store, leader = self.stores[number], self.primary_of_city()
        if not (leader and self.quorum(seat) and to in store.copies and self.linked(leader, to)):
            return self
        moved = replace(self, minds=(self.minds - {leader}) | {to}).with_log(to, self.log(leader))
        moved = moved.with_store(number, replace(store, lease=to, last=to, copies=frozenset()))
        return replace(moved.waiting_for(to, frozenset()), wrote_last=False)

    def _release_lease(self, to: str, case: Case, seat: str) -> Truth:
        """One transaction: it fails when the lease or the copies are not as they were read."""
        number = self.store_of(seat)
        store = self.stores[number]
        if not (self.quorum(seat) and self.runs(to) and to in store.copies and store.lease in (*case.lost, NOBODY)):
            return self
        moved = replace(self, minds=self.minds | {to}).with_store(
            number, replace(store, lease=to, last=to, copies=frozenset())
        )
        return replace(moved.waiting_for(to, frozenset()), wrote_last=False)

    def _await_lease(self, _to: str, _case: Case, _seat: str) -> Truth:
        return self

    def _force_store(self, to: str, _case: Case, _seat: str) -> Truth:
        old = self.stores[OLD]
        view = tuple((site, NEW if site == to else number) for site, number in self.view)
        return replace(self, view=view).with_store(NEW, replace(old, members=frozenset({to})))

    def _wipe_member(self, site: str, _case: Case, _seat: str) -> Truth:
        return replace(self, wiped=self.wiped | {site})

    def _add_member(self, site: str, _case: Case, seat: str) -> Truth:
        number = self.store_of(seat)
        if not (self.quorum(seat) and self.linked(seat, site)):
            return self
        view = tuple((s, number if s == site else n) for s, n in self.view)
        joined = replace(self, view=view, wiped=self.wiped - {site})
        store = self.stores[number]
        return joined.with_store(number, replace(store, members=store.members | {site}))

    def _start(self, site: str, _case: Case, _seat: str) -> Truth:
        return replace(self, stopped=self.stopped - {site}, touched=self.touched - {site})

    def _promote_dr(self, _site: str, _case: Case, _seat: str) -> Truth:
        """What only the city had is given up, knowingly."""
        if not self.runs(DR):
            return self
        lost = self.acked - set(self.log(DR))
        promoted = replace(self, dr_leads=True, dr_follows=False, excused=self.excused | lost, compared=False)
        return replace(promoted, wrote_last=False)

    def _compare_forks(self, _site: str, _case: Case, _seat: str) -> Truth:
        return replace(self, compared=True)

    def _rebuild_city(self, _site: str, _case: Case, _seat: str) -> Truth:
        rebuilt = self
        for site in CITY:
            rebuilt = rebuilt.with_log(site, self.log(DR)[: len(self.log(DR))])
        return rebuilt

    def _attach_city(self, _site: str, _case: Case, _seat: str) -> Truth:
        """Stop cleanly where it leads, ship the rest, follow."""
        leader = self.primary_of_city()
        after = replace(self, city_follows=True, minds=frozenset(), stopped=self.stopped - set(CITY), wrote_last=False)
        after = replace(after, touched=self.touched - set(CITY))
        if leader and self.linked(leader, DR) and not self.dr_leads:
            after = after.with_log(DR, self.log(leader))
        held = after.stores[after.store_of(CITY[0])]
        return after.with_store(
            after.store_of(CITY[0]), replace(held, lease=leader or CITY[0], last=leader or CITY[0], copies=frozenset())
        )

    def _demote_dr(self, _site: str, _case: Case, _seat: str) -> Truth:
        after = replace(self, dr_leads=False, dr_follows=True, wrote_last=False)
        for site in CITY:
            if self.linked(site, DR) and self.runs(site):
                after = after.with_log(site, self.log(DR))
        return after

    def _promote_city(self, to: str, _case: Case, seat: str) -> Truth:
        number = self.store_of(to)
        if not self.quorum(to) or self.dr_leads:
            return self
        del seat
        led = self.with_store(number, replace(self.stores[number], lease=to, last=to, copies=frozenset()))
        return replace(led, city_follows=False, minds=frozenset({to}), wrote_last=False).waiting_for(to, frozenset())

    def _route(self, _site: str, _case: Case, _seat: str) -> Truth:
        return replace(self, route=Side.DR if self.dr_leads else Side.CITY)

    def _await_copy(self, _site: str, _case: Case, _seat: str) -> Truth:
        return self

    def _verify_write(self, to: str, _case: Case, _seat: str) -> Truth:
        return self.write(to)
