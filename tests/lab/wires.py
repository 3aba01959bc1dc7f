"""Plugs a stand-in for a booted server into a site's edge, and asks what reaches what."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable

from lab.edge.picture import tap_name
from lab.namespaces import ensure, within
from tests.lab.echo import echo


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, timeout=10)


def plug(host: str, edge: str, port: str, mac: str, address: str) -> None:
    """Make what a booted server is to the network: a namespace whose card ends at the edge, in a subnet of 64."""
    ensure(host)
    far = ("name", "eth0", "address", mac, "netns", host)
    ip("-n", edge, "link", "add", tap_name(port), "type", "veth", "peer", *far)
    ip("-n", host, "address", "add", f"{address}/26", "dev", "eth0")
    ip("-n", host, "link", "set", "eth0", "up")
    ip("-n", host, "route", "add", "default", "via", f"{address.rpartition('.')[0]}.1")


def latency(namespace: str, address: str) -> float | None:
    """Return the best of some echoes in ms, None when none comes back."""
    found = [ms for _ in range(4) if (ms := echo(namespace, address, 0.5)) is not None]
    return min(found) if found else None


def silent(namespace: str, address: str) -> bool:
    """Tell whether nothing comes back from an address."""
    return all(echo(namespace, address, 0.3) is None for _ in range(2))


def answers(namespace: str, host: str, address: str, port: int) -> bool:
    """Tell whether a connection from one namespace reaches a server that listens inside another."""
    with within(host, lambda: socket.create_server(("", port))):

        def connect() -> bool:
            try:
                socket.create_connection((address, port), 0.7).close()
            except OSError:
                return False
            return True

        return within(namespace, connect) if namespace else connect()


def eventually(fact: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Wait until the fact is true; return whether it became so in time."""
    end = time.monotonic() + seconds
    while not (true := fact()) and time.monotonic() < end:
        time.sleep(0.1)
    return true


def sync(agent: str) -> None:
    """Have the site's agent behind the socket take up what its Neutron says, as Nova does."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(60)
        line.connect(agent)
        line.sendall(b"sync\n")
        assert line.recv(10) == b"ok\n"


def devices(namespace: str) -> list[str]:
    """Return the names of the interfaces inside a namespace."""
    shown = subprocess.run(
        ["ip", "-n", namespace, "-br", "link"], capture_output=True, text=True, check=True, timeout=10
    )
    return [line.split()[0].partition("@")[0] for line in shown.stdout.splitlines()]
