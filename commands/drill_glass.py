"""Goes on with a drill where its sites have no majority, if two persons signed that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failures import InputInvalid, Text

if TYPE_CHECKING:
    from commands.drill_means import Desk
    from dr_drills.journal.file import Journal


@dataclass(frozen=True)
class Signature:
    """An approval that was checked, as two persons sign that a run goes on without a majority."""

    who: str
    key: str
    digest: str


def broken_glass(desk: Desk, folder: Path, name: str, files: Sequence[Path], facts: Mapping[str, Any]) -> Journal:
    """Return the journal of a run that goes on without a majority. Raises GateRefused unless two persons signed."""
    from commands.drill_stores import elsewhere_at
    from dr_drills.approvals.approval import agreement, approvers_file, read_approval
    from dr_drills.journal.break_glass import break_glass

    quorum = elsewhere_at(desk).quorum
    if quorum is None or not name or Path(name).name != name:
        raise InputInvalid(Text("name the run, and a cloud that has a consensus store", "请指明演练及有仲裁服务的云"))
    signed = []
    if files:
        approvers = approvers_file(desk.path, desk.home.folder).read_bytes()
        for file in files:
            found = agreement(read_approval(file), approvers)
            signed.append(Signature(found.who, found.key, found.approval.said.plan_sha256))
    return break_glass(folder / name, quorum, signed, facts)
