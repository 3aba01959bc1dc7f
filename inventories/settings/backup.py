"""Backups: each database cluster keeps its log and base backups on an object store in another city."""

from __future__ import annotations

from typing import Any

from failures import InputInvalid, Text
from inventories.hosts import Host, Register
from inventories.settings.patroni import scope
from inventories.uses import used_by_choice

# a constant of role backup, which installs it: the stanza comes from a file there, no value of ours meets a shell;
# pgBackRest refuses a command without its name in it
ARCHIVE_COMMAND = "/usr/local/lib/govcloud/pgbackrest-archive %p"
KEEP_FULL = 2
FULL = "Sun *-*-* 01:30"
INCREMENTAL = "*-*-* *:30"


def variables(register: Register, host: Host) -> dict[str, Any]:
    kind = register.service(host).kind
    if kind == "postgresql":
        return _client(register, host)
    return _server(register, host) if kind == "object-store" else {}


def repository(register: Register, host: Host) -> Host | None:
    """Return where a database host's backups go: the first server of the store in another city.

    None when the cloud has no object store. Raises InputInvalid when every server of it is in the database's own city.
    """
    store = used_by_choice(register.cloud, host.service, "object-store")
    if store is None:
        return None
    away = [other for other in register.of(store) if register.city(other) != register.city(host)]
    if not away:
        raise InputInvalid(
            Text(
                f"its backups have nowhere to go: {store} has no server outside {register.city(host)}",
                f"备份无处存放：{store} 在 {register.city(host)} 以外没有服务器",
            ),
            where=f"services.{host.service}",
            fix=Text(f"place {store} in another city as well", f"请把 {store} 也部署到另一座城市"),
        )
    return away[0]


def _client(register: Register, host: Host) -> dict[str, Any]:
    target = repository(register, host)
    if target is None:
        return {}
    return {
        "backup_stanza": scope(register, host),
        "backup_address": host.address,
        "backup_repository": target.peer,
        "backup_keep_full": KEEP_FULL,
        "patroni_archive_command": ARCHIVE_COMMAND,
    }


def _server(register: Register, host: Host) -> dict[str, Any]:
    stanzas: dict[str, list[dict[str, Any]]] = {}
    for client in register.of_kind("postgresql"):
        if repository(register, client) == host:
            stanzas.setdefault(scope(register, client), []).append(client.peer)
    return {
        "backup_server": bool(stanzas),
        "backup_address": host.address,
        "backup_stanzas": [{"name": name, "hosts": hosts} for name, hosts in stanzas.items()],
        "backup_keep_full": KEEP_FULL,
        "backup_schedule_full": FULL,
        "backup_schedule_incremental": INCREMENTAL,
    }
