"""The consensus store that commands find a drill's journal in."""

from __future__ import annotations

from tests.dr_drills.actions.conftest import etcd_program
from tests.dr_drills.journal.conftest import members, trio

__all__ = ["etcd_program", "members", "trio"]
