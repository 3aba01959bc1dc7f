"""What every host is told: who it is, whom it knows, where its packages come from, who may enter."""

from __future__ import annotations

from typing import Any

from inventories.hosts import Host, Register
from topology.model import SiteRole


def variables(register: Register, host: Host) -> dict[str, Any]:
    return {**_identity(register, host), **_base(register, host)}


def _identity(register: Register, host: Host) -> dict[str, Any]:
    service = register.service(host)
    return {
        "govcloud_site": host.site,
        "govcloud_city": register.city(host),
        "govcloud_site_role": "active" if register.role(host) is SiteRole.ACTIVE else "dr",
        "govcloud_service": host.service,
        "govcloud_kind": service.kind,
        "govcloud_tier": service.tier or "none",
        "govcloud_department": host.department,
        "govcloud_zone": host.zone,
        "govcloud_address": host.address,
    }


def _base(register: Register, host: Host) -> dict[str, Any]:
    cloud = register.cloud
    return {
        "base_host": host.name,
        "base_address": host.address,
        "base_hosts": [other.peer for other in register.hosts],
        "base_repositories": _repositories(register, host.site),
        "base_groups": [
            {"name": f"gov-{duty}", "duty": duty, "parties": sorted(parties)}
            for duty, parties in (("operate", cloud.duties.operate), ("supervise", cloud.duties.supervise))
        ],
        "base_networks": [str(zone.cidr) for zone in cloud.zones.values() if zone.kind == "tenant"],
        "base_management": str(cloud.management),
    }


def _repositories(register: Register, site: str) -> list[dict[str, str]]:
    """Return every repository, the site's own first."""
    hosts = register.of_kind("repository")
    return [
        {"site": near, "name": host.name, "url": f"https://{host.name}"}
        for near in register.near(site)
        for host in hosts
        if host.site == near
    ]
