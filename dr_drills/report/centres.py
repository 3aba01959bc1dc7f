"""The map of the centres: where each is drawn, what lies between them, and what a run broke."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import hypot
from typing import Any, NamedTuple

WIDTH = 760
BOX_W, BOX_H = 190, 66
PAD, GAP_Y, TOP = 22, 96, 34
PARALLEL = 84
"""Between the middles of two lines of the same two centres."""
BREAKS = frozenset({"cut", "power"})
SLOWS = ("slow", "lossy")
"""How the names of faults begin that leave a line up, but worse."""


class Hit(NamedTuple):
    """A fault that a run injected."""

    fault: str
    kind: str
    name: str


@dataclass(frozen=True)
class Box:
    """`state` is well, hit (a part of it) or lost."""

    name: str
    role: str
    title: Mapping[str, str]
    x: float
    y: float
    state: str = "well"

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + BOX_W / 2, self.y + BOX_H / 2


@dataclass(frozen=True)
class Line:
    """`x`, `y` are for the label; `state` is well, slow or lost."""

    name: str
    carrier: str
    x1: float
    y1: float
    x2: float
    y2: float
    state: str

    @property
    def x(self) -> float:
        return (self.x1 + self.x2) / 2

    @property
    def y(self) -> float:
        return (self.y1 + self.y2) / 2


@dataclass(frozen=True)
class Frame:
    name: str
    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True)
class Picture:
    width: float
    height: float
    cities: tuple[Frame, ...]
    lines: tuple[Line, ...]
    boxes: tuple[Box, ...]


def picture(document: Mapping[str, Any]) -> Picture:
    """Return the map of a report's sites and links; cities with active sites come first."""
    sites: Mapping[str, Mapping[str, Any]] = document.get("sites") or {}
    links: Mapping[str, Mapping[str, Any]] = document.get("links") or {}
    broken = tuple(_broken(document))
    columns = _columns(sites)
    height = TOP + 2 * PAD + max((_tall(len(names)) for names in columns.values()), default=0)
    boxes = {box.name: box for box in _boxes(columns, sites, broken, height)}
    cities = tuple(_frame(city, [boxes[name] for name in names]) for city, names in columns.items())
    return Picture(WIDTH, height, cities, tuple(_lines(links, boxes, broken)), tuple(boxes.values()))


def _broken(document: Mapping[str, Any]) -> Iterator[Hit]:
    for row in document.get("faults") or ():
        if row["injected_t"] is not None or row["intent_t"] is not None:
            yield Hit(row["fault"], row["target"]["kind"], row["target"]["name"])


def _columns(sites: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    columns: dict[str, list[str]] = {}
    for name in sorted(sites, key=lambda site: sites[site].get("role") != "active"):
        columns.setdefault(str(sites[name].get("city", "")), []).append(name)
    return columns


def _tall(count: int) -> float:
    return count * BOX_H + (count - 1) * GAP_Y


def _boxes(
    columns: Mapping[str, list[str]],
    sites: Mapping[str, Mapping[str, Any]],
    broken: tuple[Hit, ...],
    height: float,
) -> Iterator[Box]:
    room = (WIDTH - 2 * PAD - 2 - BOX_W) / max(1, len(columns) - 1)
    for column, names in enumerate(columns.values()):
        first = TOP + (height - TOP - _tall(len(names))) / 2
        for row, name in enumerate(names):
            title = sites[name].get("title") or {"en": name, "zh": name}
            y = first + row * (BOX_H + GAP_Y)
            yield Box(
                name,
                str(sites[name].get("role", "")),
                title,
                PAD + 1 + column * room,
                y,
                _state(name, sites[name], broken),
            )


def _state(site: str, facts: Mapping[str, Any], broken: tuple[Hit, ...]) -> str:
    own = {"site": {site}, "feed": set(facts.get("power") or ())}
    if any(name in own.get(kind, ()) and fault in BREAKS for fault, kind, name in broken):
        return "lost"
    inside = (kind in {"host", "service"} and f"-{site}-" in f"{name}-" for _, kind, name in broken)
    return "hit" if any(inside) or any(name in own.get(kind, ()) for _, kind, name in broken) else "well"


def _frame(city: str, boxes: list[Box]) -> Frame:
    y = min(box.y for box in boxes) - PAD - 12
    return Frame(city, boxes[0].x - PAD, y, BOX_W + 2 * PAD, max(box.y for box in boxes) + BOX_H + PAD - y)


def _lines(links: Mapping[str, Mapping[str, Any]], boxes: Mapping[str, Box], broken: tuple[Hit, ...]) -> Iterator[Line]:
    known = {name: link for name, link in links.items() if set(link["between"]) <= set(boxes)}
    dark = {box.name for box in boxes.values() if box.state == "lost"}
    pairs = [frozenset(link["between"]) for link in known.values()]
    for number, (name, link) in enumerate(known.items()):
        one, other = (boxes[site] for site in link["between"])
        beside = pairs[:number].count(pairs[number]) - (pairs.count(pairs[number]) - 1) / 2
        ends = _between(one, other, beside * PARALLEL)
        yield Line(name, str(link.get("carrier", "")), *ends, _line_state(name, link, dark, broken))


def _line_state(name: str, link: Mapping[str, Any], dark: set[str], broken: tuple[Hit, ...]) -> str:
    ends = {str(site) for site in link["between"]}
    hit = {"link": {name}, "carrier": {str(link.get("carrier"))}, "site": ends}
    faults = {fault for fault, kind, target in broken if target in hit.get(kind, ())}
    if faults & BREAKS or dark & ends:
        return "lost"
    return "slow" if any(fault.startswith(SLOWS) for fault in faults) else "well"


def _between(one: Box, other: Box, aside: float) -> tuple[float, float, float, float]:
    """Return the ends of a line from edge to edge, moved aside from the straight one between the middles."""
    (ax, ay), (bx, by) = one.middle, other.middle
    length = hypot(bx - ax, by - ay) or 1.0
    ox, oy = -(by - ay) / length * aside, (bx - ax) / length * aside
    share = _edge(bx - ax, by - ay)
    dx, dy = (bx - ax) * share, (by - ay) * share
    return ax + dx + ox, ay + dy + oy, bx - dx + ox, by - dy + oy


def _edge(dx: float, dy: float) -> float:
    """Return which share of the way leads out of a box, with a little air."""
    shares = [(BOX_W / 2 + 4) / abs(dx) if dx else 1.0, (BOX_H / 2 + 4) / abs(dy) if dy else 1.0]
    return min(shares)
