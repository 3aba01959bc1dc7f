"""Asks from inside a network namespace whether an address answers, and after how long."""

from __future__ import annotations

import os
import socket
import struct
import time

from lab.namespaces import within

REQUEST, REPLY = 8, 0


def echo(namespace: str, address: str, seconds: float = 1.0) -> float | None:
    """Return after how many milliseconds one ICMP echo came back, None when it did not; "" is our own namespace."""

    def ask() -> float | None:
        return _echo(address, seconds)

    return within(namespace, ask) if namespace else ask()


def _echo(address: str, seconds: float) -> float | None:
    number = int.from_bytes(os.urandom(2))
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as line:
        began = time.perf_counter()
        try:
            line.sendto(_request(number), (address, 0))
            while (left := began + seconds - time.perf_counter()) > 0:
                line.settimeout(left)
                packet = line.recv(2048)
                kind, _, _, back, _ = struct.unpack("!BBHHH", packet[20:28])
                if (kind, back) == (REPLY, number):
                    return (time.perf_counter() - began) * 1e3
        except OSError:
            return None
    return None


def _request(number: int) -> bytes:
    words = (REQUEST << 8, 0, number, 1)
    total = sum(words)
    total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!HHHH", words[0], ~total & 0xFFFF, number, 1)
