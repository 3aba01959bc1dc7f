"""The health gate: a drill starts with nothing in force and, unless it mends, on a cloud that is well."""

from __future__ import annotations

from collections.abc import Sequence

from dr_drills.rehearsal.means import Means
from failures import GateRefused, Text

SHOWN = 5


def in_force(means: Means) -> tuple[str, ...]:
    """Return what is broken on purpose, which speaks against any start."""
    return tuple(f"in force: {f.fault} {f.kind} {f.name}" for f in sorted(means.injector.in_force()))


def refuse(found: Sequence[str]) -> None:
    """Raise GateRefused when anything speaks against a start."""
    if found:
        told = "; ".join(found[:SHOWN]) + (f" (+{len(found) - SHOWN})" if len(found) > SHOWN else "")
        raise GateRefused(
            Text(f"a drill starts on a healthy cloud only: {told}", f"仅在健康的云上开始演练：{told}"),
            fix=Text("look: govcloud status; undo: govcloud drill heal", "查看：govcloud status；撤除：drill heal"),
        )
