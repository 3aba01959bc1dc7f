"""Who uses a cloud from outside during a drill: clients of every application, out of the inventory's variables."""

from __future__ import annotations

from collections.abc import Iterator

from dr_drills.clients.attempts import CALL_S, Client, Kind
from dr_drills.clients.citizens import Citizen, Resolver
from dr_drills.clients.databases import READ, DatabaseClient
from dr_drills.clients.lines import Lines
from dr_drills.clients.markers import applications, insert_into, login_through, table_of
from dr_drills.probes.database import Login
from dr_drills.probes.scene import Place, Scene
from dr_drills.probes.trust import Keys
from dr_drills.probes.web import Web


def clients_of(scene: Scene, keys: Keys, run: str) -> tuple[Client, ...]:
    """Return the clients of a run, for whom Markers(scene, keys, run).prepare() makes room.

    From each active site's point of view a writer and a reader of each application's database, each with all proxies
    to choose from; for each application a citizen, and a resolver of its name.
    """
    return (*_of_databases(scene, keys, run), *_of_entrances(scene, keys, run))


def _of_databases(scene: Scene, keys: Keys, run: str) -> Iterator[Client]:
    sites = {place.address: place.site for place in scene.places}
    for app in applications(scene):
        rows = (
            (Kind.WRITER, insert_into(run), _ways(app)),
            (Kind.READER, READ, _reading_ways(scene, app)),
        )
        for kind, statement, ways in rows:
            if ways:
                lines = Lines(ways, keys, writes=kind.writes)
                yield DatabaseClient(f"{app.service}-{kind}-{app.site}", kind, app.service, lines, statement, sites)


def _of_entrances(scene: Scene, keys: Keys, run: str) -> Iterator[Client]:
    for app in {app.service: app for app in applications(scene)}.values():
        servers = [p for p in scene.running("dns_names") if any(n["name"] == app.service for n in p.own["dns_names"])]
        if not servers:
            continue
        asked = f"{app.service}.{servers[0].own['dns_domain']}"
        sites = {server.address: server.site for server in servers}
        yield Resolver(f"{app.service}-{Kind.RESOLVER}", servers[0].service, sites, asked)
        name, web, port = f"{app.service}-{Kind.CITIZEN}", Web(keys, CALL_S), int(app.own["app_port"])
        yield Citizen(name, app.service, tuple(sites), asked, web, table_of(run), port)


def _ways(app: Place) -> tuple[Login, ...]:
    return tuple(login_through(app, str(way["address"]), int(way["port"])) for way in app.own["app_entrances"])


def _reading_ways(scene: Scene, app: Place) -> tuple[Login, ...]:
    """Return the ways to the replicas, which each proxy has beside its way to the primary."""
    ports = {
        (place.address, int(cluster["write_port"])): int(cluster["read_port"])
        for place in scene.running("haproxy_clusters")
        for cluster in place.own["haproxy_clusters"]
    }
    pairs = (
        (str(way["address"]), ports.get((str(way["address"]), int(way["port"])))) for way in app.own["app_entrances"]
    )
    return tuple(login_through(app, address, port) for address, port in pairs if port)
