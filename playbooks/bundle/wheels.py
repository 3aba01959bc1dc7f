"""Python packages as wheels, through pip and whatever index this machine has."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from failures import OutsideFailed, Text
from playbooks.bundle import locks
from playbooks.bundle.locks import Pin
from playbooks.bundle.sums import digest

SECONDS = 900
# pip takes each name literally: what Debian 12's glibc 2.36 carries, by the names that wheels are marked with.
PLATFORMS = ("2_36", "2_35", "2_34", "2_31", "2_28", "2_27", "2_26", "2_24", "2_17", "2_12", "2_5")
_FILE = re.compile(r"^([A-Za-z0-9_.]+?)-([^-]+)-(?:\d[^-]*-)?[^-]+-[^-]+-[^-]+\.whl$")
_ERROR = re.compile(r"^ *ERROR: (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Pip:
    """A pip of our own in `root`, made by Python itself; it reads the machine's settings of pip."""

    root: Path
    python_version: str

    def prepare(self, build: Iterable[Pin]) -> None:
        """Make the environment and put into it what builds packages published as source only."""
        if not self._python.exists():
            _run([sys.executable, "-m", "venv", "--clear", str(self.root)])
        self._pip("install", "-q", *self._pinned("build.txt", build))

    def download(self, pins: Iterable[Pin], folder: Path) -> None:
        """Fetch the wheels of `pins` for the hosts' Python; what is there and whole is kept.

        Raises:
            OutsideFailed: the index lacks one, or gives a file with another hash.
        """
        platforms = [f"--platform=manylinux_{glibc}_x86_64" for glibc in PLATFORMS]
        python = [f"--python-version={self.python_version}", "--implementation=cp"]
        words = ["--no-deps", "--only-binary=:all:", *python, *platforms, f"--dest={folder}"]
        self._pip("download", "-q", *words, *self._pinned("wheels.txt", pins))

    def build(self, pins: Iterable[Pin], folder: Path) -> None:
        """Make wheels in `folder` from the sources of `pins`, which must be pure Python."""
        words = ["--no-deps", "--no-build-isolation", "--no-binary=:all:", f"--wheel-dir={folder}"]
        self._pip("wheel", "-q", *words, *self._pinned("sources.txt", pins))

    @property
    def _python(self) -> Path:
        return self.root / "bin" / "python"

    def _pinned(self, name: str, pins: Iterable[Pin]) -> list[str]:
        (self.root / name).write_text(locks.requirements(pins), encoding="utf-8")
        return ["--require-hashes", "-r", str(self.root / name)]

    def _pip(self, *words: str) -> None:
        _run([str(self._python), "-m", "pip", "--disable-pip-version-check", "--no-input", *words])


def wheel_pins(folder: Path) -> dict[str, Pin]:
    """Return {name: pin} of the wheels in `folder`, each with the hash of the very file."""
    found = {}
    for path in sorted(folder.glob("*.whl")):
        named = _FILE.match(path.name)
        if named:
            name = locks.canonical(named[1])
            found[name] = Pin(name, named[2], frozenset({digest(path)}))
    return found


def _run(words: list[str]) -> None:
    # A wheel that is built gets this as the time of its files: the same bytes on every machine.
    told = {**os.environ, "SOURCE_DATE_EPOCH": "315532800"}
    try:
        ended = subprocess.run(words, env=told, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise _failed(f"pip did not end in {SECONDS} s") from error
    if ended.returncode:
        raise _failed("; ".join(_ERROR.findall(ended.stderr)[-3:]) or ended.stderr.strip()[-400:])


def _failed(said: str) -> OutsideFailed:
    fix = Text(
        "check the index with 'pip config list' (it must have these versions), then run this again: what came is kept",
        "请用 pip config list 检查软件源（须有这些版本）后重试；已下载的会保留",
    )
    return OutsideFailed(
        Text(f"could not get the Python packages: {said}", f"无法取得 Python 软件包：{said}"), where="pip", fix=fix
    )
