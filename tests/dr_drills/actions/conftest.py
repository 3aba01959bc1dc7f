"""A real consensus store of one member, with the cloud's certificates."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dr_drills.probes import etcd as probe
from dr_drills.probes.budget import NoAnswer
from dr_drills.probes.web import Web
from lab.place import DEFAULT_CACHE
from tests.dr_drills.pretence import AUTHORITY, KEYS, certified
from tests.ports import free_port

HOME = "127.0.0.1"


@pytest.fixture(scope="session")
def etcd_program(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return an etcd of this machine, or the one that hosts get."""
    if found := shutil.which("etcd"):
        return found
    package = next(iter(sorted(DEFAULT_CACHE.glob("bundle-*/debs/etcd-server_*.deb"))), None)
    if package is None or not shutil.which("dpkg-deb"):
        pytest.skip("no etcd here, nor a bundle of packages that has one")
    folder = tmp_path_factory.mktemp("etcd")
    subprocess.run(["dpkg-deb", "-x", str(package), str(folder)], check=True, timeout=60)
    return str(folder / "usr/bin/etcd")


@pytest.fixture(scope="module")
def member(etcd_program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Run a member and return its port."""
    folder, client, peer = tmp_path_factory.mktemp("member"), free_port(), free_port()
    with subprocess.Popen(
        [etcd_program, *_words(folder, client, peer)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        try:
            yield client
        finally:
            running.kill()


@pytest.fixture
def store(member: int, monkeypatch: pytest.MonkeyPatch) -> Web:
    """Return a client; the member answers at HOME, and holds nothing of a cluster."""
    monkeypatch.setattr(probe, "PORT", member)
    web, until = Web(KEYS, 5), time.monotonic() + 20
    while True:
        try:
            everything = {"key": probe.coded("/"), "range_end": probe.coded("0")}
            probe.call(web, HOME, "kv/deleterange", everything)
        except NoAnswer:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return web


def _words(folder: Path, client: int, peer: int) -> list[str]:
    pair = certified("localhost", HOME)
    for name, text in (("ca", AUTHORITY.certificate), ("host", pair.certificate), ("key", pair.key)):
        (folder / name).write_text(text, encoding="ascii")
    said = {
        "name": "alone",
        "data-dir": folder / "data",
        "listen-client-urls": f"https://{HOME}:{client}",
        "advertise-client-urls": f"https://{HOME}:{client}",
        "listen-peer-urls": f"http://{HOME}:{peer}",
        "initial-advertise-peer-urls": f"http://{HOME}:{peer}",
        "initial-cluster": f"alone=http://{HOME}:{peer}",
        "client-cert-auth": "true",
        "trusted-ca-file": folder / "ca",
        "cert-file": folder / "host",
        "key-file": folder / "key",
    }
    return [f"--{name}={value}" for name, value in said.items()]
