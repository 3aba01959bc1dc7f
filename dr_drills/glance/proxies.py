"""Proxies: each site's way to the primary of a database; all must lead to one server, the one that leads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dr_drills.glance.readings import Readings
from dr_drills.glance.view import GlanceRule, Remark, failed, silence
from dr_drills.probes.budget import Unknown
from dr_drills.probes.patroni import PatroniReading
from dr_drills.probes.proxy import ProxyReading
from dr_drills.probes.scene import Place, Scene
from failures import Text


@dataclass(frozen=True)
class ProxyView:
    """The ways of all sites to one database; `primaries` are the servers that say they are primary."""

    name: str
    ways: Mapping[str, tuple[str, ...] | Unknown]
    primaries: tuple[str, ...]
    kind: str = "proxy"
    versions: tuple[str, ...] = ()

    @property
    def told(self) -> dict[str, tuple[str, ...]]:
        return {host: servers for host, servers in self.ways.items() if not isinstance(servers, Unknown)}

    @property
    def targets(self) -> tuple[str, ...]:
        """Return every server that some proxy sends writes to, each once."""
        return tuple(dict.fromkeys(server for servers in self.told.values() for server in servers))

    @property
    def may_lose(self) -> int | None:
        """Return how many proxies may go while one still leads somewhere."""
        leading = sum(1 for servers in self.told.values() if servers)
        return leading - 1 if leading else None

    def summary(self) -> Text:
        where, count, all_ = " | ".join(self.targets) or "?", len(self.told), len(self.ways)
        return Text(f"{count} of {all_} lead writes to {where}", f"{all_} 个中 {count} 个将写入指向 {where}")

    def document(self) -> dict[str, Any]:
        return {
            host: {"writes_to": None, "unknown": servers.reason.en}
            if isinstance(servers, Unknown)
            else {"writes_to": list(servers), "unknown": None}
            for host, servers in self.ways.items()
        }


def proxy_views(scene: Scene, readings: Readings) -> Iterator[ProxyView]:
    """Yield a view per database that proxies lead to."""
    proxies = scene.running("haproxy_clusters")
    said = {host: told for host, told in readings.patroni.items() if isinstance(told, PatroniReading)}
    for service in dict.fromkeys(str(row["service"]) for place in proxies for row in place.own["haproxy_clusters"]):
        servers = {place.host for place in scene.running("patroni_scope") if place.service == service}
        primaries = tuple(host for host, told in said.items() if host in servers and told.role == "primary")
        ways = {place.host: _way(readings, place, service) for place in proxies if _leads_to(place, service)}
        yield ProxyView(service, ways, primaries)


def _leads_to(place: Place, service: str) -> bool:
    return any(row["service"] == service for row in place.own["haproxy_clusters"])


def _way(readings: Readings, place: Place, service: str) -> tuple[str, ...] | Unknown:
    told = readings.proxies[place.host]
    return told.ways.get(f"{service}-write", ()) if isinstance(told, ProxyReading) else told


def _leads(view: ProxyView) -> Iterator[Remark]:
    for host, servers in view.ways.items():
        if isinstance(servers, Unknown):
            yield silence(host, servers)
        elif not servers:
            yield failed(host, "it leads writes nowhere", "写入没有去处")


def _to_one(view: ProxyView) -> Iterator[Remark]:
    if len(view.targets) > 1:
        names = ", ".join(view.targets)
        yield failed("", f"writes go to more than one server: {names}", f"写入指向不止一台服务器：{names}")


def _to_the_primary(view: ProxyView) -> Iterator[Remark]:
    for host, servers in view.told.items():
        for server in servers:
            if view.primaries and server not in view.primaries:
                yield failed(host, f"it leads writes to {server}, which is not primary", f"写入指向非主库 {server}")


PROXY_RULES = (
    GlanceRule("S24", Text("Every proxy leads writes somewhere.", "每个代理都能转发写入。"), _leads),
    GlanceRule("S25", Text("All proxies lead writes to one server.", "所有代理将写入指向同一台服务器。"), _to_one),
    GlanceRule("S26", Text("That server is the primary.", "该服务器即为主库。"), _to_the_primary),
)
