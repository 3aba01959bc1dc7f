"""The health gate: a drill starts on a cloud that is well and has nothing in force, or not at all."""

from __future__ import annotations

from collections.abc import Sequence

from dr_drills.rehearsal.means import Means
from failures import GateRefused, Text

SHOWN = 5


def remarks(means: Means) -> tuple[str, ...]:
    """Return what speaks against a start: faults in force, and whatever is not known to be well."""
    in_force = [f"in force: {f.fault} {f.kind} {f.name}" for f in sorted(means.injector.in_force())]
    return (*in_force, *means.unwell())


def refuse(found: Sequence[str]) -> None:
    """Raise GateRefused when anything speaks against a start."""
    if found:
        told = "; ".join(found[:SHOWN]) + (f" (+{len(found) - SHOWN})" if len(found) > SHOWN else "")
        raise GateRefused(
            Text(f"a drill starts on a healthy cloud only: {told}", f"仅在健康的云上开始演练：{told}"),
            fix=Text("look: govcloud status; undo: govcloud drill heal", "查看：govcloud status；撤除：drill heal"),
        )
