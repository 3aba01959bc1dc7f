"""The page: whole by itself, safe whatever the names are, readable in a browser and on paper."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from dr_drills.journal.event import EventKind
from dr_drills.rehearsal import phases
from dr_drills.report.assemble import report_of
from dr_drills.report.page import render, style_hash
from dr_drills.report.words import PHASES
from tests.dr_drills.report.runs import FAULT, SITES, attempts, measured, site_lost, without

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
NASTY = "</style><script>alert(1)</script><img src=x onerror=alert(1)>\"'{{ 7*7 }}"


class Elements(HTMLParser):
    """Collects names of elements, their attributes and the text between."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs
        if tag not in {"meta", "input", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page(events: Any = None, tried: Any = None) -> str:
    return render(report_of(events or site_lost(), (), attempts() if tried is None else tried, ["anxi", "changle"]))


def test_page_of_a_run_loads_nothing_from_anywhere() -> None:
    """No script, no link, no picture, no address, no style that its policy does not name."""
    shown = page()
    elements = Elements(shown)
    names = {name for name, _ in elements.attributes}

    assert not {"script", "link", "img", "iframe", "object", "base"} & set(elements.names)
    assert not {"src", "href", "style", "xlink:href"} & names
    assert not [name for name in names if name.startswith("on")]
    assert not re.search(r"https?://|@import|url\((?!#)", shown)
    assert f"default-src 'none'; style-src '{style_hash()}'" in html.unescape(shown)
    assert elements.open == []


def test_page_of_hostile_names_shows_them_as_text() -> None:
    """What stands in a topology or a journal never becomes markup, nor a template."""
    sites = {**SITES, "donghai": {**SITES["donghai"], "title": {"zh": NASTY, "en": NASTY}, "city": NASTY}}
    facts: dict[str, Any] = dict.fromkeys(("operator", "host", "cloud", "scenario", "level"), NASTY)
    shown = page(site_lost(sites=sites, title={"zh": NASTY, "en": NASTY}, versions={NASTY: NASTY}, **facts))

    assert not {"script", "img"} & set(Elements(shown).names)
    assert NASTY in html.unescape(shown)


def test_page_of_a_run_convinces_by_its_facts() -> None:
    """Verdict, people, hashes, bounds, ledger and chain head stand in it, in both languages."""
    document = report_of(site_lost(), (), attempts(), ["anxi", "changle"])
    shown = render(document)

    for fact in (
        "通过",
        "PASS",
        "lin.wei",
        "chen.jing",
        document["topology_sha256"],
        document["plan_sha256"],
        document["chain"]["head"]["digest"],
        "24.00 – 24.20 s",
        "731",
        "anxi, changle",
        "Patroni 4.1.5",
        "22.4 s",
        "20.7 s",
        "60.0 s",
    ):
        assert fact in shown


def test_page_of_a_bad_run_tells_why_first() -> None:
    """Each rule that does not pass is above the figures; nothing unknown is shown as a number."""
    bad = site_lost({"whole": {**measured()["whole"], "seconds": None, "high_s": None}})
    shown = page(without(bad, EventKind.HEALED, EventKind.RUN_ENDED))

    assert "FAIL" in shown
    assert shown.index("观测期内服务未恢复") < shown.index('class="cards"')
    assert "&gt; 24.00 s" in shown
    assert "None" not in shown


@pytest.mark.parametrize("count", [0, 1, 12])
def test_page_of_a_run_cut_short_is_still_a_page(count: int) -> None:
    """Whatever the events that there are: a page, and never a pass."""
    shown = page(site_lost()[:count] or without(site_lost(), *EventKind), ())

    assert "PASS" not in shown.split("</h1>")[1].split("</header>")[0]


@pytest.mark.parametrize(
    ("target", "lost", "slow"),
    [
        ({"kind": "site", "name": "donghai"}, 3, 0),
        ({"kind": "link", "name": "donghai-anxi-unicom"}, 1, 0),
        ({"kind": "carrier", "name": "telecom"}, 2, 0),
        ({"kind": "host", "name": "citizen-db-donghai-1"}, 0, 0),
    ],
)
def test_page_map_marks_the_lines_that_broke(target: dict[str, str], lost: int, slow: int) -> None:
    """A site takes its lines with it, a carrier all of its own, a host none."""
    events = [e if "fault" not in e.data else _aimed(e, target) for e in site_lost()]
    shown = page(tuple(events))

    assert shown.count('class="line lost"') == lost
    assert shown.count('class="line well"') == 4 - lost
    assert shown.count('class="line slow"') == slow


@pytest.mark.slow
def test_every_phase_has_a_name_and_a_colour_on_the_page() -> None:
    """A phase that the page does not know would be drawn black."""
    style = html.unescape(render(report_of(site_lost(), (), attempts())))

    assert list(PHASES) == [phase.id for phase in phases.PHASES]
    assert [name for name in PHASES if not re.search(rf"\.{name}\b[^{{}}]*{{ fill: #", style)] == []


def test_page_in_a_browser_has_no_errors_and_prints(tmp_path: Path) -> None:
    """Chromium draws it, its policy blocks nothing of it, and it becomes a document of a few pages."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip(f"no browser to look at the page with: none of {', '.join(BROWSERS)} is on PATH")
    file = tmp_path / "report.html"
    file.write_text(page(), encoding="utf-8")
    plain = [
        browser,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        f"--user-data-dir={tmp_path / 'profile'}",
    ]
    plain += ["--enable-logging=stderr", "--window-size=1120,2600"]
    told = ""
    for wanted in (f"--screenshot={tmp_path / 'page.png'}", f"--print-to-pdf={tmp_path / 'page.pdf'}"):
        done = subprocess.run([*plain, wanted, file.as_uri()], capture_output=True, text=True, timeout=120, check=True)
        told += done.stderr
    pdf = (tmp_path / "page.pdf").read_bytes()

    assert "CONSOLE" not in told
    assert (tmp_path / "page.png").stat().st_size > 50_000
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 8


def _aimed(event: Any, target: dict[str, str]) -> Any:
    return replace(event, data={**event.data, **FAULT, "target": target})
