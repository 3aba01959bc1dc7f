"""Locks by name, for objects that their API lets only be read and written back as a whole."""

from __future__ import annotations

import threading
from collections import defaultdict

_LOCKS: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
_GUARD = threading.Lock()


def lock_of(name: str) -> threading.Lock:
    """Return the process's one lock of this name."""
    with _GUARD:
        return _LOCKS[name]
