"""Imports one OpenStack service once and forks one process of it into each site's network namespace."""

from __future__ import annotations

import ctypes
import fcntl
import gc
import importlib
import json
import os
import sys
import time
import traceback
from dataclasses import dataclass

import setproctitle

CLONE_NEWNET = 0x40000000


@dataclass(frozen=True)
class Seat:
    """Where one process of the service runs; `lock` is held as long as it lives."""

    namespace: str
    title: str
    etc: str
    address: str
    port: int
    lock: str
    log: str


def hold(path: str) -> bool:
    """Lock `path` for the life of this process; False when another process serves this seat already."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    for _ in range(20):
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(0.05)
        else:
            return True
    return False


def enter(seat: Seat) -> None:
    """Move this process into the site's network namespace, its log and a session of its own."""
    os.setsid()
    log = os.open(seat.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    namespace = os.open(f"/run/netns/{seat.namespace}", os.O_RDONLY)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace, CLONE_NEWNET):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), seat.namespace)
    os.close(namespace)
    setproctitle.setproctitle(seat.title)


def live(service: str, seat: Seat, ready: int) -> None:
    """Serve one site until killed; a half-started process must not stay alive on its RPC threads."""
    try:
        held = hold(seat.lock)
        os.close(ready)
        if held:
            enter(seat)
            importlib.import_module(f"govlab.{service}_service").serve(seat)
    except BaseException:  # noqa: BLE001 - whatever it was belongs in the log before the process ends
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(1)


def main() -> None:
    """Read the seats as JSON from standard input, import, fork and leave the children alone."""
    service = sys.argv[1]
    seats = [Seat(**seat) for seat in json.load(sys.stdin)]
    sys.argv = [f"govlab-{service}"]
    importlib.import_module(f"govlab.{service}_service")
    importlib.import_module("govlab.round_trips").spare()
    gc.collect()
    gc.freeze()
    waiting, ready = os.pipe()
    for seat in seats:
        if os.fork() == 0:
            live(service, seat, ready)
    os.close(ready)
    os.read(waiting, 1)  # ends when every child holds its lock: who finds it free knows that the child has died


if __name__ == "__main__":
    main()
