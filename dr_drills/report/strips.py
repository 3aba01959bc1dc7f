"""The timeline: phases, faults and what each client met, as rectangles over one axis of seconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

WIDTH, LABELS = 960, 168
PHASE_H, FAULT_H, LANE_H, GAP, AXIS_H = 24, 14, 16, 7, 26
STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)
MOST_TICKS = 11
LETTER = 6.6
"""Width of a letter of the labels inside phases."""


@dataclass(frozen=True)
class Bar:
    """`look` is the class it is drawn by; `fits` is whether its name fits inside."""

    name: str
    look: str
    x: float
    y: float
    w: float
    h: float
    fits: bool = False
    seconds: float | None = None


@dataclass(frozen=True)
class Label:
    """`x`, `y` of a text; `seconds` from the fault for ticks."""

    name: str
    x: float
    y: float
    note: str = ""


@dataclass(frozen=True)
class Panel:
    height: float
    ticks: tuple[Label, ...]
    phases: tuple[Bar, ...]
    faults: tuple[Bar, ...]
    lanes: tuple[Bar, ...]
    labels: tuple[Label, ...]
    fault_x: float | None
    back_x: float | None


@dataclass(frozen=True)
class Scale:
    low: float
    high: float

    def x(self, t: float) -> float:
        inside = min(max(t, self.low), self.high)
        return round(LABELS + (inside - self.low) / (self.high - self.low) * (WIDTH - LABELS - 4), 2)

    def shows(self, began: float, ended: float) -> bool:
        return ended >= self.low and began <= self.high


def panels(document: Mapping[str, Any]) -> tuple[Panel, ...]:
    """Return the whole run and, when there was an outage, the outage from close by."""
    end = float(document.get("seconds") or 0.0)
    if end <= 0:
        return ()
    fault, seconds = document.get("fault_t"), (document.get("whole") or {}).get("seconds")
    scales = [Scale(0.0, end)]
    if fault is not None and seconds:
        scales.append(Scale(max(0.0, fault - 0.06 * seconds), min(end, fault + 1.12 * seconds)))
    return tuple(_panel(document, scale) for scale in scales)


def _panel(document: Mapping[str, Any], scale: Scale) -> Panel:
    fault, seconds = document.get("fault_t"), (document.get("whole") or {}).get("seconds")
    faults = tuple(_faults(document, scale, PHASE_H + GAP))
    first = PHASE_H + GAP + len(document["faults"]) * (FAULT_H + GAP)
    back = fault + seconds if fault is not None and seconds else None
    return Panel(
        height=first + len(document["clients"]) * (LANE_H + GAP) + AXIS_H,
        ticks=tuple(_ticks(scale, fault or 0.0)),
        phases=tuple(_phases(document, scale)),
        faults=faults,
        lanes=tuple(_lanes(document, scale, first)),
        labels=tuple(_labels(document, first)),
        fault_x=None if fault is None else scale.x(fault),
        back_x=None if back is None or not scale.shows(back, back) else scale.x(back),
    )


def _phases(document: Mapping[str, Any], scale: Scale) -> Iterator[Bar]:
    for row in document["phases"]:
        ended = scale.high if row["ended_t"] is None else row["ended_t"]
        if scale.shows(row["began_t"], ended):
            x, w = scale.x(row["began_t"]), max(1.0, scale.x(ended) - scale.x(row["began_t"]))
            fits = w > LETTER * (len(row["phase"]) + 5)
            yield Bar(row["phase"], row["phase"], x, 0, round(w, 2), PHASE_H, fits, row["seconds"])


def _faults(document: Mapping[str, Any], scale: Scale, first: float) -> Iterator[Bar]:
    for number, row in enumerate(document["faults"]):
        began = row["injected_t"] if row["injected_t"] is not None else row["intent_t"]
        ended = scale.high if row["healed_t"] is None else row["healed_t"]
        if began is not None and scale.shows(began, ended):
            x, y = scale.x(began), first + number * (FAULT_H + GAP)
            yield Bar(row["fault"], "fault", x, y, max(1.0, round(scale.x(ended) - x, 2)), FAULT_H)


def _lanes(document: Mapping[str, Any], scale: Scale, first: float) -> Iterator[Bar]:
    for number, client in enumerate(document["clients"]):
        y = first + number * (LANE_H + GAP)
        for began, ended, outcome, _count in client["stretches"]:
            if scale.shows(began, ended):
                x = scale.x(began)
                yield Bar(client["client"], outcome, x, y, max(0.8, round(scale.x(ended) - x, 2)), LANE_H)


def _labels(document: Mapping[str, Any], first: float) -> Iterator[Label]:
    for number, row in enumerate(document["faults"]):
        y = PHASE_H + GAP + number * (FAULT_H + GAP) + FAULT_H - 3
        yield Label(f"{row['fault']} {row['target']['name']}", LABELS - 8, y, "fault")
    for number, client in enumerate(document["clients"]):
        yield Label(client["client"], LABELS - 8, first + number * (LANE_H + GAP) + LANE_H - 4, client["kind"])


def _ticks(scale: Scale, zero: float) -> Iterator[Label]:
    """Yield ticks at round seconds from the fault."""
    step = next((s for s in STEPS if (scale.high - scale.low) / s <= MOST_TICKS), STEPS[-1])
    number = int((scale.low - zero) // step)
    while (t := zero + number * step) <= scale.high:
        if t >= scale.low:
            yield Label(f"{number * step:+g} s" if number else "0", scale.x(t), 0)
        number += 1
