"""Small clouds for the tests of inventories, changed by a few words."""

from __future__ import annotations

from typing import Any

from inventories.hosts import Register, register
from tests.stacks import small


def service(kind: str, east: int = 1, west: int = 1, far: int = 1, **more: Any) -> dict[str, Any]:
    """Return a service of the data department."""
    return {"kind": kind, "department": "data", "placement": {"east": east, "west": west, "far": far}, **more}


def link(one: str, other: str, latency: float, **more: Any) -> dict[str, Any]:
    """Return a line between two sites."""
    carrier = {"kind": "leased", "bandwidth_mbps": 1000, "carrier": "telecom"}
    return {"between": [one, other], "latency_ms": latency, **carrier, **more}


def services() -> dict[str, Any]:
    """Return one service of every kind, at all three sites."""
    return {
        "citizen-db": service("postgresql", tier="critical", sync="city"),
        "quorum": service("etcd"),
        "entrance": service("dns"),
        "packages": service("repository"),
        "files": service("object-store"),
        "permits": service("app"),
    }


def topology(**changed: Any) -> dict[str, Any]:
    """Return the topology of a cloud that has every kind of service; `changed` replaces services, None takes one away."""
    data = small.topology()
    data["sites"]["far"]["city"] = "fuzhou"
    data["links"] = [link("east", "west", 1), link("east", "far", 5), link("west", "far", 6)]
    named = {name.replace("_", "-"): value for name, value in changed.items()}
    data["services"] = {name: value for name, value in {**services(), **named}.items() if value is not None}
    return data


def hosts(data: dict[str, Any] | None = None, **changed: Any) -> Register:
    """Return the hosts of a topology, or of the usual one with some services changed."""
    return register(*small.planned(topology(**changed) if data is None else data))
