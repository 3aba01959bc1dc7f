"""The lease of a lost primary, in a real store: handed over as a whole, or not touched."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from dr_drills.actions.attach import attached
from dr_drills.actions.lease import release, transact, transaction
from dr_drills.actions.refused import Refused
from dr_drills.actions.tools import Tools
from dr_drills.observe.keys import StoreKeys, path_of, read_everywhere, read_keys
from dr_drills.planning.rows_city import RELEASE_LEASE
from dr_drills.planning.steps import Case
from dr_drills.probes.etcd import put
from dr_drills.probes.web import Web
from tests.dr_drills import city
from tests.dr_drills.actions.conftest import HOME
from tests.dr_drills.actions.scripted import CASE, LOST, step, tools

SCOPE = "citizen-db"
SYNC = {"leader": city.PRIMARY, "sync_standby": city.STANDBY}


def hold(web: Web, scope: str = SCOPE, **keys: Any) -> None:
    for name, value in keys.items():
        put(web, HOME, path_of(scope, name), value if isinstance(value, str) else json.dumps(value))


def at_home() -> Tools:
    """Return tools whose store is the member of the test."""
    made = tools()
    made.database = replace(made.database, city=replace(made.database.city, stores=(HOME,), members=()))
    return made


def take(case: Case = CASE) -> None:
    release(at_home(), LOST, case, step(RELEASE_LEASE))


def held(web: Web) -> StoreKeys:
    return read_keys(web, HOME, SCOPE)


def test_release_hands_the_lease_to_the_copy(store: Web) -> None:
    """The lease is gone, and the order names the old holder and the new: all in one revision."""
    hold(store, leader=city.PRIMARY, sync=SYNC)
    before = held(store).revision
    take()

    after = held(store)
    assert "leader" not in after.held
    assert after.document("failover") == {"leader": city.PRIMARY, "member": city.STANDBY}
    assert after.revision == before + 1


@pytest.mark.parametrize(
    "sync",
    [
        {"leader": city.PRIMARY, "sync_standby": ""},
        {"leader": city.PRIMARY, "sync_standby": "another-1"},
        {"leader": city.STANDBY, "sync_standby": city.STANDBY},
        {"leader": None, "sync_standby": None},
    ],
)
def test_release_to_one_who_is_no_copy_touches_nothing(sync: dict[str, Any], store: Web) -> None:
    """It may lack an acknowledged write; a record of another holder is no proof."""
    hold(store, leader=city.PRIMARY, sync=sync)
    before = held(store)

    with pytest.raises(Refused, match="synchronous copy"):
        take()
    assert held(store) == before


def test_release_of_a_lease_without_any_record_touches_nothing(store: Web) -> None:
    """A cluster that was never synchronous has no copy to promote."""
    hold(store, leader=city.PRIMARY)

    with pytest.raises(Refused, match="synchronous copy"):
        take()


def test_release_of_a_lease_that_is_not_given_up_touches_nothing(store: Web) -> None:
    """Only the lease of a lost site may be taken."""
    hold(store, leader=city.PRIMARY, sync=SYNC)
    before = held(store)

    with pytest.raises(Refused, match="not given up"):
        take(Case(("changle",), "anxi"))
    assert held(store) == before


@pytest.mark.parametrize("leader", [None, city.STANDBY])
def test_release_again_does_nothing(leader: str | None, store: Web) -> None:
    """The lease is on its way, or has arrived."""
    hold(store, sync=SYNC, **({"leader": leader} if leader else {}))
    before = held(store)
    take()

    assert held(store) == before


@pytest.mark.parametrize("changed", [{"sync": {**SYNC, "sync_standby": ""}}, {"leader": city.PRIMARY}, {"leader": "x"}])
def test_transaction_on_what_changed_meanwhile_is_not_done(changed: dict[str, Any], store: Web) -> None:
    """Copies and lease must be as they were read, even where the same text was written again."""
    hold(store, leader=city.PRIMARY, sync=SYNC)
    read = held(store)
    hold(store, **changed)
    before = held(store)

    assert not transact(store, HOME, transaction(read, city.STANDBY))
    assert held(store) == before


def test_transaction_on_what_is_as_it_was_is_done(store: Web) -> None:
    """The control of the test above: nothing changed, so it is done."""
    hold(store, leader=city.PRIMARY, sync=SYNC)

    assert transact(store, HOME, transaction(held(store), city.STANDBY))


def test_keys_of_another_cluster_with_the_same_beginning_are_not_read(store: Web) -> None:
    """The DR site's cluster has a name that begins with the city's."""
    hold(store, leader=city.PRIMARY)
    hold(store, "citizen-db-changle", leader=city.REMOTE)

    assert held(store).leader == city.PRIMARY
    assert held(store).members == ("alone",)


def test_keys_are_those_of_the_member_that_answers(store: Web) -> None:
    """A member that does not answer is made up for by one that does."""
    hold(store, leader=city.PRIMARY)
    cluster = replace(at_home().database.city, stores=("127.0.0.9", HOME))

    told = read_everywhere(store, (cluster,), 5)[SCOPE]
    assert isinstance(told, StoreKeys)
    assert told.leader == city.PRIMARY


def test_attached_cluster_follows_and_is_led_by_nobody(store: Web) -> None:
    """Its other settings stay; lease and old orders go."""
    hold(store, config={"ttl": 20}, leader=city.PRIMARY, failover={"leader": "x"}, sync=SYNC)
    read = held(store)

    assert transact(store, HOME, attached(read, {"host": "10.0.0.3"}))
    after = held(store)
    assert after.document("config") == {"ttl": 20, "standby_cluster": {"host": "10.0.0.3"}}
    assert after.follows
    assert set(after.held) == {"config", "sync"}
    assert not transact(store, HOME, attached(read, {"host": "10.0.0.4"}))
