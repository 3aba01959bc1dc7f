"""A stand-in cloud for rehearsals: the true world of three sites, kept on disk, on a clock of its own."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from dr_drills.approvals.approval import Agreement, Approval
from dr_drills.approvals.statement import Statement
from dr_drills.clients.attempts import Attempt, Outcome
from dr_drills.detection.witnesses import Heard
from dr_drills.faults.table import InForce
from dr_drills.journal.clock import Clock
from dr_drills.journal.event import Event
from dr_drills.journal.file import Journal
from dr_drills.planning.steps import Case, Consent, Kind, Step
from dr_drills.planning.world import Seen, World
from dr_drills.probes.budget import NoAnswer
from dr_drills.rehearsal.means import Counted, Means
from dr_drills.rehearsal.run import Consents, Rehearsal
from dr_drills.rehearsal.script import Choice, Move, PlannedFault, Script
from dr_drills.scenarios.catalogue import named
from failures import NOTHING, OutsideFailed, Text
from tests.dr_drills.planning.truth import CITY, DR, SITES, Truth
from tests.dr_drills.planning.walks import guard_invariants, settle

SERVICE = "citizen-db"
RUN = "run-1"
TICK_S = 0.5
SAID = Statement("test", "0" * 64, "0" * 64, "second", "2026-11-22T00:00:00+00:00", "0" * 32)
SECOND = Agreement(Approval(SAID.text, "signature"), "SHA256:test", ("second",))
TOGETHER = Consents("operator", SECOND, allow_data_loss=True)


@dataclass(frozen=True)
class Done:
    answer: Seen
    seconds: float = 0.1
    detail: Text = NOTHING


@dataclass
class Stand:
    """`after_act` is called when something has changed the world; whoever reads `folder` again sees the same world."""

    folder: Path
    seat: str = "b"
    now: float = 100.0
    truth: Truth = field(default_factory=lambda: settle(Truth(), []))
    applied: frozenset[InForce] = frozenset()
    tried: list[Attempt] = field(default_factory=list)
    unhealthy: tuple[str, ...] = ()
    stubborn: bool = False
    blind: frozenset[str] = frozenset()
    seeing: frozenset[str] = frozenset()
    after_act: Callable[[], None] = lambda: None
    on_sleep: Callable[[], None] = lambda: None

    @classmethod
    def again(cls, folder: Path, seat: str = "b") -> Stand:
        """Return the world as the last one who changed it left it."""
        now, truth, applied = pickle.loads((folder / "world").read_bytes())
        return cls(folder, seat, now + 60.0, truth, applied)

    def save(self, truth: Truth, applied: frozenset[InForce] | None = None) -> None:
        self.truth = truth
        self.applied = self.applied if applied is None else applied
        guard_invariants(truth, [])
        (self.folder / "world").write_bytes(pickle.dumps((self.now, self.truth, self.applied)))

    def inject(self, fault: str, kind: str, name: str) -> None:
        self.save(self._reached(kind, name, there=False), self.applied | {InForce(fault, kind, name)})
        self.after_act()

    def heal(self, fault: str, kind: str, name: str) -> None:
        if self.stubborn:
            raise OutsideFailed(Text("it does not want to", "无法撤除"))
        self.save(self._reached(kind, name, there=True), self.applied - {InForce(fault, kind, name)})
        self.after_act()

    def in_force(self) -> set[InForce]:
        return set(self.applied)

    def _reached(self, kind: str, name: str, *, there: bool) -> Truth:
        assert kind == "site"
        return replace(self.truth, cut=self.truth.cut - {name} if there else self.truth.cut | {name})

    def stop_databases(self, site: str) -> None:
        self.save(replace(self.truth, stopped=self.truth.stopped | {site}, minds=self.truth.minds - {site}))

    def is_shut_out(self, site: str) -> bool:
        return any(shut == site for _, shut in self.truth.fences)

    def let_in(self, site: str) -> None:
        self.save(replace(self.truth, fences=frozenset(one for one in self.truth.fences if one[1] != site)))

    def prepare(self) -> None:
        if not (self.truth.primary_of_city() or self.truth.dr_leads):
            raise NoAnswer(Text("no way leads to a primary", "没有通往主库的途径"))

    def look(self) -> Mapping[str, World]:
        return {SERVICE: self.truth.observe(self.seat)}

    def act(self, _service: str, step: Step, case: Case) -> Done:
        after = self.truth.act(step, case, self.seat)
        if step.rule.consent is Consent.SECOND_PERSON and after.acknowledges(case.to):
            after = replace(after, excused=after.excused | (after.acked - set(after.log(case.to))))
        self.save(after)
        self.after_act()
        self.sleep(1.0)
        return Done(step.rule.done(self.truth.observe(self.seat), case, step.target))

    def unwell(self) -> Sequence[str]:
        world = self.truth.observe(self.seat)
        dark = [site for site in SITES if world.sites[site].reached is not Seen.YES or self.truth.cut & {site}]
        return (
            *self.unhealthy,
            *dark,
            *([] if self.truth.primary_of_city() or self.truth.dr_leads else ["no primary"]),
        )

    def sleep(self, seconds: float) -> None:
        """Let time pass: the cluster does what it does by itself, the clients go on trying."""
        end, before = self.now + seconds, self.truth.minds
        while self.now < end:
            self.now += min(TICK_S, end - self.now)
            self.truth = settle(self.truth, [])
            served = next((site for site in SITES if site not in self.truth.cut and self.truth.acknowledges(site)), "")
            if served:
                self.truth = self.truth.write(served)
            outcome = Outcome.ACKNOWLEDGED if served else Outcome.REFUSED
            self.tried.append(Attempt("writer", f"m{len(self.tried)}", self.now - 0.1, self.now, outcome, served))
        if self.truth.minds != before:
            self.save(self.truth)
        self.on_sleep()

    def rates(self) -> Mapping[str, Any]:
        return {"writer": None}

    def attempts(self, name: str) -> Sequence[Attempt]:
        assert name == "writer"
        return self.tried

    @contextmanager
    def watch(self, _record: Path) -> Iterator[Stand]:
        yield self

    @contextmanager
    def sight(self, _sites: Sequence[str]) -> Iterator[Stand]:
        yield self

    def heard(self, site: str) -> Sequence[Heard]:
        """Every other place sees a site unless it is cut; who is `blind` never does, who is `seeing` always does."""
        there = ("operator", *(other for other in SITES if other != site and other not in self.truth.cut))
        return [self._word(place, site) for place in there]

    def _word(self, place: str, site: str) -> Heard:
        sees = place in self.seeing or (place not in self.blind and site not in self.truth.cut)
        return Heard("test", place, Seen.YES if sees else Seen.NO, 0 if sees else 3, 0.0 if sees else 1.1)

    def means(self, tell: Callable[[Event], None] = lambda _: None) -> Means:
        return Means(
            injector=self,
            out_of_band=self,
            observe=self.look,
            act=self.act,
            unwell=self.unwell,
            watch=self.watch,
            sight=self.sight,
            prepare=self.prepare,
            present=frozenset,
            forget=lambda: None,
            measure=measure,
            judge=lambda _: ("pass", ()),
            tell=tell,
            seconds=lambda: self.now,
            sleep=self.sleep,
        )

    def clock(self) -> Clock:
        return Clock(lambda: self.now)

    def begin(self, script: Script) -> Journal:
        self.save(self.truth)
        return Journal.begin(self.folder / RUN, RUN, {"script": script.document()}, self.clock())

    def resume(self) -> Journal:
        return Journal.resume(self.folder / RUN, {}, self.clock())

    def rehearse(
        self,
        script: Script,
        journal: Journal,
        tell: Callable[[Event], None] = lambda _: None,
        consents: Consents = TOGETHER,
    ) -> str:
        return Rehearsal(script, self.means(tell), journal, consents).run()


def measure(counted: Counted) -> Mapping[str, Any]:
    return {"outages": [], "whole": None, "ledger": None, "rejoin_s": counted.rejoin_s, "fault_s": counted.fault_s}


def script(name: str, cut: Sequence[str], courses: Sequence[Move], afterwards: Sequence[Move] = ()) -> Script:
    """Return a script over the sites of the true world."""
    faults = tuple(PlannedFault("cut", "site", site, 0.0, None) for site in cut)
    return Script(named(name), "full", Choice(), (SERVICE,), faults, tuple(courses), tuple(afterwards), 60.0, 0.0)


A_LOST = Case(("a",), "b")
BY_LEASE = script("site-network-loss", ("a",), [Move(Kind.FAILOVER_BY_LEASE, A_LOST)], [Move(Kind.REPROTECT, A_LOST)])
FAST = script("site-network-loss-fast", ("a",), [Move(Kind.FAILOVER, A_LOST)], [Move(Kind.REPROTECT, A_LOST)])
CITY_LOST = script(
    "both-active-lost", CITY, [Move(Kind.CITY_FAILOVER, Case(CITY, DR))], [Move(Kind.FAILBACK, Case(CITY, "a"))]
)
ALONE = Case(("a", DR), "b")
SURVIVOR = script("survivor-alone", ("a", DR), [Move(Kind.TAKEOVER, ALONE)], [Move(Kind.TAKE_BACK, ALONE)])
THERE_AND_BACK = script(
    "switchover-and-back", (), [Move(Kind.SWITCHOVER, Case((), "b"))], [Move(Kind.SWITCHOVER, Case((), "a"))]
)
SEATS = {"both-active-lost": DR, "failback": DR}


def stand(folder: Path, script: Script) -> Stand:
    return Stand(folder, SEATS.get(script.scenario.scenario, "b"))


def copied(folder: Path, script: Script, moment: str, truth: Truth | None = None) -> list[Path]:
    """Run once and return what lies on the disk after each event or act: what a run that is killed then leaves.

    `truth` is the world in which it begins, where that is not a healthy one.
    """
    whole = folder / "whole"
    whole.mkdir()
    left: list[Path] = []

    def copy(number: int) -> None:
        left.append(folder / str(number))
        shutil.copytree(whole, left[-1])

    cloud = stand(whole, script)
    cloud.truth = truth or cloud.truth
    run_with(cloud, script, moment, copy)
    return left


def run_with(cloud: Stand, script: Script, moment: str, act: Callable[[int], None]) -> None:
    number = count(1)

    def happened(*_: object) -> None:
        act(next(number))

    if moment == "act":
        cloud.after_act = happened
    with cloud.begin(script) as journal:
        cloud.rehearse(script, journal, happened if moment == "event" else lambda _: None)
