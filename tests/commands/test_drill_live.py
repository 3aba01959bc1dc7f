"""The timeline of a run: what is printed, when, and how wide."""

from __future__ import annotations

import io
import os
import time
from pathlib import Path

import pytest
from rich.cells import cell_len

from commands.drill_live import LIVE_S, LOOK_S, PLAIN_S, Pace, Timeline, clipped
from commands.drill_states import WIDTH
from console import Voice
from dr_drills.clients.attempts import Kind
from tests.commands.drill_play import Seen, Somebody, Terminal, people, play
from tests.dr_drills.clients.attempting import paced
from tests.dr_drills.report.runs import attempts, site_lost

GOLDEN = Path(__file__).parent.parent / "golden" / "drills"
RENEW = "GOVCLOUD_RENEW_GOLDEN"
WRITES = frozenset({("citizen-db", "writer")})


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_timeline_of_a_site_lost_is_the_golden_one(lang: str) -> None:
    """All that a reader of a log sees of a run; renew it with GOVCLOUD_RENEW_GOLDEN=1 and read the difference."""
    shown = play(site_lost(), Seen(people(), attempts(until=110.0)), lang, 110.0, io.StringIO())
    golden = GOLDEN / f"site-lost.{lang}.txt"
    if os.environ.get(RENEW):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text("\n".join(shown) + "\n", encoding="utf-8")

    assert shown == golden.read_text(encoding="utf-8").splitlines()
    assert max(map(cell_len, shown)) <= WIDTH


@pytest.mark.slow
def test_timeline_on_a_terminal_tells_of_the_clients_more_often() -> None:
    """Who sits before it wants to see that it goes on; a log does not."""
    seen = [Seen(people(), attempts(until=110.0)) for _ in range(2)]
    log = play(site_lost(), seen[0], "en", 110.0, io.StringIO())
    live = play(site_lost(), seen[1], "en", 110.0, Terminal())

    assert sum("writes" in line for line in log) < 20
    assert sum("writes" in line for line in live) > 40


def test_pace_of_a_kind_that_fails_and_comes_back_tells_at_once() -> None:
    """A change is never held back, no change never comes before its time."""
    pace = Pace(PLAIN_S, 0.0)

    assert not pace.due(frozenset(), 5.0)
    assert pace.due(WRITES, 5.2)
    assert not pace.due(WRITES, 15.0)
    assert pace.due(WRITES, 15.3)
    assert pace.due(frozenset(), 15.4)
    assert not pace.due(frozenset(), 15.6)
    assert pace.due(frozenset(), 15.5 + PLAIN_S)
    assert LOOK_S < LIVE_S < PLAIN_S


def test_timeline_with_clients_that_fail_prints_from_its_own_thread() -> None:
    """It looks by itself for as long as the block lasts, and no longer."""
    now = time.monotonic()
    seen = Seen([Somebody("c", "permits", Kind.WRITER)], paced(now, [(now - 5, now)], began_s=now - 10), now)
    err = io.StringIO()
    with Timeline(Voice("en", err=err), lambda: seen):
        until = time.monotonic() + 5
        while not err.getvalue() and time.monotonic() < until:
            time.sleep(0.02)
    told = err.getvalue()

    assert "writes FAIL since 5" in told
    assert told.count("\n") == 1


def test_text_too_wide_is_cut_to_the_columns_it_may_have() -> None:
    """Chinese takes two columns a character; a line break is none."""
    assert clipped("a\nb", 10) == "a b"
    assert cell_len(clipped("演练" * 40, 30)) <= 30
    assert clipped("x" * 30, 30) == "x" * 30
    assert clipped("x" * 31, 30).endswith(" …")
