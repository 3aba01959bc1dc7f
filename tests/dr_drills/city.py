"""Quanzhou as the inventory has it, and readings of it in which everything is well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from dr_drills.glance.readings import Readings
from dr_drills.probes.application import HealthReading
from dr_drills.probes.budget import Unknown
from dr_drills.probes.entrance import EntranceReading
from dr_drills.probes.etcd import EtcdReading
from dr_drills.probes.exporter import Backup, HostReading, RoundTrip
from dr_drills.probes.patroni import Follower, PatroniReading
from dr_drills.probes.proxy import ProxyReading
from dr_drills.probes.repository import RepositoryReading
from dr_drills.probes.scene import Scene, scene
from failures import Text
from inventories.derive import derive
from inventories.hosts import register
from topology.ledger import plan_for
from topology.load import load_cloud
from topology.model import Cloud

QUANZHOU = Path(__file__).parents[2] / "topology" / "quanzhou.yaml"
NAME = "certificates.quanzhou.internal"
SILENT = Unknown(Text("no answer", "没有应答"))
SHUT = Unknown(Text("refused", "被拒绝"), shut=True)
AT = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
PRIMARY, STANDBY, REMOTE = "citizen-db-donghai-1", "citizen-db-anxi-1", "citizen-db-changle-1"
MS = {("anxi", "donghai"): 2.2, ("changle", "donghai"): 10.3, ("anxi", "changle"): 12.4}


@cache
def cloud() -> Cloud:
    return load_cloud(QUANZHOU)


@cache
def variables() -> Mapping[str, Mapping[str, Any]]:
    return derive(register(cloud(), plan_for(cloud(), QUANZHOU))).variables


@cache
def everyone() -> Scene:
    return scene(variables())


def well() -> Readings:
    """Return readings of a city in which nothing is wrong."""
    places = everyone().places
    apps = everyone().of_kind("app")
    active = tuple(sorted(app.address for app in apps if app.active))
    return Readings(
        patroni=_databases(),
        etcd={p.host: _member(p.host, p.own["etcd_members"]) for p in everyone().running("etcd_cluster")},
        entrances={(p.host, NAME): EntranceReading(active, 5) for p in everyone().of_kind("dns")},
        health={p.host: HealthReading("ready" if p.active else "standby", p.site, "10.64.0.9") for p in apps},
        proxies={p.host: ProxyReading({"citizen-db-write": (PRIMARY,)}) for p in everyone().of_kind("dns")},
        repositories={p.host: RepositoryReading(31) for p in everyone().of_kind("repository")},
        hosts={p.host: _host(p.site, p.own.get("backup_stanzas", [])) for p in places},
    )


def changed(part: str, **rows: Any) -> Readings:
    """Return the good readings with some rows of a part replaced; in names of rows, `_` stands for `-`."""
    return swapped(part, {name.replace("_", "-"): told for name, told in rows.items()})


def swapped(part: str, rows: Mapping[Any, Any], base: Readings | None = None) -> Readings:
    """Return readings with these rows of a part replaced."""
    readings = base or well()
    return replace(readings, **{part: {**getattr(readings, part), **rows}})


def dark(*sites: str) -> Readings:
    """Return what is read while sites say nothing."""
    readings = well()
    lost = {place.host for place in everyone().places if place.site in sites}
    for part in ("patroni", "etcd", "health", "proxies", "repositories", "hosts"):
        readings = swapped(part, {host: SILENT for host in getattr(readings, part) if host in lost}, readings)
    return swapped("entrances", {key: SILENT for key in readings.entrances if key[0] in lost}, readings)


def patroni(host: str, **more: Any) -> PatroniReading:
    """Return the good reading of a database server with some facts changed."""
    return replace(_databases()[host], **more)


def _databases() -> dict[str, PatroniReading]:
    base = PatroniReading(
        "citizen-db", "primary", "running", 1, "4.1.5", 150020, 1000, None, None, None, False, False, (), AT
    )
    followers = (Follower(STANDBY, "streaming", "sync"), Follower(REMOTE, "streaming", "async"))
    copy = replace(base, role="replica", state="streaming", written=None, received=1000, replayed=1000)
    copy = replace(copy, replayed_at=AT - timedelta(seconds=90))
    return {
        PRIMARY: replace(base, followers=followers),
        STANDBY: replace(copy, synchronous=True),
        REMOTE: replace(copy, scope="citizen-db-changle", role="standby_leader"),
    }


def _member(host: str, members: list[dict[str, str]]) -> EtcdReading:
    return EtcdReading(f"id of {host}", f"id of {members[0]['name']}", 3, "3.4.23", 40960, False, ())


def _host(site: str, stanzas: list[dict[str, str]]) -> HostReading:
    trips = {}
    for pair, milliseconds in MS.items():
        if site in pair:
            trips[pair[0] if pair[1] == site else pair[1]] = RoundTrip(milliseconds / 1000, 5.0)
    backups = {stanza["name"]: Backup(full=86_400, incremental=1200, archived=30) for stanza in stanzas}
    return HostReading(0.1, "1.5.0", trips, backups)
