"""The set-up script says what a machine lacks, in both languages, and leaves a finished one alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.house.sources import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PARTS = ("install.sh", "pyproject.toml", "uv.lock", "lab/indexes.py")


@pytest.fixture
def clone() -> Iterator[Path]:
    """Yield a folder with the set-up files that any user may read (pytest's own folders are private)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for part in PARTS:
            (folder / part).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / part, folder / part)
        yield folder


def install(folder: Path, *prefix: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*prefix, "sh", "install.sh"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **settings},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.lab
@pytest.mark.slow
def test_install_without_reachable_index_says_so(clone: Path) -> None:
    """A package index that does not answer ends in one message in two languages and exit code 3."""
    run = install(clone, PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_RETRIES="0", PIP_NO_INDEX="", PIP_FIND_LINKS="")

    assert run.returncode == 3, run.stderr
    assert "could not get the Python packages" in run.stderr
    assert "无法取得 Python 软件包" in run.stderr


def test_install_by_other_user_names_every_lack(clone: Path) -> None:
    """Who is not root, on too small a machine, is told both at once, and nothing is installed."""
    script = clone / "install.sh"
    script.write_text(
        script.read_text(encoding="utf-8").replace("DISK_MIB=8192", "DISK_MIB=999999999"), encoding="utf-8"
    )
    reader = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups") if os.geteuid() == 0 else ()

    run = install(clone, *reader)

    assert run.returncode == 3, run.stderr
    assert "not root" in run.stderr
    assert "不是 root" in run.stderr
    assert "磁盘" in run.stderr
    assert not (clone / ".venv").exists()


def test_install_when_up_to_date_changes_nothing(clone: Path) -> None:
    """A finished installation is recognised by its inputs and left alone."""
    marks = clone / ".venv"
    (marks / "bin").mkdir(parents=True)
    for name in ("govcloud", "python"):
        (marks / "bin" / name).symlink_to(shutil.which("true") or "/bin/true")
    script = 'cd "$1"; printf "%s %s\\n" "$PWD" "$(cat install.sh pyproject.toml uv.lock | sha256sum)" >.venv/installed'
    subprocess.run(["sh", "-c", script, "sh", str(clone)], check=True, timeout=10)

    run = install(clone)

    assert (run.returncode, run.stderr) == (0, "")
    assert not (marks / "requirements.txt").exists()


def test_install_after_lock_changed_does_not_stop_at_once(clone: Path) -> None:
    """A changed lock is seen: the script goes on to look at the machine."""
    (clone / ".venv").mkdir()
    (clone / ".venv" / "installed").write_text("another\n", encoding="utf-8")
    script = clone / "install.sh"
    script.write_text(
        script.read_text(encoding="utf-8").replace("MEMORY_MIB=3700", "MEMORY_MIB=999999999"), encoding="utf-8"
    )

    run = install(clone)

    assert run.returncode == 3
    assert "at least 4 GiB is needed" in run.stderr
