"""A drill with every name found: which faults at which targets, which plans for which sites; pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from dr_drills.faults.table import InForce
from dr_drills.planning.steps import Case, Kind
from dr_drills.planning.world import NOBODY, WHO_KNOWS, World
from dr_drills.scenarios.scenario import KIND_OF, Aim, Course, Level, Scenario
from failures import GateRefused, Text, WrongUsage
from topology.links import link_names
from topology.model import Cloud, SiteRole

TAKE_OVERS = frozenset({Kind.CITY_FAILOVER, Kind.TAKEOVER})
"""Plans that keep the sites they give up stopped until another plan takes them back."""


@dataclass(frozen=True)
class Choice:
    """What the command named; empty for what it left open."""

    site: str = ""
    link: str = ""
    carrier: str = ""
    feed: str = ""
    host: str = ""
    service: str = ""

    def document(self) -> dict[str, str]:
        """Return what was named, by kind."""
        return {kind: name for kind, name in vars(self).items() if name}


@dataclass(frozen=True)
class PlannedFault:
    """One fault at one target; `lasts_s` None: until the drill heals it."""

    fault: str
    kind: str
    name: str
    after_s: float
    lasts_s: float | None

    @property
    def id(self) -> str:
        return f"{self.fault}/{self.kind}/{self.name}"

    @property
    def hit(self) -> InForce:
        """Return it as an injector knows it."""
        return InForce(self.fault, self.kind, self.name)


@dataclass(frozen=True)
class Move:
    """One plan for one case."""

    kind: Kind
    case: Case


@dataclass(frozen=True)
class Script:
    """`services` are the databases of the drill; `rto_s` and `rpo_s` are the strictest promise of their tiers."""

    scenario: Scenario
    level: Level
    choice: Choice
    services: tuple[str, ...]
    faults: tuple[PlannedFault, ...]
    courses: tuple[Move, ...]
    afterwards: tuple[Move, ...]
    rto_s: float
    rpo_s: float

    @property
    def hold_s(self) -> float:
        return float(self.scenario.hold)

    @property
    def limit_s(self) -> float:
        """Return how long an outage may last from the first fault on."""
        until_healed = max((fault.after_s for fault in self.faults), default=0.0) + self.hold_s
        return self.rto_s + (until_healed if self.scenario.expect.outage == "healed" else 0.0)

    @property
    def leaves_sites_out(self) -> bool:
        """Tell whether sites that its plans give up are still out when it has come to its end."""
        return not self.afterwards and any(move.kind in TAKE_OVERS for move in self.courses)

    @property
    def lost(self) -> tuple[str, ...]:
        """Return the sites that its plans give up, while the faults are in force."""
        return tuple(dict.fromkeys(site for move in self.courses for site in move.case.lost))

    def document(self) -> dict[str, Any]:
        """Return it as JSON values, from which `parse` makes it again."""
        return {
            "scenario": self.scenario.model_dump(mode="json"),
            "level": self.level,
            "choice": self.choice.document(),
            "services": list(self.services),
            "faults": [asdict(fault) for fault in self.faults],
            "courses": [asdict(move) for move in self.courses],
            "afterwards": [asdict(move) for move in self.afterwards],
            "rto_s": self.rto_s,
            "rpo_s": self.rpo_s,
        }

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Self:
        """Return the script that `document` is of. Raises KeyError, ValueError or TypeError for anything else."""
        return cls(
            scenario=Scenario.model_validate(document["scenario"]),
            level=document["level"],
            choice=Choice(**document["choice"]),
            services=tuple(document["services"]),
            faults=tuple(PlannedFault(**row) for row in document["faults"]),
            courses=tuple(map(_move, document["courses"])),
            afterwards=tuple(map(_move, document["afterwards"])),
            rto_s=document["rto_s"],
            rpo_s=document["rpo_s"],
        )


def _move(row: Mapping[str, Any]) -> Move:
    return Move(Kind(row["kind"]), Case(tuple(row["case"]["lost"]), row["case"]["to"]))


@dataclass(frozen=True)
class Stage:
    """What a script is written for: the worlds by service as they are now, who runs each database at each site, and
    every host there is.
    """

    cloud: Cloud
    worlds: Mapping[str, World]
    hosts: Mapping[tuple[str, str], str]
    choice: Choice
    machines: Collection[str] = ()


def write(scenario: Scenario, stage: Stage, level: Level) -> Script:
    """Return the script.

    Raises WrongUsage for a name that is missing or unknown, GateRefused when nobody knows who is primary.
    """
    _refuse_missing(scenario, stage)
    services = (stage.choice.service,) if stage.choice.service else tuple(stage.worlds)
    if level == "functional":
        services = services[:1]
    faults = tuple(
        PlannedFault(row.fault, KIND_OF[row.target], name, float(row.after), _seconds(row.lasts))
        for row in scenario.faults
        for name in aim(row.target, stage)
    )
    tiers = [stage.cloud.tiers[name] for name in (stage.cloud.services[s].tier for s in services) if name]
    return Script(
        scenario=scenario,
        level=level,
        choice=stage.choice,
        services=services,
        faults=faults,
        courses=_moves(scenario.recovery.courses, stage),
        afterwards=_moves(scenario.recovery.afterwards, stage),
        rto_s=float(min((tier.rto for tier in tiers), default=0)),
        rpo_s=float(min((tier.rpo for tier in tiers), default=0)),
    )


def aim(target: Aim, stage: Stage) -> tuple[str, ...]:
    """Return the names that a target means on this stage, in the order of the topology."""
    return _AIMS[target](stage)


def _seconds(value: int | None) -> float | None:
    return None if value is None else float(value)


def _moves(courses: Iterable[Course], stage: Stage) -> tuple[Move, ...]:
    return tuple(
        Move(
            course.plan,
            Case(tuple(name for lost in course.lost for name in aim(lost, stage)), aim(course.to, stage)[0]),
        )
        for course in courses
    )


def _refuse_missing(scenario: Scenario, stage: Stage) -> None:
    named, cloud = stage.choice.document(), stage.cloud
    taken = _taken(scenario)
    for kind in named:
        if kind not in taken:
            options = " ".join(f"--{name}" for name in taken)
            raise WrongUsage(
                Text(f"{scenario.scenario} does not ask which {kind}", f"{scenario.scenario} 不需要指定 {kind}"),
                where=f"--{kind} {named[kind]}",
                fix=Text(f"it takes: {options}", f"可用选项：{options}"),
            )
    for need in scenario.needs:
        if need not in named:
            raise WrongUsage(
                Text(f"{scenario.scenario} needs to be told which {need}", f"{scenario.scenario} 需要指定 {need}"),
                fix=Text(f"add --{need}", f"请加上 --{need}"),
            )
    there: dict[str, Iterable[str]] = {
        "site": cloud.sites,
        "link": link_names(cloud),
        "carrier": dict.fromkeys(link.carrier for link in cloud.links),
        "feed": dict.fromkeys(feed for site in cloud.sites.values() for feed in site.power),
        "host": stage.machines,
        "service": stage.worlds,
    }
    for kind, name in named.items():
        if name not in there[kind]:
            names = ", ".join(there[kind])
            raise WrongUsage(
                Text(f"no {kind} is called {name}", f"没有名为 {name} 的 {kind}"),
                where=cloud.name,
                fix=Text(f"there are: {names}", f"现有：{names}"),
            )


def _taken(scenario: Scenario) -> tuple[str, ...]:
    """Return the kinds of names that make a difference to a scenario."""
    recovery = scenario.recovery
    courses = (*recovery.courses, *recovery.afterwards)
    aims = [*(row.target for row in scenario.faults), *(a for course in courses for a in (*course.lost, course.to))]
    kinds = [kind for aim in aims if (kind := _TOLD_BY.get(aim))]
    return tuple(dict.fromkeys((*scenario.needs, *kinds, "service")))


def _active(stage: Stage) -> tuple[str, ...]:
    return tuple(name for name, site in stage.cloud.sites.items() if site.role is SiteRole.ACTIVE)


def _dr(stage: Stage) -> tuple[str, ...]:
    return tuple(name for name, site in stage.cloud.sites.items() if site.role is SiteRole.DR)


def _service(stage: Stage) -> str:
    return stage.choice.service or next(iter(stage.worlds), "")


def _primary_site(stage: Stage) -> str:
    world = stage.worlds.get(_service(stage))
    if world is None or world.holder in {NOBODY, WHO_KNOWS}:
        raise GateRefused(
            Text("nobody knows which site is primary now", "目前无法得知哪个中心是主库"),
            where=_service(stage),
            fix=Text("look at it first: govcloud status", "请先查看：govcloud status"),
        )
    return world.holder


def _site(stage: Stage) -> tuple[str, ...]:
    return (stage.choice.site or _primary_site(stage),)


def _other(stage: Stage) -> tuple[str, ...]:
    mine = _site(stage)
    others = tuple(name for name in _active(stage) if name not in mine)
    if len(others) != 1:
        raise WrongUsage(
            Text("this drill needs one of exactly two active sites", "该演练需要在恰好两个在用中心中指定一个"),
            where=mine[0],
            fix=Text(f"add --site, one of: {', '.join(_active(stage))}", f"请加上 --site：{', '.join(_active(stage))}"),
        )
    return others


def _lines(stage: Stage, *, direct: bool) -> tuple[str, ...]:
    active = set(_active(stage))
    return tuple(name for name, link in link_names(stage.cloud).items() if ({*link.between} <= active) is direct)


def _link(stage: Stage) -> tuple[str, ...]:
    return (stage.choice.link,) if stage.choice.link else _lines(stage, direct=True)[:1]


def _host_at(site: str, stage: Stage) -> tuple[str, ...]:
    return (stage.hosts[_service(stage), site],)


def _sync_host(stage: Stage) -> tuple[str, ...]:
    copies = stage.worlds[_service(stage)].copies or frozenset()
    return _host_at(next((site for site in _active(stage) if site in copies), _other(stage)[0]), stage)


_TOLD_BY: dict[Aim, str] = {
    Aim.SITE: "site",
    Aim.OTHER_SITE: "site",
    Aim.LINK: "link",
    Aim.CARRIER: "carrier",
    Aim.FEED: "feed",
    Aim.HOST: "host",
}
_AIMS: dict[Aim, Callable[[Stage], tuple[str, ...]]] = {
    Aim.SITE: _site,
    Aim.OTHER_SITE: _other,
    Aim.ACTIVE_SITES: _active,
    Aim.DR_SITE: _dr,
    Aim.LINK: _link,
    Aim.DIRECT_LINKS: lambda stage: _lines(stage, direct=True),
    Aim.DR_LINKS: lambda stage: _lines(stage, direct=False),
    Aim.CARRIER: lambda stage: (stage.choice.carrier,),
    Aim.FEED: lambda stage: (stage.choice.feed,),
    Aim.HOST: lambda stage: (stage.choice.host,),
    Aim.PRIMARY_HOST: lambda stage: _host_at(_primary_site(stage), stage),
    Aim.SYNC_HOST: _sync_host,
}
