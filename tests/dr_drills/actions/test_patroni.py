"""Changes through Patroni's REST interface, at a server that says what a test wants."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from dr_drills.actions import patroni
from dr_drills.actions.refused import Refused
from dr_drills.actions.tools import Tools
from dr_drills.observe.keys import Held, StoreKeys
from dr_drills.planning.rows_city import SWITCH
from dr_drills.planning.rows_dr import DEMOTE_DR, PROMOTE_DR
from dr_drills.planning.steps import Case
from dr_drills.probes import patroni as probe
from dr_drills.probes.budget import NoAnswer
from tests.dr_drills import city
from tests.dr_drills.actions.scripted import CASE, LOST, WELL, step, tools
from tests.dr_drills.pretence import certified, serving

SYNC = f'{{"leader": "{city.PRIMARY}", "sync_standby": "{city.STANDBY}"}}'


@contextmanager
def at_home(patch: pytest.MonkeyPatch, status: int = 200) -> Iterator[tuple[Tools, list[tuple[str, str, Any]]]]:
    """Lend tools whose servers are all one that is here, and the changes it was asked for."""
    asked: list[tuple[str, str, Any]] = []

    def handle(method: str, path: str, body: Any) -> tuple[int, Any]:
        if method == "GET":
            return 200, {"role": "primary", "state": "running"}
        asked.append((method, path, body))
        return status, "because"

    made = tools()
    database = made.database
    assert database.dr is not None
    here = [replace(c, places=tuple(replace(p, address="127.0.0.1") for p in c.places)) for c in database.clusters]
    made.database = replace(database, city=here[0], dr=here[1])
    with serving(handle, certified("127.0.0.1"), client=True) as port:
        patch.setattr(patroni, "PORT", port)
        patch.setattr(probe, "PORT", port)
        yield made, asked


def held(leader: str = city.PRIMARY) -> StoreKeys:
    return StoreKeys("citizen-db", 9, {"leader": Held(leader, 3), "sync": Held(SYNC, 4)})


def test_promoted_dr_cluster_is_told_to_follow_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was compared before says nothing of the history that begins."""
    with at_home(monkeypatch) as (made, asked):
        made.note(made.proven.compared(forked=False))
        patroni.promote_dr(made, LOST, CASE, step(PROMOTE_DR, "changle"))

    assert asked == [("PATCH", "/config", {"standby_cluster": None})]
    assert made.proven.forked is None


def test_demoted_dr_cluster_follows_as_it_was_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """All servers of the city are its source, and its place there is kept by a slot."""
    with at_home(monkeypatch) as (made, asked):
        patroni.demote_dr(made, LOST, CASE, step(DEMOTE_DR, "changle"))

    source = asked[0][2]["standby_cluster"]
    assert (source["port"], source["primary_slot_name"]) == (5432, "citizen_db_changle")
    assert len(source["host"].split(",")) == 2


@pytest.mark.parametrize(("status", "failure"), [(401, Refused), (412, Refused), (503, NoAnswer)])
def test_change_that_patroni_refuses_is_told_in_its_words(
    status: int, failure: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it will not do is over; what it cannot do just now may still happen."""
    with at_home(monkeypatch, status) as (made, _), pytest.raises(failure, match="because"):
        patroni.promote_dr(made, LOST, CASE, step(PROMOTE_DR, "changle"))


@pytest.mark.parametrize(("leader", "wanted"), [(city.PRIMARY, 1), (city.STANDBY, 0)])
def test_switch_names_both_sides_and_is_not_asked_twice(
    leader: str, wanted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the new site leads there is nothing to hand over."""
    monkeypatch.setattr(patroni, "read_first", lambda *_: ("", held(leader)))
    with at_home(monkeypatch) as (made, asked):
        patroni.switch(made, WELL, Case((), "anxi"), step(SWITCH))

    order = {"leader": city.PRIMARY, "candidate": city.STANDBY}
    assert asked == [("POST", "/switchover", order)] * wanted


def test_candidate_at_a_site_without_a_copy_is_refused() -> None:
    """The copies are named."""
    with pytest.raises(Refused, match=f"copies: {city.STANDBY}"):
        patroni.candidate(tools().database.city, held(), "donghai", promised=True)
