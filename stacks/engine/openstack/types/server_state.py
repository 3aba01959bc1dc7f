"""Nova: what state a server is in, and bringing it into another."""

from __future__ import annotations

from collections.abc import Iterable

from stacks.engine.openstack.api import Api
from stacks.engine.openstack.rows import Raw
from stacks.engine.provider import RefusedByApi

VERSION = "2.26"
"""Servers show their tags, and still the id of their flavor."""

_GONE = frozenset({"DELETED", "SOFT_DELETED"})
_SLEEP = {"SHUTOFF": "os-stop", "PAUSED": "pause", "SHELVED_OFFLOADED": "shelve"}
_WAKE = {"SHUTOFF": "os-start", "PAUSED": "unpause", "SHELVED": "unshelve", "SHELVED_OFFLOADED": "unshelve"}
AT_REST = frozenset({"ACTIVE", "SHELVED", "ERROR", *_SLEEP})


def get_server(api: Api, id_: str) -> Raw | None:
    """Return the server, None when it is gone."""
    answer = api.get_or_none("compute", f"/servers/{id_}", version=VERSION)
    return None if answer is None or answer["server"]["status"] in _GONE else dict(answer["server"])


def wait_for(api: Api, id_: str, wanted: Iterable[str], what: str) -> Raw:
    """Return the server once its status is one of `wanted`; RefusedByApi with its fault when it goes to ERROR."""
    targets = frozenset(wanted)

    def probe() -> Raw | None:
        server = get_server(api, id_)
        if server is None:
            raise RefusedByApi(404, f"site {api.site}: server {id_} went away during its {what}")
        if server["status"] == "ERROR" and "ERROR" not in targets:
            raise RefusedByApi(500, f"site {api.site}: server {server['name']} went to ERROR: {fault(server)}")
        return server if server["status"] in targets and not _busy(server) else None

    return api.poll(probe, f"{what} of server {id_}", like=f"server {what}")


def wait_at_rest(api: Api, id_: str) -> Raw:
    """Return the server once nothing is being done to it, in whatever state it is then."""
    return wait_for(api, id_, AT_REST, "creation")


def wait_gone(api: Api, id_: str) -> None:
    """Return when the server is gone; RefusedByApi with its fault when its deletion failed."""

    def probe() -> bool | None:
        server = get_server(api, id_)
        if server and server["status"] == "ERROR" and not _busy(server):
            raise RefusedByApi(500, f"site {api.site}: server {server['name']} was not deleted: {fault(server)}")
        return True if server is None else None

    api.poll(probe, f"deletion of server {id_}")


def set_power(api: Api, server: Raw, wanted: str) -> Raw:
    """Bring a server to `wanted`: active, shutoff, paused or shelved_offloaded."""
    target, now = wanted.upper(), server["status"]
    if target == now:
        return server
    action = _SLEEP.get(target) or _WAKE.get(now)
    if action is None:
        raise RefusedByApi(409, f"site {api.site}: server {server['name']} is {now} and can't become {target}")
    act(api, server["id"], {action: None})
    return wait_for(api, server["id"], (target,), f"change to {target}")


def act(api: Api, id_: str, action: Raw) -> None:
    api.send("POST", "compute", f"/servers/{id_}/action", action)


def fault(server: Raw) -> str:
    return str((server.get("fault") or {}).get("message") or "no reason given")


def _busy(server: Raw) -> bool:
    return bool(server.get("OS-EXT-STS:task_state"))
