"""Reads the members of a consensus store over its JSON gateway, and writes a marker through them."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any

from dr_drills.probes.budget import NoAnswer
from dr_drills.probes.web import Web
from failures import Text

PORT = 2379


@dataclass(frozen=True)
class EtcdReading:
    """`leader` is the id of the member that this one follows, empty for none; `alarms` are what it complains of."""

    member: str
    leader: str
    term: int
    version: str
    size_bytes: int
    learner: bool
    alarms: tuple[str, ...]


def read_etcd(web: Web, address: str) -> EtcdReading:
    """Return what the member at an address says of itself. Raises NoAnswer."""
    said = call(web, address, "maintenance/status", {})
    head = said.get("header") or {}
    leader = str(said.get("leader") or "")
    return EtcdReading(
        member=str(head.get("member_id", "")),
        leader="" if leader == "0" else leader,
        term=int(said.get("raftTerm") or 0),
        version=str(said.get("version", "")),
        size_bytes=int(said.get("dbSize") or 0),
        learner=bool(said.get("isLearner")),
        alarms=tuple(str(alarm) for alarm in said.get("errors") or ()),
    )


def put(web: Web, address: str, key: str, value: str) -> None:
    """Write through one member; it is acknowledged when a majority has it. Raises NoAnswer."""
    call(web, address, "kv/put", {"key": coded(key), "value": coded(value)})


def get(web: Web, address: str, key: str) -> str | None:
    """Return what a majority holds under a key, asked through one member (linearizable). Raises NoAnswer."""
    found = call(web, address, "kv/range", {"key": coded(key)}).get("kvs") or []
    return b64decode(found[0].get("value", "")).decode() if found else None


def delete(web: Web, address: str, key: str) -> int:
    """Delete a key through one member and return how many were there. Raises NoAnswer."""
    return int(call(web, address, "kv/deleterange", {"key": coded(key)}).get("deleted") or 0)


def call(web: Web, address: str, method: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return what the gateway of the member at an address answers to a method. Raises NoAnswer."""
    page = web.post(f"https://{address}:{PORT}/v3/{method}", body)
    said = page.document()
    if page.status != 200 or not isinstance(said, dict):
        reason = said.get("error") or said.get("message") if isinstance(said, dict) else page.status
        raise NoAnswer(Text(f"the member refuses: {reason}", f"成员拒绝：{reason}"))
    return said


def coded(text: str) -> str:
    """Return a key or value as the gateway wants it."""
    return b64encode(text.encode()).decode()
