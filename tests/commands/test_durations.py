"""Lengths of time as people read them."""

from __future__ import annotations

import pytest

from commands.durations import span


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0s"), (59.4, "59s"), (59.6, "1m00s"), (185, "3m05s"), (3725, "62m05s")]
)
def test_span_given_seconds_is_written_short(seconds: float, text: str) -> None:
    """Below a minute seconds stand alone, above they have two digits."""
    assert span(seconds) == text
