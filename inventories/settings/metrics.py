"""Measurements: round trips from every host to one host of each other site."""

from __future__ import annotations

from typing import Any

from inventories.distances import round_trips
from inventories.hosts import Host, Register


def variables(register: Register, host: Host) -> dict[str, Any]:
    return {"metrics_address": host.address, "metrics_targets": _targets(register, host)}


def _targets(register: Register, host: Host) -> list[dict[str, Any]]:
    known = round_trips(register.cloud)
    found = []
    for site in register.cloud.sites:
        milliseconds = known.get(frozenset({host.site, site}))
        there = [other for other in (*register.of_kind("etcd"), *register.hosts) if other.site == site]
        if site != host.site and milliseconds is not None and there:
            found.append({"site": site, "address": there[0].address, "declared_ms": _plain(milliseconds)})
    return found


def _plain(milliseconds: float) -> float | int:
    return int(milliseconds) if milliseconds == int(milliseconds) else milliseconds
