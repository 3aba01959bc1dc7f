"""Ports for servers that a test starts, stops and starts again, or never starts."""

from __future__ import annotations

import random
import socket
from pathlib import Path

FIRST = 10240
RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_port(*addresses: str) -> int:
    """Return a port that is free at these addresses (127.0.0.1) and that no connection is given for its own end.

    The kernel gives connections theirs from RANGE. A port from there may be taken while its server is away,
    even by a caller's connection to itself, and the server does not come up again.
    """
    end = int(RANGE.read_text().split()[0])
    for _ in range(100):
        port = random.SystemRandom().randrange(FIRST, end)
        if all(_is_free(address, port) for address in addresses or ("127.0.0.1",)):
            return port
    raise AssertionError(f"no free port from {FIRST} to {end}")


def _is_free(address: str, port: int) -> bool:
    with socket.socket() as line:
        try:
            line.bind((address, port))
        except OSError:
            return False
    return True
