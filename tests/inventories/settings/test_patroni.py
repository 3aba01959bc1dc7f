"""Who streams from whom, and how long a lease may last."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failures import InputInvalid
from inventories.derive import derive
from inventories.settings.patroni import timings
from tests.inventories import clouds
from topology.model import Tier


def tier(rto: int) -> Tier:
    """Return a tier of an RTO in seconds."""
    return Tier.model_validate({"rto": f"{rto}s", "rpo": "0s", "gbt20988": 5})


def variables(**changed: Any) -> dict[str, dict[str, Any]]:
    """Return the variables of all hosts of the usual cloud with some services changed."""
    return {host: dict(found) for host, found in derive(clouds.hosts(**changed)).variables.items()}


@given(st.integers(min_value=25, max_value=10**5))
def test_timings_for_any_rto_keep_what_patroni_asks(rto: int) -> None:
    """A ttl of at least 20, loop_wait + 2 * retry_timeout within it."""
    ttl, loop_wait, retry_timeout = timings(tier(rto), "tiers.x.rto")

    assert 20 <= ttl <= 30
    assert loop_wait >= 1
    assert retry_timeout >= 3
    assert loop_wait + 2 * retry_timeout <= ttl


def test_timings_of_the_measured_setting_belong_to_one_minute() -> None:
    """An RTO of 60 s gets the values that were measured at 22 s."""
    assert timings(tier(60), "") == (20, 3, 5)


def test_timings_for_an_rto_no_lease_can_keep_are_refused() -> None:
    """A promise of 20 s would need a ttl below what Patroni takes."""
    with pytest.raises(InputInvalid, match="RTO of 20 s asks for a ttl below 20 s") as caught:
        timings(tier(20), "tiers.critical.rto")
    assert caught.value.where == "tiers.critical.rto"


def test_city_cluster_keeps_a_slot_for_the_standby_that_streams_from_it() -> None:
    """The DR cluster has its own scope, store and slot, and follows both active sites."""
    found = variables()
    city, far = found["citizen-db-east-1"], found["citizen-db-far-1"]

    assert city["patroni_slots"] == [far["patroni_standby_slot"]] == ["citizen_db_far"]
    assert [peer["name"] for peer in far["patroni_standby_of"]] == ["citizen-db-east-1", "citizen-db-west-1"]
    assert city["patroni_standby_of"] == []
    assert (city["patroni_scope"], far["patroni_scope"]) == ("citizen-db", "citizen-db-far")
    assert [peer["name"] for peer in far["patroni_etcd"]] == ["citizen-db-far-1"]
    assert [peer["name"] for peer in city["patroni_etcd"]] == ["quorum-east-1", "quorum-west-1", "quorum-far-1"]


def test_standby_of_two_servers_shares_a_store_of_one() -> None:
    """The second DR server holds no store, and asks the first one's."""
    found = variables(citizen_db=clouds.service("postgresql", 1, 1, 2))
    first, second = found["citizen-db-far-1"], found["citizen-db-far-2"]

    assert first["patroni_etcd"] == second["patroni_etcd"]
    assert "etcd_name" in first
    assert "etcd_name" not in second


def test_database_without_synchronous_commit_is_told_so() -> None:
    """`sync: none` is asynchronous, and a strict tier is strict in the city alone."""
    plain = variables(citizen_db=clouds.service("postgresql"))
    data = clouds.topology()
    data["tiers"]["critical"]["strict"] = True
    strict = derive(clouds.hosts(data)).variables

    assert plain["citizen-db-east-1"]["patroni_synchronous"] is False
    assert strict["citizen-db-east-1"]["patroni_strict"] is True
    assert strict["citizen-db-far-1"]["patroni_strict"] is False


def test_database_at_no_active_site_is_refused() -> None:
    """Somebody must be primary."""
    with pytest.raises(InputInvalid, match="none could be primary") as caught:
        variables(citizen_db=clouds.service("postgresql", 0, 0, 1))
    assert caught.value.where == "services.citizen-db.placement"


def test_database_names_of_applications_need_no_quotes_in_sql() -> None:
    """A hyphen of a service's name becomes an underscore."""
    found = variables(permits=None, old_permits=clouds.service("app"))

    assert found["citizen-db-east-1"]["patroni_databases"] == [{"name": "old_permits", "owner": "old_permits"}]
    assert found["old-permits-east-1"]["app_database_user"] == "old_permits"
