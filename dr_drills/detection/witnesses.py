"""Who may say that a site is lost: observers at two places who miss it, and nobody who sees it; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dr_drills.planning.world import Seen
from failures import Text

AGREEING = 2
SILENT_S = 0.8
ROUNDS = 3
FRESH_S = 2.0
"""An observer that said nothing for longer is no observer."""


@dataclass(frozen=True)
class Witness:
    """A kind of observer; the reason says why its word counts."""

    id: str
    reason: Text


OUTSIDE = Witness(
    "outside",
    Text(
        "the operator's seat is outside of all sites and reaches each over lines of its own",
        "操作席位于各中心之外，经各自线路到达每个中心",
    ),
)
INSIDE = Witness(
    "inside",
    Text(
        "a server of a site that is left reaches the lost one over the lines between the sites",
        "其余中心内的服务器经中心之间的线路到达失效中心",
    ),
)
PROXY = Witness(
    "proxy",
    Text(
        "a proxy of a site that is left checks the databases by itself; slower, where no server can be entered",
        "其余中心的代理自行检查数据库；较慢，用于无法登录服务器之处",
    ),
)


@dataclass(frozen=True)
class Look:
    """One look of an observer at a site; `sees` is None when it cannot tell: it does not see the other sites either."""

    began_s: float
    ended_s: float
    sees: bool | None


@dataclass(frozen=True)
class Heard:
    """What one observer says of a site: silent for `silent_s` over `looks` looks in a row."""

    witness: str
    where: str
    sees: Seen
    looks: int
    silent_s: float

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**vars(self), "sees": str(self.sees), "silent_s": round(self.silent_s, 3)}


def heard(witness: str, where: str, looks: Sequence[Look], now_s: float) -> Heard:
    """Return what an observer's looks amount to now; one silent look is not enough."""
    if not looks or now_s - looks[-1].ended_s > FRESH_S:
        return Heard(witness, where, Seen.UNKNOWN, 0, 0.0)
    if looks[-1].sees:
        return Heard(witness, where, Seen.YES, 0, 0.0)
    row = 0
    for look in reversed(looks):
        if look.sees is not False:
            break
        row += 1
    silent_s = looks[-1].ended_s - looks[-row].began_s if row else 0.0
    enough = row >= ROUNDS and silent_s >= SILENT_S
    return Heard(witness, where, Seen.NO if enough else Seen.UNKNOWN, row, silent_s)


def agreed(said: Iterable[Heard]) -> Seen:
    """Tell whether a site is lost: observers at AGREEING places miss it and none sees it; one who sees it is a no."""
    said = tuple(said)
    if any(one.sees is Seen.YES for one in said):
        return Seen.NO
    missing = {one.where for one in said if one.sees is Seen.NO}
    return Seen.YES if len(missing) >= AGREEING else Seen.UNKNOWN
