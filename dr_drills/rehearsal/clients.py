"""What the outside clients say while a drill waits: served all along, cut off, or back; pure but for the waiting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dr_drills.rehearsal.means import Tried, Watching

ACKNOWLEDGED = "acknowledged"
SILENT_S = 1.0
"""A client that had no acknowledgement for so long is cut off."""
LOOK_S = 0.2


def last_acknowledged(attempts: Sequence[Tried]) -> float | None:
    """Return when the last acknowledged attempt ended, None when there is none."""
    return next((a.ended_s for a in reversed(attempts) if a.outcome == ACKNOWLEDGED), None)


def cut_off(watching: Watching, now: float) -> tuple[str, ...]:
    """Return the clients without an acknowledgement for SILENT_S."""
    ends = {name: last_acknowledged(watching.attempts(name)) for name in watching.rates()}
    return tuple(name for name, end in ends.items() if end is None or now - end > SILENT_S)


def well_since(attempts: Sequence[Tried], now: float) -> float | None:
    """Return the begin of the newest unbroken row of acknowledgements that lasts until now; None when there is none."""
    began: float | None = None
    for attempt in reversed(attempts):
        if attempt.outcome != ACKNOWLEDGED or (began is None and now - attempt.ended_s > SILENT_S):
            break
        began = attempt.began_s
    return began


@dataclass(frozen=True)
class Waiter:
    """Waits for what clients say."""

    watching: Watching
    seconds: Callable[[], float]
    sleep: Callable[[float], None]

    def for_trouble(self, limit_s: float) -> tuple[str, ...]:
        """Return the clients that are cut off as soon as there is one; nobody after `limit_s`."""
        end = self.seconds() + limit_s
        while not (found := cut_off(self.watching, self.seconds())) and self.seconds() < end:
            self.sleep(LOOK_S)
        return found

    def for_all_well(self, hold_s: float, limit_s: float) -> bool:
        """Return True once every client was served without a break for `hold_s` from now on; False after `limit_s`."""
        began = self.seconds()
        while not self._all_well(hold_s, began):
            if self.seconds() > began + limit_s:
                return False
            self.sleep(LOOK_S)
        return True

    def _all_well(self, hold_s: float, since: float) -> bool:
        now = self.seconds()
        begins = [well_since(self.watching.attempts(name), now) for name in self.watching.rates()]
        return bool(begins) and all(begin is not None and now - max(begin, since) >= hold_s for begin in begins)
