"""Has the site's border router take up what Neutron says, when hosts have come or changed."""

from __future__ import annotations

import socket
import threading

from nova import conf
from oslo_log import log as logging

LOG = logging.getLogger(__name__)
ANSWER_S = 120.0


class Border:
    """Asks in a thread of its own: hosts that boot together are asked for together, and none waits for the answer."""

    def __init__(self) -> None:
        self._wanted = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def ask(self) -> None:
        """Have the router look soon; a host without it runs and is not reached."""
        with self._lock:
            if self._thread is None:  # not earlier: no thread survives the fork into the site
                self._thread = threading.Thread(target=self._work, daemon=True)
                self._thread.start()
        self._wanted.set()

    def _work(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            sync(conf.CONF.govlab.network)


def sync(path: str) -> None:
    """Return when what Neutron says now is in force, or when the router does not answer, which is only noted."""
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(ANSWER_S)
            line.connect(path)
            line.sendall(b"sync\n")
            answer = line.recv(100)
    except OSError as error:
        LOG.warning("the border router does not answer: %s", error)
    else:
        if answer != b"ok\n":
            LOG.warning("the border router answers: %s", answer.decode(errors="replace"))
