"""Entrances: the names of the applications, answered at every site with addresses that are well."""

from __future__ import annotations

from typing import Any

from inventories.hosts import Host, Register
from inventories.settings.app import HEALTH_PATH, HEALTH_PORT
from inventories.uses import users
from topology.model import Cloud, SiteRole

CHECK_SECONDS = 1


def variables(register: Register, host: Host) -> dict[str, Any]:
    service = register.service(host)
    if service.kind != "dns":
        return {}
    return {
        "dns_address": host.address,
        "dns_domain": domain(register.cloud),
        "dns_ttl": int(service.ttl),
        "dns_check_interval": CHECK_SECONDS,
        "dns_servers": [other.peer for other in register.of(host.service)],
        "dns_names": [_name(register, app) for app in users(register.cloud, host.service, "app")],
    }


def domain(cloud: Cloud) -> str:
    """Return the domain below which the cloud's services are found."""
    return f"{cloud.name}.internal"


def _name(register: Register, app: str) -> dict[str, Any]:
    """Return one name; `groups` are addresses in order of preference: the active sites', else those at DR."""
    roles = (SiteRole.ACTIVE, SiteRole.DR)
    groups = [[host.address for host in register.of_role(app, role)] for role in roles]
    return {"name": app, "port": HEALTH_PORT, "path": HEALTH_PATH, "groups": groups}
