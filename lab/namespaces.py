"""Network namespaces: what exists, how to make one, how to work inside one."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from lab.commands import run

NETNS = Path("/run/netns")
CLONE_NEWNET = 0x40000000
T = TypeVar("T")


def namespaces(mark: str) -> list[str]:
    """Return the names of the namespaces that begin with `mark`."""
    return sorted(entry.name for entry in NETNS.glob("*") if entry.name.startswith(mark)) if NETNS.is_dir() else []


def exists(namespace: str) -> bool:
    """Tell whether the name leads to a network namespace, and not to an empty file."""
    try:
        return (NETNS / namespace).stat().st_dev == Path("/proc/self/ns/net").stat().st_dev
    except FileNotFoundError:
        return False


def ensure(namespace: str) -> bool:
    """Make the namespace unless it exists, with its loopback up; return whether it was made."""
    if exists(namespace):
        return False
    (NETNS / namespace).unlink(missing_ok=True)  # left by a killed `ip netns add`
    run("ip", "netns", "add", namespace)
    run("ip", "-n", namespace, "link", "set", "lo", "up")
    return True


def inode(namespace: str) -> int:
    """Return the number by which the kernel knows a namespace."""
    return (NETNS / namespace).stat().st_ino


def inside(namespace: str, *argv: str, stdin: str = "") -> str:
    """Return what a command printed that ran inside the namespace; OutsideFailed as `run` has it."""
    return run("nsenter", f"--net={NETNS / namespace}", *argv, stdin=stdin)


def is_inside(mark: str) -> bool:
    """Tell whether this thread is inside a namespace of this mark, where the machine's own network is not seen."""
    here = Path("/proc/thread-self/ns/net").stat().st_ino
    return here in {inode(name) for name in namespaces(mark) if exists(name)}


def within(namespace: str, work: Callable[[], T], seconds: float = 60.0) -> T:
    """Return what `work` returns when it runs inside the namespace, in a thread of its own; TimeoutError when late."""
    result: list[T] = []
    errors: list[BaseException] = []

    def enter() -> None:
        try:
            join(namespace)
            result.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            errors.append(error)

    thread = threading.Thread(target=enter, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not result:
        raise TimeoutError(namespace)
    return result[0]


def join(namespace: str) -> None:
    """Move this thread, and only this one, into the namespace."""
    with (NETNS / namespace).open("rb") as handle:
        if ctypes.CDLL(None, use_errno=True).setns(handle.fileno(), CLONE_NEWNET):
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), namespace)
