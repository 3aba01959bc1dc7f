"""The town that commands are tried on, and the consensus store that they find a drill's journal in."""

from __future__ import annotations

from tests.commands.drilltown import topology
from tests.dr_drills.actions.conftest import etcd_program
from tests.dr_drills.journal.conftest import members, trio

__all__ = ["etcd_program", "members", "topology", "trio"]
