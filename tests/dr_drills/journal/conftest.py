"""A real store of three members on this machine's loopback addresses, which tests may stop one by one."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dr_drills.journal.elsewhere import Elsewhere
from dr_drills.journal.quorum import Quorum
from dr_drills.journal.shared import PREFIX
from dr_drills.probes import etcd as probe
from dr_drills.probes.budget import NoAnswer
from tests.dr_drills.actions.conftest import etcd_program
from tests.dr_drills.pretence import AUTHORITY, KEYS, certified
from tests.ports import free_port

__all__ = ["etcd_program"]
ADDRESSES = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
TTL_S = 3


class Trio:
    """Three members; each has the number of its site."""

    def __init__(self, program: str, folder: Path) -> None:
        self.folder, self._program = folder, program
        self.client, self._peer = free_port(*ADDRESSES), free_port(*ADDRESSES)
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        pair = certified("localhost", *ADDRESSES)
        for name, text in (("ca", AUTHORITY.certificate), ("host", pair.certificate), ("key", pair.key)):
            (folder / name).write_text(text, encoding="ascii")
        for name, text in (("operator", KEYS.certificate), ("operator-key", KEYS.key)):
            (folder / name).write_text(text, encoding="ascii")

    def start(self, number: int) -> None:
        running = self._running.get(number)
        if running is None or running.poll() is not None:
            words = [self._program, *self._words(number)]
            self._running[number] = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self, *numbers: int) -> None:
        """Kill members as the loss of their sites does."""
        for number in numbers:
            if number in self._running:
                process = self._running.pop(number)
                process.kill()
                process.wait(10)

    def heal(self) -> None:
        """Start all and wait for a majority."""
        for number in range(3):
            self.start(number)
        until = time.monotonic() + 30
        while True:
            try:
                self.quorum().row("/")
            except NoAnswer:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
            else:
                return

    def quorum(self) -> Quorum:
        return Quorum("quorum", ADDRESSES, KEYS)

    def elsewhere(self) -> Elsewhere:
        return Elsewhere(self.quorum(), ttl_s=TTL_S)

    def _words(self, number: int) -> list[str]:
        here = ADDRESSES[number]
        said = {
            "name": f"member-{number}",
            "data-dir": self.folder / f"data-{number}",
            "listen-client-urls": f"https://{here}:{self.client}",
            "advertise-client-urls": f"https://{here}:{self.client}",
            "listen-peer-urls": f"http://{here}:{self._peer}",
            "initial-advertise-peer-urls": f"http://{here}:{self._peer}",
            "initial-cluster": ",".join(f"member-{n}=http://{ADDRESSES[n]}:{self._peer}" for n in range(3)),
            "client-cert-auth": "true",
            "trusted-ca-file": self.folder / "ca",
            "cert-file": self.folder / "host",
            "key-file": self.folder / "key",
        }
        return [f"--{name}={value}" for name, value in said.items()]


@pytest.fixture(scope="session")
def members(etcd_program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trio]:
    """Return the members; they end with the tests."""
    made = Trio(etcd_program, tmp_path_factory.mktemp("trio"))
    try:
        yield made
    finally:
        made.stop(0, 1, 2)


@pytest.fixture
def trio(members: Trio, monkeypatch: pytest.MonkeyPatch) -> Trio:
    """Return the members, all up and without any run."""
    monkeypatch.setattr(probe, "PORT", members.client)
    members.heal()
    everything = {"key": probe.coded(PREFIX), "range_end": probe.coded(PREFIX[:-1] + "0")}
    members.quorum().call("kv/deleterange", everything)
    return members
