"""The report as one self-contained page: no script, nothing loaded, Chinese and English."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from dr_drills.report import words
from dr_drills.report.centres import BOX_H, BOX_W, picture
from dr_drills.report.strips import LABELS, PHASE_H, WIDTH, panels
from failures import Text

BEIJING = timezone(timedelta(hours=8))
PAGES = Environment(
    loader=PackageLoader("dr_drills.report"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(document: Mapping[str, Any]) -> str:
    """Return the HTML of a report; the same document always gives the same page."""
    return PAGES.get_template("report.html").render(
        d=document,
        map=picture(document),
        panels=panels(document),
        box=(BOX_W, BOX_H),
        axis=(WIDTH, LABELS, PHASE_H),
        verdict=words.VERDICTS[document["verdict"]],
        words=words,
        style_hash=style_hash(),
        told=_told(document),
    )


def style_hash() -> str:
    """Return what the page's policy calls its one style sheet."""
    css = PAGES.get_template("style.css").render()
    return "sha256-" + base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()


def number(value: Any, digits: int = 1) -> str:
    """Return a number for a table, a dash for what is not known."""
    return "–" if value is None else f"{value:.{digits}f}" if isinstance(value, float) else str(value)


def bounds(outage: Mapping[str, Any]) -> str:
    """Return between which seconds the truth lies; open above when service was not seen to come back."""
    low, high = outage.get("low_s"), outage.get("high_s")
    if outage.get("seconds") is None:
        return "–" if low is None else f"> {number(low, 2)} s"
    return f"{number(low, 2)} – {number(high, 2)} s"


def capitalized(text: str) -> str:
    """Return a text whose first letter is large."""
    return text[:1].upper() + text[1:]


def beijing(at: str | None) -> str:
    """Return the time of Beijing for an ISO 8601 time, to the second."""
    return datetime.fromisoformat(at).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S") if at else "–"


def scaled(step: Mapping[str, Any], width: float = 150.0) -> dict[str, float | None]:
    """Return the widths of a step's measured time and budget, and where its prediction stands, within `width`."""
    most = max((step[name] or 0.0 for name in ("predicted_s", "measured_s", "budget_s")), default=0.0) or 1.0
    return {name: None if step[name] is None else round(step[name] / most * width, 1) for name in _STEP_TIMES}


def spoken(table: Mapping[str, Text], name: Any) -> Text:
    """Return the words for a name, the name itself when it has none."""
    return table.get(str(name), Text(str(name), str(name)))


def _told(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the reasons that decide: those that do not pass, failures first."""
    order = {"fail": 0, "unknown": 1}
    return sorted((r for r in document["reasons"] if r["verdict"] in order), key=lambda row: order[row["verdict"]])


_STEP_TIMES = ("predicted_s", "measured_s", "budget_s")
PAGES.filters.update(number=number, bounds=bounds, capitalized=capitalized, beijing=beijing, scaled=scaled)
PAGES.globals.update(spoken=spoken)
