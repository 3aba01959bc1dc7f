"""Applications: where their data is, and the ways to it, the own site's first."""

from __future__ import annotations

from typing import Any

from inventories.hosts import Host, Register
from inventories.settings.haproxy import write_port
from inventories.settings.patroni import sql
from inventories.uses import used
from topology.model import SiteRole

PORT = 443
HEALTH_PORT = 8080
HEALTH_PATH = "/health"


def variables(register: Register, host: Host) -> dict[str, Any]:
    if register.service(host).kind != "app":
        return {}
    return {
        "app_service": host.service,
        "app_host": host.name,
        "app_address": host.address,
        "app_site": host.site,
        "app_port": PORT,
        "app_health_port": HEALTH_PORT,
        "app_serves": register.role(host) is SiteRole.ACTIVE,
        "app_database": sql(host.service),
        "app_database_user": sql(host.service),
        "app_entrances": _entrances(register, host),
    }


def _entrances(register: Register, host: Host) -> list[dict[str, Any]]:
    entrance = used(register.cloud, host.service, "dns")
    port = write_port(register, entrance, used(register.cloud, host.service, "postgresql"))
    return [
        {"site": site, **proxy.peer, "port": port}
        for site in register.near(host.site)
        for proxy in register.of(entrance, site)
    ]
