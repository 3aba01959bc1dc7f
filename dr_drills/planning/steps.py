"""What a plan is made of: rows with a rule, a guard, a proof that it is done, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from dr_drills.planning.world import Seen, World
from failures import Text


class Kind(StrEnum):
    """The plans there are; each has a table of rows."""

    SWITCHOVER = "switchover"
    FAILOVER = "failover"
    FAILOVER_BY_LEASE = "failover-by-lease"
    CITY_FAILOVER = "city-failover"
    CITY_SWITCHOVER = "city-switchover"
    TAKEOVER = "takeover"
    TAKE_BACK = "take-back"
    FAILBACK = "failback"
    REPROTECT = "reprotect"
    RESTART = "restart"


class Action(StrEnum):
    """What an executor can do to the world; each is idempotent."""

    FENCE = "fence"
    UNFENCE = "unfence"
    PROVE_OFF = "prove-off"
    SWITCH = "switch"
    RELEASE_LEASE = "release-lease"
    AWAIT_LEASE = "await-lease"
    FORCE_STORE = "force-store"
    WIPE_MEMBER = "wipe-member"
    ADD_MEMBER = "add-member"
    PROMOTE_DR = "promote-dr"
    DEMOTE_DR = "demote-dr"
    ATTACH_CITY = "attach-city"
    PROMOTE_CITY = "promote-city"
    COMPARE_FORKS = "compare-forks"
    REBUILD_CITY = "rebuild-city"
    ROUTE = "route"
    START = "start"
    AWAIT_COPY = "await-copy"
    VERIFY_WRITE = "verify-write"


class Undo(StrEnum):
    """`heal` always runs at the end, `person` never runs by itself, `none` has nothing to take back."""

    HEAL = "heal"
    PERSON = "person"
    NONE = "none"


class Consent(StrEnum):
    """Who must agree: nobody beyond the plan's start, or a second person because rows may be lost."""

    START = "start"
    SECOND_PERSON = "second-person"


@dataclass(frozen=True)
class Case:
    """`lost` are the sites given up, `to` is the site that shall be primary."""

    lost: tuple[str, ...]
    to: str


Look = Callable[[World, Case, str], Seen]
Change = Callable[[World, Case, str], World]


@dataclass(frozen=True)
class Rule:
    """One row: for each target, do `action` unless `done`, only when `guard` holds; `expect` is the world afterwards.

    `predicted_s` comes from measured runs (n in the reason where it is small), `timeout_s` ends the step as unknown.
    `serves` is whether clients are served on while it is done: an outage does not count from it.
    """

    id: str
    action: Action
    targets: Callable[[World, Case], tuple[str, ...]]
    guard: Look
    done: Look
    expect: Change
    undo: Undo
    consent: Consent
    predicted_s: float
    timeout_s: float
    reason: Text
    serves: bool = False


@dataclass(frozen=True)
class Step:
    """One row applied to one target; `id` is stable over a resumed run."""

    rule: Rule
    target: str

    @property
    def id(self) -> str:
        return f"{self.rule.id}/{self.target}"


@dataclass(frozen=True)
class Plan:
    """Steps in order; empty when the world is already as the plan wants it."""

    kind: Kind
    case: Case
    steps: tuple[Step, ...]

    @property
    def predicted_s(self) -> float:
        return sum(step.rule.predicted_s for step in self.steps)

    @property
    def needs_second_person(self) -> bool:
        return any(step.rule.consent is Consent.SECOND_PERSON for step in self.steps)


@dataclass(frozen=True)
class Refusal:
    """The step whose guard does not hold; `answer` is no or unknown, and neither is a pass."""

    step: Step
    answer: Seen
