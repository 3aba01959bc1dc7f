"""Enters hosts by SSH and runs commands there as root."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence

from dr_drills.probes.budget import NoAnswer
from failures import OutsideFailed, Text
from inventories.ansible import USER, Door, ssh_options

CONNECT_SECONDS = 5
NOT_ENTERED = 255
"""What ssh itself ends with when it does not get in."""


class SshHosts:
    """`doors` and `addresses` are by host; a host whose key is not known is not talked to."""

    def __init__(self, doors: Mapping[str, Door], addresses: Mapping[str, str]) -> None:
        self._doors, self._addresses = doors, addresses

    def run(self, host: str, words: Sequence[str], seconds: float) -> str:
        """Return what a command printed. Raises NoAnswer when the host is not entered, OutsideFailed when it fails."""
        try:
            done = subprocess.run(
                self._command(host, words),
                env={name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ} | {"LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            what = Text(f"{host}: no end within {seconds:g} s", f"{host}：{seconds:g} 秒内未结束")
            raise NoAnswer(what) from error
        said = " ".join(done.stderr.decode(errors="replace").split())[-200:]
        if done.returncode == NOT_ENTERED:
            raise NoAnswer(Text(f"{host} cannot be entered: {said}", f"无法登录 {host}：{said}"))
        if done.returncode:
            raise OutsideFailed(
                Text(f"it failed ({done.returncode}): {said}", f"执行失败({done.returncode})：{said}"), where=host
            )
        return done.stdout.decode(errors="replace")

    def _command(self, host: str, words: Sequence[str]) -> list[str]:
        door = self._doors[host]
        own = ["-o", "BatchMode=yes", "-o", f"ConnectTimeout={CONNECT_SECONDS}", "-o", "ControlPath=none"]
        told = shlex.join(["sudo", "-n", "--", *words])
        return ["ssh", *own, *ssh_options(door), "-i", str(door.key), "-l", USER, "--", self._addresses[host], told]
