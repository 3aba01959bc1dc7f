"""What timestamps of an API say, with clocks that differ."""

from __future__ import annotations

import pytest

from stacks.engine.openstack.clocks import BLIND_MARGIN, MARGIN, SLOW, ahead, outside
from stacks.engine.provider import Window

NOON = 1_795_348_800.0  # 2026-11-22T12:00:00Z
WINDOW = Window(NOON, NOON + 600)


@pytest.mark.parametrize(
    ("made", "out"),
    [
        ("2026-11-22T12:00:00Z", False),
        ("2026-11-22T12:00:00", False),
        ("2026-11-22T12:00:00.123456", False),
        ("2026-11-22T20:05:00+08:00", False),
        ("2026-11-22T11:58:59Z", True),
        ("2026-11-22T12:11:01Z", True),
        ("", False),
        ("yesterday", False),
    ],
)
def test_outside_reads_every_form_of_time(made: str, *, out: bool) -> None:
    """Services write UTC with and without its mark; what is no time decides nothing."""
    assert outside(WINDOW, made, 0.0) is out


@pytest.mark.parametrize(("clock_ahead", "margin"), [(0.0, MARGIN), (None, BLIND_MARGIN)])
def test_outside_allows_more_where_the_clock_is_unknown(clock_ahead: float | None, margin: float) -> None:
    """Without a Date header the service's clock may differ by more."""
    early = Window(NOON + margin - 1, NOON + 600)
    assert not outside(early, "2026-11-22T12:00:00Z", clock_ahead)
    assert outside(Window(early.since + 2, early.until), "2026-11-22T12:00:00Z", clock_ahead)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"date": "Sun, 22 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"date": "Sun, 22 Nov 2026 11:59:00 GMT"}, -60.0),
        ({"date": "now"}, None),
        ({}, None),
    ],
)
def test_ahead_is_the_date_header_less_our_time(headers: dict[str, str], seconds: float | None) -> None:
    """None where the answer does not tell."""
    assert ahead(headers, NOON - 1, NOON) == seconds


def test_ahead_of_a_slow_answer_is_unknown() -> None:
    """A list that takes a minute to come was dated somewhere in that minute."""
    headers = {"date": "Sun, 22 Nov 2026 12:00:30 GMT"}
    assert ahead(headers, NOON - SLOW - 1, NOON) is None
    assert ahead(headers, NOON - SLOW + 1, NOON) == 30.0
