"""The drills that a topology can ask for: what each must name, and the levels it has."""

from __future__ import annotations

from dataclasses import dataclass

_ALL = ("tabletop", "functional", "full")
_NOT_A_PART = ("tabletop", "full")


@dataclass(frozen=True)
class Rehearsal:
    """`needs` are keys of a drill that must be given."""

    needs: tuple[str, ...] = ()
    levels: tuple[str, ...] = _ALL


_SITE = Rehearsal(needs=("site",))
REHEARSALS: dict[str, Rehearsal] = {
    "api-outage": _SITE,
    "both-active-lost": Rehearsal(levels=_NOT_A_PART),
    "carrier-loss": Rehearsal(needs=("carrier",)),
    "city-partition": Rehearsal(),
    "clock-step": Rehearsal(),
    "disk-full": Rehearsal(),
    "dr-isolated": Rehearsal(),
    "false-alarm": _SITE,
    "frozen-primary": Rehearsal(),
    "full-failback": Rehearsal(levels=_NOT_A_PART),
    "host-crash": Rehearsal(),
    "one-line-cut": Rehearsal(),
    "primary-crash": Rehearsal(),
    "site-network-loss": _SITE,
    "site-network-loss-fast": _SITE,
    "site-power-loss": _SITE,
    "slow-direct-line": Rehearsal(),
    "survivor-alone": Rehearsal(needs=("site",), levels=_NOT_A_PART),
    "switchover-and-back": Rehearsal(),
    "sync-lost-then-site-lost": Rehearsal(),
}
