"""Records every HTTP call of a Python process to the file that GOVCLOUD_TEST_RECORD names; for tests only."""

from __future__ import annotations

import atexit
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

CALLS: list[dict[str, Any]] = []
_LOCK = threading.Lock()
_KEPT = ("X-Auth-Token", "Content-Type", "OpenStack-API-Version")


def install(target: Path) -> None:
    """Wrap urllib3, which both the client and keystoneauth send through; write the calls when the process ends."""
    from urllib3.connectionpool import HTTPConnectionPool  # noqa: PLC0415 - only in a process that is recorded

    plain = HTTPConnectionPool.urlopen

    def urlopen(pool: Any, method: str, url: str, body: Any = None, headers: Any = None, **options: Any) -> Any:
        began = time.monotonic()
        answer = plain(pool, method, url, body, headers, **options)
        call = {
            "began": began,
            "ended": time.monotonic(),
            "method": method,
            "host": pool.host,
            "port": pool.port,
            "url": url,
            "headers": {key: _text(headers[key]) for key in _KEPT if headers and key in headers},
            "file": getattr(body, "name", ""),
            "body": "" if hasattr(body, "read") else _text(body or ""),
            "status": answer.status,
            "token": answer.headers.get("X-Subject-Token", ""),
            "answer": _text(answer.data) if options.get("preload_content", True) else "",
        }
        with _LOCK:
            CALLS.append(call)
        return answer

    setattr(HTTPConnectionPool, "urlopen", urlopen)  # noqa: B010 - the type checker knows no patched method
    atexit.register(lambda: target.write_text(json.dumps(CALLS), encoding="utf-8"))


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


if os.environ.get("GOVCLOUD_TEST_RECORD"):
    install(Path(os.environ["GOVCLOUD_TEST_RECORD"]))
