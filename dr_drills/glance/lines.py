"""Lines between the sites, as the hosts measure them, and the hosts' clocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from dr_drills.glance.readings import Readings
from dr_drills.glance.view import GlanceRule, Remark, failed, silence, unknown
from dr_drills.probes.budget import Unknown
from dr_drills.probes.exporter import HostReading, RoundTrip
from dr_drills.probes.scene import Scene
from failures import Text
from topology.model import Link

FRESH_SECONDS = 100.0
"""Hosts measure every half minute; who missed three says nothing about now."""
WINDOW_SECONDS = 10.0
"""Measurements of about the same time, of which the best counts."""
SLOW_FACTOR, SLOW_MS = 1.5, 1.0
MOST_CLOCK_SECONDS = 5.0
"""Reading a clock takes up to two seconds itself."""


@dataclass(frozen=True)
class LineView:
    """The lines between two sites; `measured_ms` is the best round trip of those tried last, None when it was lost.

    `age` is how many seconds ago the last was tried, None when no host tells of one.
    """

    one: str
    other: str
    links: Mapping[str, float]
    measured_ms: float | None
    age: float | None
    kind: str = "line"
    may_lose: int | None = None
    versions: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.one} - {self.other}"

    @property
    def carries(self) -> str:
        """Return the link whose declared round trip is nearest to the measured one; an inference, no observation."""
        if self.measured_ms is None or not self.links or self.slow:
            return ""
        return min(self.links, key=lambda name: abs(self.links[name] - (self.measured_ms or 0)))

    @property
    def slow(self) -> bool:
        slowest = max(self.links.values(), default=0.0)
        return bool(self.links) and (self.measured_ms or 0) > slowest * SLOW_FACTOR + SLOW_MS

    def summary(self) -> Text:
        if self.measured_ms is None:
            return Text("not measured", "没有测量") if self.age is None else Text("nothing comes back", "没有回应")
        trip = f"{self.measured_ms:.1f} ms"
        by = self.carries or "?"
        return Text(f"up, {trip} there and back, by its latency over {by}", f"连通，往返 {trip}，按时延推断经 {by}")

    def document(self) -> dict[str, Any]:
        return {
            "up": None if self.age is None else self.measured_ms is not None,
            "tried_seconds_ago": None if self.age is None else round(self.age, 1),
            "round_trip_ms": None if self.measured_ms is None else round(self.measured_ms, 3),
            "declared_ms": dict(self.links),
            "carries": self.carries or None,
            "carries_is_inferred_from": "latency",
        }


@dataclass(frozen=True)
class HostsView:
    """Every host: whether its exporter answers, and how far its clock is from ours, in seconds."""

    clocks: Mapping[str, float | Unknown]
    name: str = "hosts"
    kind: str = "hosts"
    may_lose: int | None = None
    versions: tuple[str, ...] = ()

    def summary(self) -> Text:
        known = [skew for skew in self.clocks.values() if not isinstance(skew, Unknown)]
        worst = max((abs(skew) for skew in known), default=0.0)
        return Text(
            f"{len(known)} of {len(self.clocks)} answer, clocks within {worst:.1f} s",
            f"{len(self.clocks)} 台中 {len(known)} 台应答，时钟偏差不超过 {worst:.1f} 秒",
        )

    def document(self) -> dict[str, Any]:
        return {
            host: {"clock_seconds": None, "unknown": skew.reason.en}
            if isinstance(skew, Unknown)
            else {"clock_seconds": round(skew, 1), "unknown": None}
            for host, skew in self.clocks.items()
        }


def line_views(scene: Scene, readings: Readings, links: Mapping[str, Link]) -> Iterator[LineView]:
    """Yield a view per pair of sites; `links` are the declared ones by name."""
    for one, other in combinations(scene.sites, 2):
        trips = [trip for here, there in ((one, other), (other, one)) for trip in _trips(scene, readings, here, there)]
        last = min(trips, key=lambda trip: trip.age, default=None)
        declared = {name: 2 * link.latency_ms for name, link in links.items() if set(link.between) == {one, other}}
        yield LineView(one, other, declared, _best(trips, last), last.age if last else None)


def _best(trips: list[RoundTrip], last: RoundTrip | None) -> float | None:
    """Return the best round trip of about the time of the last one, in milliseconds; None when the last was lost."""
    if last is None or last.seconds is None:
        return None
    near = [trip.seconds for trip in trips if trip.seconds is not None and trip.age <= last.age + WINDOW_SECONDS]
    return 1000 * min(near)


def hosts_views(readings: Readings) -> Iterator[HostsView]:
    """Yield the one view of all hosts."""
    yield HostsView({host: told if isinstance(told, Unknown) else told.skew for host, told in readings.hosts.items()})


def _trips(scene: Scene, readings: Readings, here: str, there: str) -> Iterator[RoundTrip]:
    """Yield each fresh measurement that hosts of one site made of another."""
    for place in scene.places:
        told = readings.hosts[place.host]
        if place.site == here and isinstance(told, HostReading) and there in told.round_trips:
            trip = told.round_trips[there]
            if trip.age <= FRESH_SECONDS:
                yield trip


def _up(view: LineView) -> Iterator[Remark]:
    if view.measured_ms is None and view.age is not None:
        yield failed(
            "",
            "nothing comes back between them: the lines are down, or one of the sites",
            "两中心之间没有回应：线路或其中一个中心中断",
        )
    elif view.age is None:
        yield unknown("", Text("no host told of a fresh measurement", "没有主机报告近期测量"))


def _as_declared(view: LineView) -> Iterator[Remark]:
    if view.slow:
        declared = ", ".join(f"{name} {trip:g} ms" for name, trip in view.links.items())
        yield failed(
            "",
            f"{view.measured_ms:.1f} ms there and back, declared: {declared}",
            f"往返 {view.measured_ms:.1f} 毫秒，声明为：{declared}",
        )


def _answers(view: HostsView) -> Iterator[Remark]:
    for host, skew in view.clocks.items():
        if isinstance(skew, Unknown):
            yield silence(host, skew)


def _in_time(view: HostsView) -> Iterator[Remark]:
    for host, skew in view.clocks.items():
        if not isinstance(skew, Unknown) and abs(skew) > MOST_CLOCK_SECONDS:
            yield failed(host, f"its clock is {skew:+.0f} s off", f"其时钟偏差 {skew:+.0f} 秒")


LINE_RULES = (
    GlanceRule("S61", Text("Sites reach each other.", "各中心之间连通。"), _up),
    GlanceRule("S62", Text("Lines are as fast as declared.", "线路时延与声明相符。"), _as_declared),
)
HOSTS_RULES = (
    GlanceRule("S71", Text("Every host tells how it is.", "每台主机都报告状态。"), _answers),
    GlanceRule("S72", Text("Clocks agree.", "时钟一致。"), _in_time),
)
