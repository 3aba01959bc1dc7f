"""What Neutron says about a site's booted servers and the way to them, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

TAP = "tap"
SHORT = 11
"""Characters of an id that a name of an interface has room for."""


def tap_name(port: str) -> str:
    """Return the name of the interface that a booted server's port has at the edge."""
    return f"{TAP}{port[:SHORT]}"


def bridge_name(network: str) -> str:
    """Return the name of the bridge that a network is at the edge."""
    return f"br-{network[:SHORT]}"


class Fixed(NamedTuple):
    subnet: str
    address: str


class Pair(NamedTuple):
    """Another address or prefix that a port may send from, with the hardware address it then uses."""

    address: str
    mac: str


@dataclass(frozen=True)
class Port:
    """A port of a server or a leg of a router; `device` is the router's id."""

    id: str
    network: str
    mac: str
    fixed: tuple[Fixed, ...]
    device: str
    owner: str
    groups: tuple[str, ...] = ()
    secured: bool = True
    pairs: tuple[Pair, ...] = ()


@dataclass(frozen=True)
class Network:
    id: str
    mtu: int
    external: bool


@dataclass(frozen=True)
class Subnet:
    id: str
    network: str
    cidr: str
    gateway: str | None

    @property
    def length(self) -> str:
        """The length of its prefix."""
        return self.cidr.rpartition("/")[2]


@dataclass(frozen=True)
class Router:
    """`gateway` is the external network; without `translates` its networks are reached by their own addresses."""

    id: str
    gateway: str | None
    translates: bool
    routes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Floating:
    address: str
    fixed: str
    router: str


@dataclass(frozen=True)
class Rule:
    """One rule of a security group for IPv4; `first` and `last` are ports, or ICMP's type and code."""

    group: str
    ingress: bool
    protocol: str | None
    first: int | None
    last: int | None
    prefix: str | None
    remote: str | None


@dataclass(frozen=True)
class Picture:
    """Ports of booted servers, the legs of routers that matter to them, and what those stand on.

    `members` are the addresses of the groups that rules name as their remote side.
    """

    ports: tuple[Port, ...] = ()
    legs: tuple[Port, ...] = ()
    networks: Mapping[str, Network] = field(default_factory=dict)
    subnets: Mapping[str, Subnet] = field(default_factory=dict)
    routers: tuple[Router, ...] = ()
    floating: tuple[Floating, ...] = ()
    rules: tuple[Rule, ...] = ()
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def concerns(self) -> frozenset[str]:
        """Return the words of a nudge that make it worth looking again: ids, and the groups whose members count."""
        ids = {port.id for port in (*self.ports, *self.legs)} | {router.id for router in self.routers}
        groups = {group for port in self.ports for group in port.groups}
        return frozenset({*ids, *self.networks, *self.subnets, *groups, *(f"member:{name}" for name in self.members)})
