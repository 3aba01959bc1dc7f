"""Entrances and the applications they lead to: what each server answers, and how each copy is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dr_drills.glance.readings import Readings, names_of
from dr_drills.glance.view import GlanceRule, Remark, failed, known, silence
from dr_drills.probes.application import HealthReading
from dr_drills.probes.budget import Unknown
from dr_drills.probes.entrance import EntranceReading
from dr_drills.probes.scene import Place, Scene
from failures import Text


@dataclass(frozen=True)
class EntranceView:
    """The servers of one entrance for one name; `states` are those of the applications by address, None unknown."""

    name: str
    answers: Mapping[str, EntranceReading | Unknown]
    sites: Mapping[str, str]
    states: Mapping[str, str | None]
    ttl: int
    kind: str = "dns"
    versions: tuple[str, ...] = ()

    @property
    def told(self) -> dict[str, EntranceReading]:
        return {host: said for host, said in self.answers.items() if isinstance(said, EntranceReading)}

    @property
    def may_lose(self) -> int | None:
        """Return how many servers of the entrance may go while one still answers."""
        answering = sum(1 for said in self.told.values() if said.addresses)
        return answering - 1 if answering else None

    def summary(self) -> Text:
        sets = sorted({", ".join(said.addresses) or "-" for said in self.told.values()})
        answers = " | ".join(sets) or "?"
        count, all_ = len(self.told), len(self.answers)
        return Text(f"{count} of {all_} answer: {answers}", f"{all_} 个中 {count} 个应答：{answers}")

    def document(self) -> dict[str, Any]:
        return {
            self.sites[host]: {
                "host": host,
                "addresses": None if isinstance(said, Unknown) else list(said.addresses),
                "ttl": None if isinstance(said, Unknown) else said.ttl,
                "unknown": said.reason.en if isinstance(said, Unknown) else None,
            }
            for host, said in self.answers.items()
        }


@dataclass(frozen=True)
class ApplicationView:
    """The copies of one application; `places` says where each stands."""

    name: str
    places: Mapping[str, Place]
    health: Mapping[str, HealthReading | Unknown]
    kind: str = "app"
    versions: tuple[str, ...] = ()

    @property
    def ready(self) -> tuple[str, ...]:
        return tuple(h for h, said in self.health.items() if isinstance(said, HealthReading) and said.state == "ready")

    @property
    def may_lose(self) -> int | None:
        return len(self.ready) - 1 if self.ready else None

    def summary(self) -> Text:
        said = {host: known(told) for host, told in self.health.items()}
        text = ", ".join(f"{self.places[host].site} {told.state if told else '?'}" for host, told in said.items())
        return Text(text, text)

    def document(self) -> dict[str, Any]:
        return {
            host: {"site": self.places[host].site, "state": None, "unknown": said.reason.en}
            if isinstance(said, Unknown)
            else {"site": self.places[host].site, "state": said.state, "database": said.primary or None}
            for host, said in self.health.items()
        }


def entrance_views(scene: Scene, readings: Readings) -> Iterator[EntranceView]:
    """Yield a view per name that the entrance answers for."""
    servers = scene.running("dns_names")
    states = {p.address: _state(readings.health[p.host]) for p in scene.running("app_health_port")}
    for name in dict.fromkeys(name for place in servers for name in names_of(place.own)):
        mine = [place for place in servers if name in names_of(place.own)]
        answers = {place.host: readings.entrances[place.host, name] for place in mine}
        sites = {place.host: place.site for place in mine}
        yield EntranceView(name, answers, sites, states, int(mine[0].own["dns_ttl"]))


def application_views(scene: Scene, readings: Readings) -> Iterator[ApplicationView]:
    """Yield a view per application."""
    places = scene.running("app_health_port")
    for service in dict.fromkeys(place.service for place in places):
        mine = {place.host: place for place in places if place.service == service}
        yield ApplicationView(service, mine, {host: readings.health[host] for host in mine})


def _state(told: HealthReading | Unknown) -> str | None:
    return told.state if isinstance(told, HealthReading) else None


def _answered(view: EntranceView) -> Iterator[Remark]:
    for host, said in view.answers.items():
        if isinstance(said, Unknown):
            yield silence(host, said)
        elif not said.addresses:
            yield failed(host, "it answers with no address", "应答中没有地址")


def _leads_to_ready(view: EntranceView) -> Iterator[Remark]:
    for host, said in view.told.items():
        for address in said.addresses:
            state = view.states.get(address)
            if address not in view.states:
                yield failed(host, f"it leads to {address}, which is none of ours", f"指向 {address}，不属于本云")
            elif state not in {None, "ready"}:
                yield failed(host, f"it leads to {address}, which is {state}", f"指向 {address}，其状态为 {state}")


def _brief(view: EntranceView) -> Iterator[Remark]:
    for host, said in view.told.items():
        if said.ttl is not None and said.ttl > view.ttl:
            yield failed(
                host,
                f"clients keep its answer {said.ttl} s, declared are {view.ttl} s",
                f"客户端缓存其应答 {said.ttl} 秒，声明为 {view.ttl} 秒",
            )


def _serves(view: ApplicationView) -> Iterator[Remark]:
    for host, said in view.health.items():
        if isinstance(said, Unknown):
            yield silence(host, said)
        elif view.places[host].active and said.state != "ready":
            yield failed(host, f"it is {said.state}", f"其状态为 {said.state}")
        elif said.state not in {"ready", "standby"}:
            yield failed(host, f"it is {said.state}, wanted standby", f"其状态为 {said.state}，应为 standby")


ENTRANCE_RULES = (
    GlanceRule("S21", Text("Every entrance answers.", "每个入口都应答。"), _answered),
    GlanceRule("S22", Text("What an entrance leads to is ready.", "入口指向的副本均就绪。"), _leads_to_ready),
    GlanceRule("S23", Text("Answers are kept no longer than declared.", "应答的缓存时间不超过声明。"), _brief),
)
APPLICATION_RULES = (
    GlanceRule("S31", Text("Active copies are ready, those at DR wait.", "active 中心就绪，灾备中心待命。"), _serves),
)
