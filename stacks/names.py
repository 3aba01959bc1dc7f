"""The names of what is built: derived, unique, within the limits of OpenStack and of host names."""

from __future__ import annotations

from hashlib import sha256

from topology.model import FlavorSize

PROJECT = "govcloud"
FOUNDATION = "foundation"
HOST_NAME_LIMIT = 63
_HASH_DIGITS = 8


def stack_name(cloud: str, site: str, shard: str) -> str:
    """Return the stack of a shard: `<cloud>.<site>.<shard>`."""
    return f"{cloud}.{site}.{shard}"


def department_shard(department: str) -> str:
    """Return a department's shard name, which no other shard of the site has."""
    return f"dept.{department}" if department == FOUNDATION else department


def stack_reference(stack: str) -> str:
    """Return the name under which other stacks read a stack's outputs."""
    return f"organization/{PROJECT}/{stack}"


def flavor_name(cloud: str, size: FlavorSize) -> str:
    """Return a name such as `quanzhou-2c-4g-40d`."""
    return f"{cloud}-{size.vcpus}c-{size.ram_gb}g-{size.disk_gb}d"


def zone_network(cloud: str, zone: str) -> str:
    """Return the name of the network that all departments of a cloud share in a zone."""
    return f"{cloud}-{zone}"


def server_name(base: str, number: int) -> str:
    """Return `<base>-<number>`, shortened by a hash where a host name could not hold it."""
    tail = f"-{number}"
    room = HOST_NAME_LIMIT - len(tail)
    if len(base) <= room:
        return base + tail
    digest = sha256(base.encode()).hexdigest()[:_HASH_DIGITS]
    return f"{base[: room - _HASH_DIGITS - 1]}-{digest}{tail}"
