"""The controller's two clocks: one for durations, one for people."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


def utc() -> str:
    """Return now, UTC, ISO 8601 with ms."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def boot_id() -> str:
    """Return the id of this boot: monotonic seconds of two boots cannot be compared."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


@dataclass(frozen=True)
class Clock:
    seconds: Callable[[], float] = time.monotonic
    now: Callable[[], str] = utc
