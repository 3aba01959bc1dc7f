"""What an API's timestamps say about who made an object, with clocks that differ."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from stacks.engine.provider import Window

MARGIN = 60.0
"""Seconds a service's machines may differ among themselves, and its clock may have been set since."""
BLIND_MARGIN = 300.0
"""The same where no answer of the service told its time: more than that and its own tokens would fail."""
SLOW = 15.0
"""Seconds after which an answer's date is too old to set a clock by."""


def ahead(headers: Mapping[str, str], sent: float, received: float) -> float | None:
    """Return how many seconds the clock of an answer's sender is ahead of ours; None when it does not tell.

    An answer that took long does not tell either: nobody knows when in between it was dated.
    """
    if received - sent > SLOW:
        return None
    try:
        return parsedate_to_datetime(headers["date"]).timestamp() - received
    except (KeyError, TypeError, ValueError):
        return None


def outside(window: Window, made: str, clock_ahead: float | None) -> bool:
    """Tell whether a timestamp of an API is surely not in the window; one that is missing or no time never is."""
    try:
        at = datetime.fromisoformat(made)
    except ValueError:
        return False
    # OpenStack's times are UTC, whether or not they say so.
    moment = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - (clock_ahead or 0.0)
    margin = BLIND_MARGIN if clock_ahead is None else MARGIN
    return not window.since - margin <= moment <= window.until + margin
