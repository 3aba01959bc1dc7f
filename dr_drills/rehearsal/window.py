"""Whether a scheduled drill is still within its window: a run that was missed for too long is not made up for."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from failures import GateRefused, InputInvalid, OutsideFailed, Text
from topology.values import duration

SECONDS = 10
IN_UTC = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC")
CLEAN = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
Elapse = Callable[[str, datetime], datetime | None]


def refuse_outside(window: str, now: datetime | None = None, ask: Elapse | None = None) -> None:
    """Raise GateRefused when the window `SECONDS/CALENDAR` is not open now; an empty one is always open.

    A window opens at each elapse of the systemd calendar expression and stays open for its seconds.
    """
    if not window:
        return
    seconds, _, calendar = window.partition("/")
    if not seconds.isdigit() or not calendar:
        raise InputInvalid(Text(f"not a window: {window}", f"不是有效的时间窗口：{window}"))
    at = now or datetime.now(UTC)
    opened = (ask or next_elapse)(calendar, at - timedelta(seconds=int(seconds)))
    if opened is None or opened > at:
        raise GateRefused(
            Text(
                f"outside its window: {duration(int(seconds))} from {calendar}",
                f"不在时间窗口内：自 {calendar} 起 {duration(int(seconds))}",
            ),
            fix=Text("it runs at the next elapse", "将在下一次到期时运行"),
        )


def next_elapse(calendar: str, after: datetime) -> datetime | None:
    """Return the first elapse after a moment, None when there is none; OutsideFailed when systemd cannot tell."""
    words = ["systemd-analyze", "calendar", f"--base-time=@{int(after.timestamp())}", "--iterations=1", calendar]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=True, env=CLEAN)
    except (OSError, subprocess.SubprocessError) as error:
        raise OutsideFailed(Text(f"systemd-analyze: {error}", f"systemd-analyze：{error}"), where=calendar) from error
    found = IN_UTC.findall(done.stdout)
    return datetime.strptime(f"{found[-1]}+0000", "%Y-%m-%d %H:%M:%S%z") if found else None
