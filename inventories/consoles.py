"""Reads host keys from the consoles of servers, as they show them when they first boot."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import Any

from failures import GovcloudError, OutsideFailed, SiteUnreachable, Text
from inventories.hostkeys import HostKeys, parse_console

CALL_SECONDS = 20.0
PAUSE_SECONDS = 3.0
DEAD_ROUNDS = 3
"""A site that did not answer so many times is given up."""


@dataclass(frozen=True)
class Shown:
    """A server whose console is to be read."""

    host: str
    address: str
    server: str


ReadConsole = Callable[[str], str]
"""Returns a server's console text by its id; raises what openstacksdk raises."""
Connect = Callable[[str], ReadConsole]
"""Opens a site by its entry in clouds.yaml."""


@dataclass(frozen=True)
class Collected:
    keys: tuple[HostKeys, ...]
    failures: Mapping[str, GovcloudError]
    """by host"""


def collect(
    wanted: Mapping[str, Sequence[Shown]], seconds: float, stop: Event, connect: Connect | None = None
) -> Collected:
    """Return the keys of all servers that show them within `seconds`; `wanted` is by site's entry in clouds.yaml.

    Sites are asked at once, so that a dead one holds nobody up.
    """
    if not wanted:
        return Collected((), {})
    until = time.monotonic() + seconds
    with ThreadPoolExecutor(len(wanted), "console") as pool:
        asked = [pool.submit(_of_site, entry, shown, until, stop, connect or _nova) for entry, shown in wanted.items()]
        answers = [answer.result() for answer in asked]
    keys = tuple(key for answer in answers for key in answer.keys)
    return Collected(keys, {host: error for answer in answers for host, error in answer.failures.items()})


def _of_site(entry: str, servers: Iterable[Shown], until: float, stop: Event, connect: Connect) -> Collected:
    from stacks.rollout.sites import understood  # noqa: PLC0415 - openstacksdk, only where a site is asked

    waiting = list(servers)
    found: list[HostKeys] = []
    trouble: GovcloudError | None = None
    dead = 0
    read = understood(entry, lambda: connect(entry))
    while waiting and not isinstance(read, GovcloudError):
        trouble = None
        for server in tuple(waiting):
            answer = understood(entry, partial(_keys, read, server))
            if isinstance(answer, GovcloudError):
                trouble = answer
                break
            if answer.keys:
                found.append(answer)
                waiting.remove(server)
        dead = dead + 1 if isinstance(trouble, SiteUnreachable) else 0
        if dead >= DEAD_ROUNDS or time.monotonic() >= until or (waiting and stop.wait(PAUSE_SECONDS)):
            break
    reason = read if isinstance(read, GovcloudError) else trouble
    return Collected(tuple(found), {server.host: _blamed(reason, server) for server in waiting})


def _blamed(reason: GovcloudError | None, server: Shown) -> GovcloudError:
    """Return why a server's keys are not known; what is wrong with its site is told of each of its hosts."""
    if reason is None:
        return _silent(server)
    return type(reason)(reason.what, where=server.host, fix=reason.fix)


def _keys(read: ReadConsole, server: Shown) -> HostKeys:
    return HostKeys(server.host, server.address, server.server, parse_console(read(server.server)))


def _nova(entry: str) -> ReadConsole:
    from stacks.rollout.sites import connect  # noqa: PLC0415 - as above

    compute = connect(entry, CALL_SECONDS).compute

    def read(server: str) -> str:
        answer: Any = compute.get_server_console_output(server)
        return str(answer.get("output") or "") if isinstance(answer, dict) else str(answer or "")

    return read


def _silent(server: Shown) -> GovcloudError:
    return OutsideFailed(
        Text(
            f"server {server.server} has not shown its host keys on its console: it did not boot, or has no cloud-init",
            f"服务器 {server.server} 未在控制台输出主机密钥：没有启动，或没有 cloud-init",
        ),
        where=server.host,
        fix=Text(
            f"openstack console log show {server.server}; then run the same command again",
            f"请用 openstack console log show {server.server} 查看，然后重新执行",
        ),
    )
