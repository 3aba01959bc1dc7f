"""Hosts with a real etcd each, kept by a small script that does what the role's unit does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from failures import OutsideFailed, Text

TOOLS = Path(__file__).parents[3] / "playbooks" / "roles" / "etcd" / "files"
# It reads the token at each start, starts again whatever ends, and refuses to start with neither data nor token.
UNIT = """#!/bin/sh
cd "$(dirname "$0")/.."
keep() {
  while [ -e wanted ]; do
    (set -a; . ./default; if [ -e token ]; then . ./token; fi; exec "$PROGRAM") >>log 2>&1 &
    echo $! >pid; wait $!
    if [ -e wanted ]; then sleep 1; fi
  done
  rm -f pid
}
case "$*" in
  keep) keep ;;
  "stop etcd")
    rm -f wanted
    while [ -e pid ]; do kill "$(cat pid)" 2>/dev/null; sleep 0.05; done ;;
  "start etcd" | "start --no-block etcd")
    if [ ! -e data/member/wal ] && [ ! -e token ]; then echo "assertion failed" >&2; exit 1; fi
    if [ ! -e wanted ]; then : >log; touch wanted; setsid "$0" keep </dev/null >/dev/null 2>&1 & fi
    if [ "$2" = etcd ]; then until grep -q "ready to serve" log 2>/dev/null; do sleep 0.05; done; fi ;;
  *) exit 2 ;;
esac
"""
RUN_TOOL = (
    "import pathlib, sys; sys.path.insert(0, sys.argv[1]); import etcd_member as tool; here = pathlib.Path(sys.argv[2]);"
    "tool.FIRST_START, tool.TLS = here / 'token', here / 'tls'; read = tool.Settings.read;"
    "tool.Settings.read = lambda: read(here / 'etcd.json'); sys.exit(tool.main(sys.argv[3:]))"
)


@dataclass
class Units:
    """`folders` by host; implements Hosts. Where the role lays things, each host has them in its folder."""

    folders: Mapping[str, Path]

    def run(self, host: str, words: Sequence[str], seconds: float) -> str:
        folder = self.folders[host]
        done = subprocess.run(
            self._command(folder, words),
            env={**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if done.returncode:
            raise OutsideFailed(Text(f"it failed ({done.returncode}): {done.stderr.strip()}", "执行失败"), where=host)
        return done.stdout

    def _command(self, folder: Path, words: Sequence[str]) -> list[str]:
        if words[0] == "/usr/bin/python3":
            return [sys.executable, "-c", RUN_TOOL, str(TOOLS), str(folder), *words[2:]]
        places = {
            "/etc/default/etcd": folder / "default",
            "/var/lib/govcloud/etcd-first-start": folder / "token",
            "/var/lib/etcd/?*": f"{folder}/?*",
            "/etc/systemd/system": folder / "units",
            "/var/lib/postgresql/15/main": folder / "main",
        }
        told = list(words)
        for there, here in places.items():
            told = [word.replace(there, str(here)) for word in told]
        return told


def install(folder: Path, unit: str = UNIT) -> None:
    """Give a host its `systemctl`."""
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "systemctl").write_text(unit, encoding="utf-8")
    (folder / "bin" / "systemctl").chmod(0o755)
