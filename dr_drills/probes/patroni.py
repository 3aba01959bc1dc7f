"""Reads what Patroni says of a database server, over its REST interface."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dr_drills.probes.web import Web

PORT = 8008


@dataclass(frozen=True)
class Follower:
    """A server that streams from this one: `sync_state` is sync, quorum, potential or async."""

    name: str
    state: str
    sync_state: str


@dataclass(frozen=True)
class PatroniReading:
    """`role` is primary, replica or standby_leader; log positions are bytes, None where they do not apply.

    `replayed_at` is when the newest transaction that a copy has was committed; `at` is this machine's clock.
    """

    scope: str
    role: str
    state: str
    timeline: int | None
    patroni: str
    server: int
    written: int | None
    received: int | None
    replayed: int | None
    replayed_at: datetime | None
    synchronous: bool
    paused: bool
    followers: tuple[Follower, ...]
    at: datetime


def read_patroni(web: Web, address: str) -> PatroniReading:
    """Return what the Patroni at an address says of its server. Raises NoAnswer."""
    return parsed(web.get(f"https://{address}:{PORT}/patroni").document(), datetime.now(UTC))


def parsed(said: dict[str, Any], at: datetime) -> PatroniReading:
    """Return the reading in the document of `GET /patroni`; what is missing in it is None, False or empty."""
    log, own = said.get("xlog") or {}, said.get("patroni") or {}
    stamp = log.get("replayed_timestamp")
    return PatroniReading(
        scope=str(own.get("scope", "")),
        role=str(said.get("role", "")),
        state=str(said.get("state", "")),
        timeline=said.get("timeline"),
        patroni=str(own.get("version", "")),
        server=int(said.get("server_version") or 0),
        written=log.get("location"),
        received=log.get("received_location"),
        replayed=log.get("replayed_location"),
        replayed_at=datetime.fromisoformat(stamp) if stamp else None,
        synchronous=bool(said.get("sync_standby") or said.get("quorum_standby")),
        paused=bool(said.get("pause")),
        followers=tuple(
            Follower(str(row.get("application_name", "")), str(row.get("state", "")), str(row.get("sync_state", "")))
            for row in said.get("replication") or ()
        ),
        at=at,
    )
