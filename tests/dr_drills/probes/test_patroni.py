"""What Patroni says, as readings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dr_drills.probes.patroni import Follower, parsed

AT = datetime(2026, 11, 22, 21, 0, 0, tzinfo=UTC)
PRIMARY: dict[str, Any] = {
    "state": "running",
    "role": "primary",
    "server_version": 150020,
    "xlog": {"location": 83886408},
    "timeline": 1,
    "replication": [
        {"usename": "replicator", "application_name": "db-b-1", "state": "streaming", "sync_state": "sync"},
        {"usename": "replicator", "application_name": "db-c-1", "state": "streaming", "sync_state": "async"},
    ],
    "patroni": {"version": "4.1.5", "scope": "db", "name": "db-a-1"},
}


def test_parsed_primary_says_what_it_wrote_and_who_follows() -> None:
    """A primary has a position and followers, and replays nothing."""
    found = parsed(PRIMARY, AT)

    assert (found.role, found.state, found.written, found.replayed) == ("primary", "running", 83886408, None)
    assert found.followers == (Follower("db-b-1", "streaming", "sync"), Follower("db-c-1", "streaming", "async"))
    assert (found.patroni, found.server, found.timeline, found.scope) == ("4.1.5", 150020, 1, "db")


def test_parsed_replica_says_how_far_it_is() -> None:
    """A copy has what it received and replayed, and the time of its newest transaction."""
    log = {"received_location": 9, "replayed_location": 8, "replayed_timestamp": "2026-11-22 20:59:58.5+00:00"}
    found = parsed({**PRIMARY, "role": "replica", "xlog": log, "replication": [], "sync_standby": True}, AT)

    assert (found.written, found.received, found.replayed, found.synchronous) == (None, 9, 8, True)
    assert found.replayed_at
    assert (AT - found.replayed_at).total_seconds() == 1.5


def test_parsed_of_a_server_that_starts_claims_nothing() -> None:
    """What is missing is None or empty, never a zero that looks like a measurement."""
    found = parsed({"state": "starting", "role": "replica", "patroni": {"version": "4.1.5", "scope": "db"}}, AT)

    assert (found.written, found.replayed, found.replayed_at, found.timeline) == (None, None, None, None)
    assert (found.synchronous, found.paused, found.followers) == (False, False, ())
