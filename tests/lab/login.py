"""Logs in to hosts as an operator would: with a key of its own, and only where the host's key is the console's."""

from __future__ import annotations

import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

KEYS = re.compile(r"-----BEGIN SSH HOST KEY KEYS-----\n(.*?)-----END SSH HOST KEY KEYS-----", re.DOTALL)


def host_keys(console: str) -> list[str]:
    """Return the host keys, type and key, that the console showed last; none when it has shown none yet."""
    shown = KEYS.findall(console)
    return [" ".join(line.split()[:2]) for line in shown[-1].splitlines()] if shown else []


@dataclass(frozen=True)
class Operator:
    """A key pair and a file of known hosts; `namespace` is where the operator sits, "" for the machine itself."""

    folder: Path
    namespace: str = ""

    @property
    def public_key(self) -> str:
        key = self.folder / "key"
        if not key.exists():
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
            subprocess.run(command, check=True, timeout=20)
        return (self.folder / "key.pub").read_text().strip()

    def know(self, address: str, keys: list[str]) -> None:
        """Trust exactly these keys at the address."""
        known = self.folder / "known_hosts"
        others = known.read_text().splitlines() if known.exists() else []
        kept = [line for line in others if line.split()[0] != address]
        known.write_text("".join(f"{line}\n" for line in [*kept, *(f"{address} {key}" for key in keys)]))

    def run(self, address: str, command: str, patience: float = 60.0) -> str:
        """Return what the command printed on the host, as soon as it lets the operator in."""
        enter = ["ip", "netns", "exec", self.namespace] if self.namespace else []
        options = ("StrictHostKeyChecking=yes", "BatchMode=yes", "ConnectTimeout=2", "LogLevel=ERROR")
        files = (f"UserKnownHostsFile={self.folder}/known_hosts", f"IdentityFile={self.folder}/key")
        words = [word for option in (*options, *files) for word in ("-o", option)]
        end = time.monotonic() + patience
        while True:
            done = subprocess.run(
                [*enter, "ssh", *words, f"debian@{address}", command],
                capture_output=True,
                text=True,
                timeout=patience,
                check=False,
            )
            if done.returncode != 255:
                assert done.returncode == 0, done.stderr + done.stdout
                return done.stdout.strip()
            assert time.monotonic() < end, done.stderr
            assert "verification failed" not in done.stderr
            time.sleep(0.2)


def wait_until(what: str, true: object, patience: float = 60.0) -> None:
    """Return when calling `true` gives a true value; the test fails with `what` when that takes too long."""
    assert callable(true)
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.1)
