"""Planned addresses of service servers: a hash of the name, so that services come and go without moving others."""

from __future__ import annotations

from collections.abc import Mapping

from failures import InputInvalid, Text
from stacks.seats import seat
from topology.addresses import AddressPlan, fixed_range
from topology.model import Cloud


def fixed_addresses(
    cloud: Cloud, addresses: AddressPlan, department: str, zone: str, site: str
) -> Mapping[tuple[str, int], str]:
    """Return service and number -> address for a department's service servers in a zone at a site.

    Each takes the free address at or after the hash of its name, in the order of the file: a service appended to the
    file moves nobody. Raises InputInvalid when the subnet keeps fewer addresses than there are servers.
    """
    subnet = addresses.subnet(zone, site, department)
    kept = fixed_range(subnet)
    wanted = _wanted(cloud, department, zone, site)
    if len(wanted) > len(kept):
        raise InputInvalid(
            Text(
                f"{len(wanted)} service servers, but {subnet} keeps {len(kept)} addresses",
                f"服务需要 {len(wanted)} 台服务器，但子网 {subnet} 只保留 {len(kept)} 个地址",
            ),
            where=f"{site}.{department}",
            fix=Text("place fewer servers, or give a service to another department", "请减少服务器或改属其他部门"),
        )
    taken: dict[int, tuple[str, int]] = {}
    for service, number in wanted:
        taken[seat(f"{service}-{number}", len(kept), taken)] = (service, number)
    return {who: str(kept.first + place) for place, who in taken.items()}


def _wanted(cloud: Cloud, department: str, zone: str, site: str) -> list[tuple[str, int]]:
    default = next((name for name, z in cloud.zones.items() if z.kind == "tenant"), None)
    return [
        (name, number)
        for name, service in cloud.services.items()
        if service.department == department and (service.zone or default) == zone
        for number in range(1, service.placement.get(site, 0) + 1)
    ]
