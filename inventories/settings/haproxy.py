"""Proxies: beside each entrance, the site's way to the primary and to the replicas."""

from __future__ import annotations

from typing import Any

from inventories.hosts import Host, Register
from inventories.settings.patroni import scope, store
from inventories.uses import all_used
from topology.model import SiteRole

FIRST_PORT = 5000
PORTS_EACH = 2


def variables(register: Register, host: Host) -> dict[str, Any]:
    if register.service(host).kind != "dns":
        return {}
    databases = all_used(register.cloud, host.service, "postgresql")
    if not databases:
        return {}
    return {
        "haproxy_site": host.site,
        "haproxy_address": host.address,
        "haproxy_clusters": [_cluster(register, host.service, database) for database in databases],
    }


def write_port(register: Register, entrance: str, database: str) -> int:
    """Return the port on which an entrance leads to the primary of a database; the next one leads to its replicas."""
    return FIRST_PORT + PORTS_EACH * all_used(register.cloud, entrance, "postgresql").index(database)


def _cluster(register: Register, entrance: str, database: str) -> dict[str, Any]:
    city = register.of_role(database, SiteRole.ACTIVE)
    port = write_port(register, entrance, database)
    return {
        "service": database,
        "write_port": port,
        "read_port": port + 1,
        "city_scope": database,
        "city": [{**host.peer, "site": host.site} for host in city],
        "city_etcd": [member.peer for member in store(register, city[0])] if city else [],
        "dr": [
            {
                "scope": scope(register, host),
                **host.peer,
                "site": host.site,
                "etcd": [member.peer for member in store(register, host)],
            }
            for host in register.of_role(database, SiteRole.DR)
        ],
    }
