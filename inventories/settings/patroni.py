"""Databases: one cluster over the active sites, a standby cluster of its own at each DR site."""

from __future__ import annotations

from typing import Any

from failures import InputInvalid, Text
from inventories.hosts import MIB_PER_GIB, Host, Register
from inventories.settings import etcd
from inventories.uses import used, users
from topology.model import SiteRole, Tier

LEAST_TTL = 20
"""Patroni 4 accepts no less."""
USUAL_TTL = 30
LEAST_RTO = 25
"""A failover by lease took up to 24.8 s with the least ttl."""


def variables(register: Register, host: Host) -> dict[str, Any]:
    if register.service(host).kind != "postgresql":
        return {}
    _refuse_no_primary(register, host.service)
    standby = register.role(host) is SiteRole.DR
    return {
        **_store(register, host),
        "patroni_scope": scope(register, host),
        "patroni_name": host.name,
        "patroni_address": host.address,
        "patroni_etcd": [member.peer for member in store(register, host)],
        **_timings(register, host),
        **(_standby(register, host) if standby else _primary(register, host)),
        "patroni_peers": [peer.peer for peer in (*_city(register, host.service), *_remote(register, host.service))],
        "patroni_clients": [str(register.cloud.zones[host.zone].cidr), str(register.cloud.management)],
        "patroni_databases": databases(register, host.service),
        "patroni_memory_mb": register.service(host).flavor.ram_gb * MIB_PER_GIB,
    }


def scope(register: Register, host: Host) -> str:
    """Return the cluster a host belongs to: the service's, or that of its DR site."""
    return host.service if register.role(host) is SiteRole.ACTIVE else standby_scope(host.service, host.site)


def standby_scope(service: str, site: str) -> str:
    return f"{service}-{site}"


def store(register: Register, host: Host) -> tuple[Host, ...]:
    """Return the members of the consensus store that decides for a host's cluster."""
    if register.role(host) is SiteRole.DR:
        return tuple(etcd.odd(register.of(host.service, host.site)))
    return register.of(used(register.cloud, host.service, "etcd"))


def databases(register: Register, service: str) -> list[dict[str, str]]:
    """Return a database for each application that keeps its data here."""
    return [{"name": sql(app), "owner": sql(app)} for app in users(register.cloud, service, "app")]


def sql(name: str) -> str:
    """Return a name that SQL takes without quotes."""
    return name.replace("-", "_")


def timings(tier: Tier | None, where: str) -> tuple[int, int, int]:
    """Return ttl, loop_wait and retry_timeout in seconds: a third of the RTO is the lease.

    Always 20 <= ttl <= 30 and loop_wait + 2 * retry_timeout <= ttl. Raises InputInvalid for an RTO that a failover by
    lease cannot keep.
    """
    rto = USUAL_TTL * 3 if tier is None else tier.rto
    if rto < LEAST_RTO:
        raise InputInvalid(
            Text(
                f"an RTO of {rto:g} s asks for a ttl below {LEAST_TTL} s: "
                f"an automatic failover takes up to {LEAST_RTO} s",
                f"RTO {rto:g} 秒要求 ttl 低于 {LEAST_TTL} 秒：自动切换最长需要 {LEAST_RTO} 秒",
            ),
            where=where,
            fix=Text(f"promise an RTO of at least {LEAST_RTO}s", f"请承诺不低于 {LEAST_RTO}s 的 RTO"),
        )
    ttl = min(USUAL_TTL, max(LEAST_TTL, int(rto) // 3))
    return ttl, ttl * 3 // 20, ttl // 4


def _timings(register: Register, host: Host) -> dict[str, Any]:
    name = register.service(host).tier
    ttl, loop_wait, retry_timeout = timings(register.cloud.tiers[name] if name else None, f"tiers.{name}.rto")
    return {"patroni_ttl": ttl, "patroni_loop_wait": loop_wait, "patroni_retry_timeout": retry_timeout}


def _primary(register: Register, host: Host) -> dict[str, Any]:
    service = register.service(host)
    tier = register.cloud.tiers[service.tier] if service.tier else None
    remote = dict.fromkeys(other.site for other in _remote(register, host.service))
    return {
        "patroni_synchronous": service.sync == "city",
        "patroni_strict": bool(tier and tier.strict),
        "patroni_standby_of": [],
        "patroni_standby_slot": "",
        "patroni_slots": [sql(standby_scope(host.service, site)) for site in remote],
    }


def _standby(register: Register, host: Host) -> dict[str, Any]:
    return {
        "patroni_synchronous": False,
        "patroni_strict": False,
        "patroni_standby_of": [other.peer for other in _city(register, host.service)],
        "patroni_standby_slot": sql(scope(register, host)),
        "patroni_slots": [],
    }


def _store(register: Register, host: Host) -> dict[str, Any]:
    """Return the variables of the store that a DR host holds itself; nothing for others."""
    members = store(register, host)
    if register.role(host) is SiteRole.ACTIVE or host not in members:
        return {}
    return etcd.member(register, host, scope(register, host), members)


def _city(register: Register, service: str) -> tuple[Host, ...]:
    return register.of_role(service, SiteRole.ACTIVE)


def _remote(register: Register, service: str) -> tuple[Host, ...]:
    return register.of_role(service, SiteRole.DR)


def _refuse_no_primary(register: Register, service: str) -> None:
    if not _city(register, service):
        raise InputInvalid(
            Text(
                "no server of this database is at an active site: none could be primary",
                "该数据库在活动中心没有服务器，无主可选",
            ),
            where=f"services.{service}.placement",
            fix=Text("place it at an active site", "请部署到至少一个活动中心"),
        )
