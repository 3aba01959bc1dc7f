"""Worlds in a row, one for each look, and steps with their time cut short."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, repeat

import pytest

from dr_drills.actions.table import ROWS, ActionRow
from dr_drills.actions.tools import Tools
from dr_drills.observe.evidence import Evidence
from dr_drills.planning.steps import Action, Case, Rule, Step
from dr_drills.planning.world import NodeView, Role, Seen, SiteView, World
from tests.dr_drills import city
from tests.dr_drills.pretence import KEYS

SITES = ("donghai", "anxi", "changle")
CASE = Case(("donghai",), "anxi")
NODES = {"donghai": NodeView(Role.PRIMARY), "anxi": NodeView(), "changle": NodeView(Role.STANDBY_LEADER)}
WELL = World(
    {site: SiteView() for site in SITES}, NODES, ("donghai", "anxi"), "changle", "donghai", frozenset({"anxi"})
)
LOST = replace(WELL, nodes={**NODES, "donghai": NodeView(Role.UNKNOWN)}).with_site(
    "donghai", reached=Seen.NO, off=Seen.UNKNOWN
)
TAKEN = replace(LOST, holder="anxi", nodes={**LOST.nodes, "anxi": NodeView(Role.PRIMARY)}, copies=frozenset())


def step(rule: Rule, target: str = "anxi", timeout_s: float = 1.0) -> Step:
    return Step(replace(rule, timeout_s=timeout_s), target)


def tools() -> Tools:
    made = Tools.of(city.everyone(), "citizen-db", KEYS)
    made.note(Evidence())
    return made


def looks(*worlds: World) -> Callable[[], World]:
    """Return what sees these worlds, the last one for ever."""
    row: Iterator[World] = chain(worlds, repeat(worlds[-1]))
    return lambda: next(row)


@dataclass
class Calls:
    """Counts what an action does instead of its own; raises what it is given."""

    failure: Exception | None = None
    count: int = 0

    def __call__(self, *_: object) -> None:
        self.count += 1
        if self.failure:
            raise self.failure


@contextmanager
def acting(patch: pytest.MonkeyPatch, action: Action, failure: Exception | None = None) -> Iterator[Calls]:
    """Put a counter in the place of an action."""
    calls = Calls(failure)
    with patch.context() as inner:
        inner.setitem(ROWS, action, ActionRow(calls, again=ROWS[action].again))
        yield calls
