"""What the hosts of a cloud told within the time: each answer, or why there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from dr_drills.probes.application import HealthReading, read_health
from dr_drills.probes.budget import Unknown, ask
from dr_drills.probes.entrance import EntranceReading, resolve
from dr_drills.probes.etcd import EtcdReading, read_etcd
from dr_drills.probes.exporter import HostReading, read_host
from dr_drills.probes.patroni import PatroniReading, read_patroni
from dr_drills.probes.proxy import ProxyReading, read_proxy
from dr_drills.probes.repository import RepositoryReading, read_repository
from dr_drills.probes.scene import Scene
from dr_drills.probes.web import Web

SHARE = 0.9
"""Of the time, for one call: so that each can say for itself why it failed."""


Ask = Callable[[Mapping[Any, Callable[[], Any]], float], dict[Any, Any]]
"""Asks questions at once within a limit of time in seconds."""


@dataclass(frozen=True)
class Readings:
    """By host; `entrances` by host and full name."""

    patroni: Mapping[str, PatroniReading | Unknown] = field(default_factory=dict)
    etcd: Mapping[str, EtcdReading | Unknown] = field(default_factory=dict)
    entrances: Mapping[tuple[str, str], EntranceReading | Unknown] = field(default_factory=dict)
    health: Mapping[str, HealthReading | Unknown] = field(default_factory=dict)
    proxies: Mapping[str, ProxyReading | Unknown] = field(default_factory=dict)
    repositories: Mapping[str, RepositoryReading | Unknown] = field(default_factory=dict)
    hosts: Mapping[str, HostReading | Unknown] = field(default_factory=dict)


def read_all(scene: Scene, web: Web, seconds: float, asking: Ask = ask) -> Readings:
    """Ask every host everything at once; over after `seconds`, whoever is dark. `web` has the limit of each call."""
    questions = _questions(scene, web, seconds)
    told = asking({(kind, key): run for kind, rows in questions.items() for key, run in rows.items()}, seconds)
    return Readings(**{kind: {key: told[kind, key] for key in rows} for kind, rows in questions.items()})


def names_of(own: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the full names an entrance answers for, with what is declared of each."""
    return {f"{name['name']}.{own['dns_domain']}": name for name in own["dns_names"]}


def _questions(scene: Scene, web: Web, seconds: float) -> dict[str, dict[Any, Callable[[], Any]]]:
    return {
        "patroni": {p.host: partial(read_patroni, web, p.address) for p in scene.running("patroni_scope")},
        "etcd": {p.host: partial(read_etcd, web, p.address) for p in scene.running("etcd_cluster")},
        "entrances": {
            (p.host, name): partial(resolve, p.address, name, seconds * SHARE)
            for p in scene.running("dns_names")
            for name in names_of(p.own)
        },
        "health": {
            p.host: partial(read_health, web, p.address, int(p.own["app_health_port"]))
            for p in scene.running("app_health_port")
        },
        "proxies": {p.host: partial(read_proxy, web, p.address) for p in scene.running("haproxy_clusters")},
        "repositories": {p.host: partial(read_repository, web, p.address) for p in scene.running("repository_address")},
        "hosts": {p.host: partial(read_host, web, p.address) for p in scene.places},
    }
