"""What observers look with: connections to the servers that decide for a database, from here, from a host, by proxy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path

from dr_drills.actions.tools import Hosts
from dr_drills.detection.reach import answering
from dr_drills.detection.watch import Eye, Observer
from dr_drills.detection.witnesses import INSIDE, OUTSIDE, PROXY
from dr_drills.probes import etcd, patroni
from dr_drills.probes.proxy import read_proxy
from dr_drills.probes.scene import Place, Scene
from dr_drills.probes.web import Web

CONNECT_S = 0.3
ENTER_S = 2.0
PEER_PORT = 2380
SEAT = "operator"


def observers(scene: Scene, lost: Sequence[str], web: Web, hosts: Hosts | None) -> tuple[Observer, ...]:
    """Return who looks at sites that may be lost: the operator's seat, and one at each other site.

    Without a way into the hosts the proxies speak for their sites.
    """
    sites = targets(scene)
    found = [Observer(OUTSIDE.id, SEAT, partial(_from_here, sites, lost))]
    for site in scene.sites:
        if site in lost:
            continue
        inside = _seat_in(scene, site)
        others = {name: rows for name, rows in sites.items() if name != site}
        if hosts is not None and inside is not None:
            found.append(Observer(INSIDE.id, site, partial(_from_host, hosts, inside.host, others, lost)))
        elif proxy := next((p for p in scene.running("haproxy_clusters") if p.site == site), None):
            found.append(Observer(PROXY.id, site, _by_proxy(scene, web, proxy, lost)))
    return tuple(found)


def targets(scene: Scene) -> dict[str, tuple[str, ...]]:
    """Return by site where its database servers and its members of consensus stores listen, as `address:port`."""
    found: dict[str, list[str]] = {}
    for place in scene.running("etcd_cluster"):
        address = str(place.own["etcd_address"])
        found.setdefault(place.site, []).extend((f"{address}:{PEER_PORT}", f"{address}:{etcd.PORT}"))
    for place in scene.running("patroni_scope"):
        found.setdefault(place.site, []).append(f"{place.address}:{patroni.PORT}")
    return {site: tuple(rows) for site, rows in found.items()}


def told(sites: Mapping[str, Sequence[str]], lost: Sequence[str], answered: set[str]) -> dict[str, bool | None]:
    """Return whether the sites that may be lost are seen; silence counts only from one who sees another site."""
    awake = any(answered & set(rows) for site, rows in sites.items() if site not in lost)
    return {site: True if answered & set(sites[site]) else False if awake else None for site in lost if sites.get(site)}


def _from_here(sites: Mapping[str, Sequence[str]], lost: Sequence[str]) -> dict[str, bool | None]:
    return told(sites, lost, set(answering(_all(sites), CONNECT_S)))


def _from_host(
    hosts: Hosts, host: str, sites: Mapping[str, Sequence[str]], lost: Sequence[str]
) -> dict[str, bool | None]:
    words = ["python3", "-I", "-S", "-c", program(), str(CONNECT_S), *_all(sites)]
    return told(sites, lost, set(hosts.run(host, words, ENTER_S).split()))


def _by_proxy(scene: Scene, web: Web, proxy: Place, lost: Sequence[str]) -> Eye:
    sites: dict[str, list[str]] = {}
    for place in scene.running("patroni_scope"):
        sites.setdefault(place.site, []).append(str(place.own["patroni_name"]))

    def look() -> dict[str, bool | None]:
        up = {server for way in read_proxy(web, proxy.address).ways.values() for server in way}
        return told(sites, lost, up)

    return look


def _seat_in(scene: Scene, site: str) -> Place | None:
    """Return the host of a site from which it looks: one that speaks with the other sites anyway."""
    there = (*scene.running("etcd_cluster"), *scene.running("patroni_scope"))
    return next((place for place in there if place.site == site), None)


def _all(sites: Mapping[str, Sequence[str]]) -> list[str]:
    return list(_flat(sites))


def _flat(sites: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for rows in sites.values():
        yield from rows


@cache
def program() -> str:
    """Return the text that a host's Python runs to say who answers."""
    return (Path(__file__).parent / "reach.py").read_text(encoding="utf-8")
