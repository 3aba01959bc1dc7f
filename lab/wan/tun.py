"""TUN devices that hand over super-packets: the kernel cuts them up only where they leave the machine."""

from __future__ import annotations

import fcntl
import os
import struct

from lab.namespaces import within

TUNSETIFF, TUNSETOFFLOAD = 0x400454CA, 0x400454D0
IFF_TUN, IFF_NO_PI, IFF_VNET_HDR = 0x0001, 0x1000, 0x4000
CHECKSUMS, SEGMENTS = 0x01, 0x02 | 0x04 | 0x08
LARGEST = 70_000


def open_tun(namespace: str, device: str) -> int:
    """Return a file of a new TUN device inside the namespace; the device is gone when the file is closed."""

    def make() -> int:
        tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR
        fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", device.encode(), flags))
        return tun

    return within(namespace, make, seconds=10.0)


def set_super_packets(tun: int, *, wanted: bool) -> None:
    """Let the kernel hand over up to 64 KiB at once, or every packet by itself, so that losses hit single packets."""
    fcntl.ioctl(tun, TUNSETOFFLOAD, CHECKSUMS | SEGMENTS if wanted else CHECKSUMS)
