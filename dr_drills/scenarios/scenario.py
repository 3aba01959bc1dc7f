"""A drill as a file: what breaks, how the cloud is to recover, what is expected of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from dr_drills.faults.table import BY_ID
from dr_drills.planning.steps import Kind
from topology.values import Duration, Name, Strict, Title


class Aim(StrEnum):
    """Whom a fault or a plan means; a name is found for it in the topology, or in what is observed, before the run."""

    SITE = "site"
    OTHER_SITE = "other-site"
    ACTIVE_SITES = "active-sites"
    DR_SITE = "dr-site"
    LINK = "link"
    DIRECT_LINKS = "direct-links"
    DR_LINKS = "dr-links"
    CARRIER = "carrier"
    FEED = "feed"
    HOST = "host"
    PRIMARY_HOST = "primary-host"
    SYNC_HOST = "sync-host"


KIND_OF = {
    Aim.SITE: "site",
    Aim.OTHER_SITE: "site",
    Aim.ACTIVE_SITES: "site",
    Aim.DR_SITE: "site",
    Aim.LINK: "link",
    Aim.DIRECT_LINKS: "link",
    Aim.DR_LINKS: "link",
    Aim.CARRIER: "carrier",
    Aim.FEED: "feed",
    Aim.HOST: "host",
    Aim.PRIMARY_HOST: "host",
    Aim.SYNC_HOST: "host",
}
SITES = frozenset(aim for aim, kind in KIND_OF.items() if kind == "site")
Level = Literal["tabletop", "functional", "full"]
Need = Literal["site", "link", "carrier", "feed", "host", "service"]


class Words(Strict):
    """One text in both languages; neither may be missing."""

    zh: Title
    en: Title


class Sentences(Strict):
    """A paragraph in both languages; neither may be missing."""

    zh: Annotated[str, StringConstraints(min_length=1, max_length=600)]
    en: Annotated[str, StringConstraints(min_length=1, max_length=600)]


class Injection(Strict):
    """One fault at one aim, `after` seconds from the first; healed when it has lasted `lasts`, else at the end."""

    fault: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,30}$")]
    target: Aim
    after: Duration = 0
    lasts: Duration | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        row = BY_ID.get(self.fault)
        if row is None:
            raise PydanticCustomError(
                "fault", "there is no such fault; there are: {known}", {"known": ", ".join(BY_ID)}
            )
        kind = KIND_OF[self.target]
        if kind not in row.kinds:
            raise PydanticCustomError("target", "{fault} cannot hit a {kind}", {"fault": self.fault, "kind": kind})
        return self


class Course(Strict):
    """A plan that is carried out: `lost` are given up, `to` shall be primary."""

    plan: Kind
    lost: tuple[Aim, ...] = ()
    to: Aim = Aim.OTHER_SITE

    @model_validator(mode="after")
    def _sites(self) -> Self:
        wrong = [aim for aim in (*self.lost, self.to) if aim not in SITES]
        if wrong:
            raise PydanticCustomError("sites", "{aim} is no site", {"aim": str(wrong[0])})
        return self


class Recovery(Strict):
    """`none`: nobody acts; `lease`: the cluster acts by itself and the drill watches; `plan`: the drill acts.

    `courses` run one after the other while the faults are in force, `afterwards` once they are healed. `decided` by a
    `person`: a fast failover does not wait for observers to agree that the site is lost.
    """

    by: Literal["none", "lease", "plan"]
    decided: Literal["observers", "person"] = "observers"
    courses: tuple[Course, ...] = ()
    afterwards: tuple[Course, ...] = ()

    @model_validator(mode="after")
    def _courses(self) -> Self:
        if (self.by == "none") == bool(self.courses):
            raise PydanticCustomError("recovery", "courses are needed for `lease` and `plan`, and only for them")
        if self.by == "lease" and any(course.plan is not Kind.FAILOVER_BY_LEASE for course in self.courses):
            raise PydanticCustomError("recovery", "by lease means the plan failover-by-lease")
        return self


class Expectation(Strict):
    """`outage`: clients notice nothing, are back within the tier's RTO, or within it once the faults are healed;
    `rows`: none is lost, or the loss is counted against the tier's RPO.
    """

    outage: Literal["none", "tier", "healed"]
    rows: Literal["none", "tier"] = "none"


class Scenario(Strict):
    """`needs` are what the command must name; `hold` is how long all must be well before it counts as back.

    What `mends` puts a cloud right that is not well, as another drill left it: it breaks nothing itself.
    """

    scenario: Name
    title: Words
    meaning: Sentences
    needs: tuple[Need, ...] = ()
    levels: Annotated[tuple[Level, ...], Field(min_length=1)] = ("tabletop", "functional", "full")
    faults: tuple[Injection, ...] = ()
    recovery: Recovery
    expect: Expectation
    hold: Duration = 10
    mends: bool = False

    @model_validator(mode="after")
    def _mends(self) -> Self:
        if self.mends and (self.faults or self.recovery.by != "plan"):
            raise PydanticCustomError("mends", "what mends has a plan and no faults")
        return self
