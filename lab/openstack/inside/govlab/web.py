"""Serves one WSGI application on a site's address, with a token cache that all its threads share."""

from __future__ import annotations

import gc
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

import waitress

if TYPE_CHECKING:
    from govlab.zygote import Seat

THREADS = 8
CACHE_KEY = "govlab.tokens"
CACHE_ENTRIES = 4096
COLLECT_AFTER = 50_000  # objects; the default of 700 walks the young heap many times in one ORM query


class TokenCache:
    """The memcache calls keystonemiddleware makes; its own in-process cache is one per thread and never shrinks."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._entries: dict[str, tuple[float, Any]] = {}

    def get(self, key: str) -> Any:
        """Return the stored value, or None when unknown or too old."""
        until, value = self._entries.get(key, (0.0, None))
        return value if until > monotonic() else None

    def set(self, key: str, value: Any, time: float = 300) -> None:
        """Store `value` for `time` seconds."""
        with self._lock:
            if len(self._entries) >= CACHE_ENTRIES:
                self._entries.clear()
            self._entries[key] = (monotonic() + time, value)


def settle() -> None:
    """Take what has been loaded out of the garbage collector's sight and let it run seldom."""
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 50)


def serve(application: Any, seat: Seat) -> None:
    """Answer requests on the seat's address until killed."""
    cache = TokenCache()

    def with_cache(environ: dict[str, Any], start_response: Any) -> Any:
        environ[CACHE_KEY] = cache
        return application(environ, start_response)

    settle()
    waitress.serve(
        with_cache,
        host=seat.address,
        port=seat.port,
        threads=THREADS,
        ident="govlab",
        channel_timeout=300,
        connection_limit=500,
        max_request_body_size=1 << 34,
        clear_untrusted_proxy_headers=False,
    )
