"""What building gave: the servers of the hosts, and the private keys that open them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from inventories.hosts import Register
from stacks import names
from stacks.engine.values import reveal

Outputs = Callable[[str], Mapping[str, Any]]
"""Returns a stack's outputs by its name, secrets marked; empty when it was never built."""


@dataclass(frozen=True)
class Built:
    """`servers` are Nova's ids by host, `keys` private keys in OpenSSH form by (site, department)."""

    servers: Mapping[str, str]
    keys: Mapping[tuple[str, str], str]


def built(register: Register, outputs: Outputs) -> Built:
    """Return what is built of the hosts; one that was built at another address does not count."""
    servers: dict[str, str] = {}
    keys: dict[tuple[str, str], str] = {}
    for site, department in dict.fromkeys((host.site, host.department) for host in register.hosts):
        found = outputs(names.stack_name(register.cloud.name, site, names.department_shard(department)))
        key = reveal(found.get("private_key"))
        if key:
            keys[site, department] = key
        for row in found.get("servers") or ():
            host = register.by_name.get(row["name"])
            if host and (host.site, host.department, host.address) == (site, department, row["address"]) and row["id"]:
                servers[host.name] = row["id"]
    return Built(servers, keys)
