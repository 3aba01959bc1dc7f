"""Makes oslo.messaging's in-process fake:// transport deliver at once."""

from __future__ import annotations

import threading
import time
from typing import Any

from oslo_messaging._drivers import impl_fake

IDLE_S = 0.5


class _Doorbell:
    """Stands in for the `time` module of the fake transport, whose listeners sleep 50 ms between two looks."""

    def __init__(self) -> None:
        self._rung = threading.Condition()
        self._count = 0
        self._seen = threading.local()

    def time(self) -> float:
        return time.time()

    def ring(self) -> None:
        with self._rung:
            self._count += 1
            self._rung.notify_all()

    def sleep(self, _seconds: float) -> None:
        """Wait for the next message; return at once if one came since this thread's last look."""
        with self._rung:
            if getattr(self._seen, "count", -1) == self._count:
                self._rung.wait(IDLE_S)
            self._seen.count = self._count


def wake_on_message() -> None:
    """Replace the transport's polling by a wake-up; call once, before any RPC server starts."""
    bell = _Doorbell()
    deliver = impl_fake.FakeExchange.deliver_message

    def deliver_message(self: Any, *args: Any, **kwargs: Any) -> None:
        deliver(self, *args, **kwargs)
        bell.ring()

    impl_fake.FakeExchange.deliver_message = deliver_message
    impl_fake.time = bell
