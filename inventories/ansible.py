"""An inventory in the words of Ansible's script protocol, in which no value can be taken for a template."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inventories.derive import Inventory

USER = "debian"
UNSAFE = "__ansible_unsafe"
"""The one mark that ansible-core's inventory decoder honours; unmarked strings of host variables become templates."""


@dataclass(frozen=True)
class Door:
    """How a host is entered: the private key and the known host keys, as files; `server` is Nova's id once built."""

    key: Path
    known_hosts: Path
    server: str | None = None


def document(inventory: Inventory, doors: Mapping[str, Door]) -> dict[str, Any]:
    """Return what `--list` answers: groups, and the variables of every host below `_meta`."""
    variables = {name: host_document(inventory, doors, name) for name in inventory.variables}
    groups = {name: {"hosts": list(hosts)} for name, hosts in inventory.groups.items()}
    return {"_meta": {"hostvars": variables}, "all": {"children": ["ungrouped", *groups]}, **groups}


def playbook_document(inventory: Inventory, doors: Mapping[str, Door]) -> dict[str, Any]:
    """Return the same as a file for `ansible-playbook -i`, which asks no program."""
    hosts = {name: host_document(inventory, doors, name) for name in inventory.variables}
    groups: dict[str, Any] = {
        name: {"hosts": {host: {} for host in members}} for name, members in inventory.groups.items()
    }
    return {"all": {"hosts": hosts, "children": groups}}


def host_document(inventory: Inventory, doors: Mapping[str, Door], host: str) -> dict[str, Any]:
    """Return what `--host` answers."""
    found: dict[str, Any] = unsafe({**connection(inventory, doors[host], host), **inventory.variables[host]})
    return found


def connection(inventory: Inventory, door: Door, host: str) -> dict[str, str]:
    """Return the variables of a host's SSH connection; a host whose key is not known is not talked to."""
    address = str(inventory.variables[host]["govcloud_address"])
    server = {} if door.server is None else {"govcloud_server": door.server}
    return {
        "ansible_host": address,
        "ansible_user": USER,
        "ansible_ssh_private_key_file": str(door.key),
        "ansible_ssh_common_args": shlex.join(ssh_options(door)),
        **server,
    }


def ssh_options(door: Door) -> list[str]:
    """Return the options that every SSH connection of ours carries."""
    settings = (
        f'UserKnownHostsFile="{door.known_hosts}"',
        "GlobalKnownHostsFile=/dev/null",
        "StrictHostKeyChecking=yes",
        "IdentitiesOnly=yes",
    )
    return [word for setting in settings for word in ("-o", setting)]


def unsafe(value: Any) -> Any:
    """Return the value with every string in it marked: Ansible hands it on and never evaluates it."""
    if isinstance(value, str):
        return {UNSAFE: value}
    if isinstance(value, Mapping):
        return {key: unsafe(item) for key, item in value.items()}
    return [unsafe(item) for item in value] if isinstance(value, list | tuple) else value
