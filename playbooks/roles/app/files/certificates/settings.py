"""Where this copy of the service runs and whom it talks to, read from one JSON file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entrance:
    """One proxy in front of the primary."""

    name: str
    address: str
    port: int


@dataclass(frozen=True)
class Settings:
    """All times in seconds; `entrances` in the order they are tried; `serves` False at a recovery site."""

    host: str
    site: str
    address: str
    port: int
    health_port: int
    serves: bool
    certificate: str
    key: str
    authority: str
    database: str
    user: str
    password_file: str
    entrances: tuple[Entrance, ...]
    connect_seconds: int = 2
    statement_seconds: float = 3
    request_seconds: float = 4
    probe_seconds: float = 1
    drain_seconds: float = 4
    connections: int = 8

    def password(self) -> str:
        return Path(self.password_file).read_text(encoding="utf-8").strip()


def load_settings(path: Path) -> Settings:
    """Return the settings in the JSON file at `path`. Raises: TypeError for a key that is missing or unknown."""
    fields = json.loads(path.read_text(encoding="utf-8"))
    fields["entrances"] = tuple(Entrance(**entrance) for entrance in fields["entrances"])
    return Settings(**fields)
