"""Serves one WSGI application on a site's address, with a token cache that the site's services share."""

from __future__ import annotations

import gc
import sys
from contextlib import suppress
from pathlib import Path
from threading import Lock, get_native_id
from time import time as now
from typing import TYPE_CHECKING, Any

import waitress

if TYPE_CHECKING:
    from govlab.zygote import Seat

THREADS = 8
CACHE_KEY = "govlab.tokens"
CACHE_ENTRIES = 4096
COLLECT_AFTER = 50_000  # objects; the default of 700 walks the young heap many times in one ORM query
SWITCH_S = 0.05  # by default every waiting thread wakes 200 times a second to ask for its turn


class TokenCache:
    """The memcache calls keystonemiddleware makes; its own in-process cache is one per thread and never shrinks.

    What one service of the site asked Keystone of a token, the others find in `folder`, as in a memcached.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._entries: dict[str, tuple[float, bytes]] = {}

    def get(self, key: str) -> bytes | None:
        """Return the stored value, or None when unknown or too old."""
        until, value = self._entries.get(key) or self._found(key)
        return value if until > now() else None

    def set(self, key: str, value: bytes, time: float = 300) -> None:
        """Store `value` for `time` seconds."""
        until = now() + time
        self._keep(key, until, value)
        with suppress(OSError):  # what cannot be shared is asked for again
            self._folder.mkdir(mode=0o700, exist_ok=True)
            draft = self._folder / f"{get_native_id()}.new"
            draft.write_bytes(b"%d\n%b" % (until, value))
            draft.rename(self._path(key))

    def _found(self, key: str) -> tuple[float, bytes]:
        """Return what another service stored, and keep it; a time long past when there is nothing."""
        try:
            until, value = self._path(key).read_bytes().split(b"\n", 1)
        except OSError:
            return 0.0, b""
        self._keep(key, float(until), value)
        return float(until), value

    def _keep(self, key: str, until: float, value: bytes) -> None:
        with self._lock:
            if len(self._entries) >= CACHE_ENTRIES:
                self._entries.clear()
                for path in self._folder.glob("*"):
                    path.unlink(missing_ok=True)
            self._entries[key] = (until, value)

    def _path(self, key: str) -> Path:
        return self._folder / key.rpartition("/")[2]


def settle() -> None:
    """Take what has been loaded out of the garbage collector's sight, let it run seldom and threads change seldom."""
    sys.setswitchinterval(SWITCH_S)
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 50)


def serve(application: Any, seat: Seat) -> None:
    """Answer requests on the seat's address until killed."""
    cache = TokenCache(Path(seat.lock).parent / "tokens")

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
