"""Tests of the program's version."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from stacks.program_version import PROGRAM_SOURCES, PROGRAM_VERSION, program_version

STACKS = Path(__file__).parent.parent.parent / "stacks"


def test_program_version_source_edited_is_another(tmp_path: Path) -> None:
    """An edit of any source plans every shard anew; a copy of the same sources does not."""
    for name in PROGRAM_SOURCES:
        shutil.copy(STACKS / name, tmp_path / name)
    same = program_version(tmp_path)
    (tmp_path / "servers.py").write_text("edited", encoding="utf-8")

    assert same == PROGRAM_VERSION
    assert program_version(tmp_path) != PROGRAM_VERSION


def test_program_sources_hold_every_module_that_makes_resources() -> None:
    """A module that uses resource classes and is not counted could change what is built unseen."""
    makers = {
        path.name
        for path in STACKS.glob("*.py")
        if re.search(r"^(from|import) pulumi_openstack", path.read_text(encoding="utf-8"), re.MULTILINE)
    }

    assert makers == {"foundation.py", "network.py", "servers.py", "tenancy.py", "department.py"}
    assert makers <= set(PROGRAM_SOURCES)
