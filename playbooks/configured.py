"""Which hosts are configured, and with what: lets a host that nothing changed for be left alone."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

from inventories.opening import Opened
from stacks.engine.journal import sync_folder
from stacks.rollout.home import naming

CONFIGURED = "configured.json"
"""The file in the cloud's folder."""


class Standing(StrEnum):
    DONE = "done"
    ACTING = "acting"
    """written before a host is touched; still there after a kill"""
    FAILED = "failed"


@dataclass(frozen=True)
class Entry:
    """One host's last configuration; `digest` covers all it was made from, `server` is Nova's id, `at` ISO 8601."""

    host: str
    server: str
    digest: str
    standing: Standing
    at: str


class ConfiguredHosts:
    """The file of all hosts of a cloud."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, Entry]:
        """Return the entries by host; a file that cannot be read is empty, so every host is looked at again."""
        try:
            rows = json.loads(self.path.read_text(encoding="utf-8"))
            entries = [Entry(**{**row, "standing": Standing(row["standing"])}) for row in rows]
        except (OSError, ValueError, TypeError, KeyError):
            return {}
        return {entry.host: entry for entry in entries}

    def put(self, entries: Iterable[Entry]) -> None:
        """Make these entries durable beside the others."""
        rows = {**self.read(), **{entry.host: entry for entry in entries}}
        fresh = self.path.with_suffix(".new")
        with naming(self.path), fresh.open("w", encoding="utf-8") as file:
            json.dump([asdict(row) for row in rows.values()], file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)
        sync_folder(self.path.parent)


def host_digest(variables: Mapping[str, Any], plays: Iterable[str], certificate: str, bundle: str) -> str:
    """Return a hash over what a host is made from: variables, digests of its plays, certificate, name of the bundle."""
    whole = json.dumps([variables, list(plays), certificate, bundle], sort_keys=True, ensure_ascii=False)
    return sha256(whole.encode()).hexdigest()


def complete_services(opened: Opened) -> tuple[str, ...]:
    """Return the services all of whose hosts are configured, as the servers they are now."""
    entries = ConfiguredHosts(opened.home.folder / CONFIGURED).read()
    done = {
        host
        for host, server in opened.built.servers.items()
        if host in entries and entries[host].standing is Standing.DONE and entries[host].server == server
    }
    services = dict.fromkeys(host.service for host in opened.register.hosts)
    return tuple(name for name in services if all(host.name in done for host in opened.register.of(name)))
