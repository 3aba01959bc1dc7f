"""Timings of a consensus store follow the distance between its members."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failures import InputInvalid
from inventories.derive import derive
from inventories.settings.etcd import odd, timings
from tests.inventories import clouds


@given(st.floats(min_value=0, max_value=5000, allow_nan=False))
def test_timings_for_any_distance_keep_the_rules(round_trip: float) -> None:
    """Heartbeat at least a round trip and 100 ms, election at least ten of both."""
    heartbeat, election = timings(round_trip)

    assert heartbeat >= max(100, round_trip)
    assert heartbeat <= max(100, 1.5 * round_trip + 1)
    assert election >= max(1000, 10 * round_trip, 10 * heartbeat)
    assert election <= 50_000


def test_timings_beyond_what_etcd_takes_are_refused() -> None:
    """A round trip of more than five seconds has no election timeout."""
    with pytest.raises(InputInvalid, match="etcd takes at most 50000"):
        timings(5001)


def test_timings_of_distant_members_follow_the_farthest_pair() -> None:
    """A line of 80 ms one way asks for a heartbeat of 160 ms."""
    data = clouds.topology()
    data["links"][1]["latency_ms"] = data["links"][2]["latency_ms"] = 80
    variables = derive(clouds.hosts(data)).variables["quorum-east-1"]

    assert (variables["etcd_heartbeat_ms"], variables["etcd_election_ms"]) == (160, 1600)


def test_odd_of_an_even_number_leaves_the_last_out() -> None:
    """Two voices decide no better than one."""
    hosts = clouds.hosts(quorum=clouds.service("etcd", 2, 0, 0)).of("quorum")

    assert [h.name for h in odd(hosts)] == ["quorum-east-1"]
    assert odd(hosts[:1]) == hosts[:1]
