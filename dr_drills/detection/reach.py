"""Which hosts answer at some TCP ports; runs here and, as it stands, on a host that has nothing but Python."""

from __future__ import annotations

import errno
import selectors
import socket
import sys
import time

STARTED = {0, errno.EINPROGRESS}
ANSWERED = {0, errno.ECONNREFUSED, errno.ECONNRESET}
"""A refusal is an answer too: somebody is there to refuse."""


def answering(targets: list[str], seconds: float) -> list[str]:
    """Return those of `targets` (`IPv4 address:port`) where a host accepts or refuses within some seconds."""
    found, until = [], time.monotonic() + seconds
    with selectors.DefaultSelector() as waiting:
        for target in targets:
            address, _, port = target.rpartition(":")
            end = socket.socket()
            end.setblocking(False)
            code = end.connect_ex((address, int(port)))
            if code in STARTED:
                waiting.register(end, selectors.EVENT_WRITE, target)
            else:
                found += [target] if code in ANSWERED else []
                end.close()
        while waiting.get_map() and (left := until - time.monotonic()) > 0:
            for key, _ in waiting.select(left):
                end = key.fileobj  # type: ignore[assignment]  # what was registered is a socket
                found += [key.data] if end.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) in ANSWERED else []
                waiting.unregister(end)
                end.close()
        for key in list(waiting.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]  # as above
    return found


if __name__ == "__main__":
    print(" ".join(answering(sys.argv[2:], float(sys.argv[1]))))
