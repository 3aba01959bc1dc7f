"""Ansible's own linter over every playbook and role, at its strictest profile."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PLAYBOOKS = Path(__file__).parent.parent.parent / "playbooks"
LINT = Path(sys.executable).with_name("ansible-lint")


@pytest.mark.slow
def test_playbooks_and_roles_keep_the_production_profile() -> None:
    """No failure and no warning; nothing is fetched."""
    ended = subprocess.run(
        [LINT, "--offline", "--profile", "production", "--strict", "-q"],
        cwd=PLAYBOOKS,
        env={**os.environ, "PATH": f"{LINT.parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
