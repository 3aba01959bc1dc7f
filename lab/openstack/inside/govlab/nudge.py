"""Tells the site's border router what changed in Neutron, so that it looks again only when that concerns a host."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from typing import Any

from neutron_lib.callbacks import events, registry, resources
from oslo_config import cfg

OPTIONS = [cfg.StrOpt("nudge", default="", help="datagram socket of the border router")]
WATCHED = (
    resources.NETWORK,
    resources.SUBNET,
    resources.ROUTER,
    resources.ROUTER_INTERFACE,
    resources.ROUTER_GATEWAY,
    resources.FLOATING_IP,
    resources.SECURITY_GROUP,
    resources.SECURITY_GROUP_RULE,
)
CHANGES = (events.AFTER_CREATE, events.AFTER_UPDATE, events.AFTER_DELETE)
HELD_TO = ("fixed_ips", "security_groups", "allowed_address_pairs", "port_security_enabled", "mac_address", "device_id")
UUID = re.compile(r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


class Nudges:
    """Sends one datagram of ids for each change; nobody waits for it, and a lost one costs three minutes."""

    def __init__(self) -> None:
        cfg.CONF.register_opts(OPTIONS, group="govlab")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        for event in CHANGES:
            registry.subscribe(self._port_changed, resources.PORT, event)
            for resource in WATCHED:
                registry.subscribe(self._changed, resource, event)

    def _changed(self, _resource: str, _event: str, _trigger: Any, payload: Any) -> None:
        self._send({payload.resource_id, *_ids(payload.states), *_ids(payload.metadata)})

    def _port_changed(self, _resource: str, event: str, _trigger: Any, payload: Any) -> None:
        """Name a port by itself, by what it belongs to, and as a member of its groups; its network is no news."""
        states = [state for state in payload.states if isinstance(state, dict)]
        if event == events.AFTER_UPDATE and len(states) > 1 and not _differ(states[0], states[-1]):
            return
        members = {f"member:{group}" for state in states for group in state.get("security_groups") or ()}
        owners = {state.get("device_id") for state in states}
        self._send({payload.resource_id, *owners, *members})

    def _send(self, words: set[str | None]) -> None:
        try:
            self._socket.sendto(" ".join(sorted(filter(None, words))).encode(), cfg.CONF.govlab.nudge)
        except OSError:
            return  # the border router looks by itself every three minutes


def _differ(before: dict[str, Any], after: dict[str, Any]) -> bool:
    return any(before.get(key) != after.get(key) for key in HELD_TO)


def _ids(value: Any) -> Iterator[str]:
    """Yield every id anywhere inside plain data."""
    if isinstance(value, str):
        if UUID.match(value):
            yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _ids(part)
    elif isinstance(value, list | tuple | set):
        for part in value:
            yield from _ids(part)
