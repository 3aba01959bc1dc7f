"""Consensus stores: the cloud's quorum over its sites, and one of its own for each standby database."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from failures import InputInvalid, Text
from inventories.distances import longest_round_trip
from inventories.hosts import Host, Register

LEAST_HEARTBEAT_MS = 100
LEAST_ELECTION_MS = 1000
MOST_ELECTION_MS = 50_000
"""What etcd accepts."""


def variables(register: Register, host: Host) -> dict[str, Any]:
    if register.service(host).kind != "etcd":
        return {}
    return member(register, host, host.service, register.of(host.service))


def member(register: Register, host: Host, cluster: str, members: Sequence[Host]) -> dict[str, Any]:
    """Return the variables of one member of a store."""
    heartbeat, election = timings(longest_round_trip(register.cloud, [m.site for m in members], f"services.{cluster}"))
    return {
        "etcd_name": host.name,
        "etcd_address": host.address,
        "etcd_cluster": cluster,
        "etcd_members": [other.peer for other in members],
        "etcd_heartbeat_ms": heartbeat,
        "etcd_election_ms": election,
    }


def timings(round_trip_ms: float) -> tuple[int, int]:
    """Return heartbeat and election timeout for the longest round trip between members, all in milliseconds.

    The heartbeat is one round trip, the election timeout ten. Raises InputInvalid when etcd would not accept them.
    """
    heartbeat = max(LEAST_HEARTBEAT_MS, math.ceil(round_trip_ms))
    election = max(LEAST_ELECTION_MS, 10 * heartbeat)
    if election > MOST_ELECTION_MS:
        raise InputInvalid(
            Text(
                f"members {round_trip_ms:g} ms apart need an election timeout of {election} ms, etcd takes at most "
                f"{MOST_ELECTION_MS}",
                f"成员往返 {round_trip_ms:g} 毫秒，选举超时需 {election} 毫秒，超过 etcd 上限 {MOST_ELECTION_MS}",
            ),
            where="links",
            fix=Text("check latency_ms of the links", "请检查线路的 latency_ms"),
        )
    return heartbeat, election


def odd(hosts: Sequence[Host]) -> Sequence[Host]:
    """Return the hosts that hold a store of their own: an even number of voices decides no better than one less."""
    return hosts if len(hosts) % 2 else hosts[:-1]
