"""Network namespaces of the sites and their lines to the operator's seat."""

from __future__ import annotations

import ctypes
import json
import os
import threading
from collections.abc import Callable
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, TypeVar

from lab.commands import run
from lab.site import INSIDE, LabSite

NETNS = Path("/run/netns")
CLONE_NEWNET = 0x40000000
T = TypeVar("T")


def namespaces(mark: str) -> list[str]:
    """Return the names of the namespaces that begin with `mark`."""
    return sorted(entry.name for entry in NETNS.glob("*") if entry.name.startswith(mark)) if NETNS.is_dir() else []


def taken_networks(mark: str) -> list[IPv4Network]:
    """Return every network the operator's seat has a route to, but those that lead to the lab with this mark."""
    own = {link["ifname"] for link in _links() if link.get("ifalias", "").startswith(mark)}
    routes: list[dict[str, Any]] = json.loads(run("ip", "-j", "-4", "route", "show", "table", "all") or "[]")
    wide = [r for r in routes if r.get("dev") not in own and r["dst"] != "default" and r.get("type") != "broadcast"]
    return [IPv4Network(route["dst"], strict=False) for route in wide]


def _links() -> list[dict[str, Any]]:
    links: list[dict[str, Any]] = json.loads(run("ip", "-j", "link", "show", "type", "veth") or "[]")
    return links


def connect(site: LabSite) -> None:
    """Make what is missing of the site's namespace and its line; repeating it changes nothing."""
    if not exists(site.namespace):
        (NETNS / site.namespace).unlink(missing_ok=True)  # left by a killed `ip netns add`
        run("ip", "netns", "add", site.namespace)
    if not Path("/sys/class/net", site.link).exists():
        run("ip", "link", "add", site.link, "type", "veth", "peer", "name", INSIDE, "netns", site.namespace)
    seat = (
        f"link set {site.link} alias {site.namespace}\n"
        f"address replace {site.outside} dev {site.link}\n"
        f"link set {site.link} up\n"
    )
    run("ip", "-batch", "-", stdin=seat)
    within = f"link set lo up\naddress replace {site.inside} dev {INSIDE}\nlink set {INSIDE} up\n"
    run("ip", "-n", site.namespace, "-batch", "-", stdin=within)


def exists(namespace: str) -> bool:
    """Tell whether the name leads to a network namespace, and not to an empty file."""
    try:
        return (NETNS / namespace).stat().st_dev == Path("/proc/self/ns/net").stat().st_dev
    except FileNotFoundError:
        return False


def inode(namespace: str) -> int:
    """Return the number by which the kernel knows a namespace."""
    return (NETNS / namespace).stat().st_ino


def within(namespace: str, work: Callable[[], T], seconds: float = 60.0) -> T:
    """Return what `work` returns when it runs inside the namespace, in a thread of its own; TimeoutError when late."""
    result: list[T] = []
    errors: list[BaseException] = []

    def enter() -> None:
        try:
            _join(namespace)
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


def _join(namespace: str) -> None:
    """Move this thread, and only this one, into the namespace."""
    with (NETNS / namespace).open("rb") as handle:
        if ctypes.CDLL(None, use_errno=True).setns(handle.fileno(), CLONE_NEWNET):
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), namespace)
