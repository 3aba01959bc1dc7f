"""What a rehearsal works with; each part is given to it, so that tests can give others."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from dr_drills.detection.witnesses import Heard
from dr_drills.faults.table import Injector
from dr_drills.journal.event import Event
from dr_drills.planning.steps import Case, Step
from dr_drills.planning.world import Seen, World
from failures import Text


class Tried(Protocol):
    """One attempt of an outside client; times are seconds of the controller's monotonic clock."""

    @property
    def began_s(self) -> float: ...
    @property
    def ended_s(self) -> float: ...
    @property
    def outcome(self) -> str: ...


class Watching(Protocol):
    """The outside clients at work; each has a name."""

    def rates(self) -> Mapping[str, Any]:
        """Return how each client does now, by its name."""

    def attempts(self, name: str) -> Sequence[Tried]:
        """Return the attempts of one client so far, in the order in which they ended."""


class Result(Protocol):
    """How a step ended; `answer` is yes only when the world shows it."""

    @property
    def answer(self) -> Seen: ...
    @property
    def seconds(self) -> float: ...
    @property
    def detail(self) -> Text: ...


class Sighting(Protocol):
    """Observers at several places who look at sites all the time."""

    def heard(self, site: str) -> Sequence[Heard]:
        """Return what each of them says of a site now."""


class OutOfBand(Protocol):
    """A way to a site's databases and its fence that does not need its lines; idempotent, raises when it cannot."""

    def stop_databases(self, site: str) -> None:
        """Stop the databases of the site for good: they do not start by themselves when it comes back."""

    def is_shut_out(self, site: str) -> bool:
        """Tell whether any border that is there refuses the site."""

    def let_in(self, site: str) -> None:
        """Take down the fence around a site at every border that is there."""


@dataclass(frozen=True)
class Counted:
    """`before` are the markers in the database before the lost site came back, None when they could not be read.

    `begun_s` is when the drill began to act, `fault_s` when it did what may interrupt.
    """

    record: Path
    begun_s: float | None
    fault_s: float | None
    hold_s: float
    before: frozenset[str] | None
    before_s: float
    after: frozenset[str] | None
    rejoin_s: float | None


@dataclass(frozen=True)
class Means:
    """`unwell` says what is not known to be well, `act` carries one step out for a service and proves it.

    `prepare` makes room for the clients' markers and `forget` takes all of them away.
    `sight` lets observers look at sites for the length of the block.
    `judge` returns the verdict and its reasons from the events; `tell` hears every event as it is written.
    """

    injector: Injector
    out_of_band: OutOfBand
    observe: Callable[[], Mapping[str, World]]
    act: Callable[[str, Step, Case], Result]
    unwell: Callable[[], Sequence[str]]
    watch: Callable[[Path], AbstractContextManager[Watching]]
    sight: Callable[[Sequence[str]], AbstractContextManager[Sighting]]
    prepare: Callable[[], None]
    present: Callable[[], frozenset[str]]
    forget: Callable[[], None]
    measure: Callable[[Counted], Mapping[str, Any]]
    judge: Callable[[Sequence[Event]], tuple[str, Sequence[Mapping[str, str]]]]
    tell: Callable[[Event], None] = lambda _: None
    note: Callable[[Text], None] = lambda _: None
    seconds: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
