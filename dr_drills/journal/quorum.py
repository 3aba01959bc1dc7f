"""A consensus store as drills keep texts in it: members asked in turn, texts by key, changes as transactions."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dr_drills.probes.budget import NoAnswer
from dr_drills.probes.etcd import call, coded
from dr_drills.probes.scene import Scene
from dr_drills.probes.trust import Keys
from dr_drills.probes.web import Web
from failures import Text

CALL_SECONDS = 1.0
PAGE = 200


@dataclass(frozen=True)
class Row:
    """One key; `created` and `changed` are revisions, `lease` is its id, empty for none."""

    key: str
    text: str
    created: int
    changed: int
    lease: str


class Quorum:
    """The members of one store by their addresses; each call is limited to CALL_SECONDS per member."""

    def __init__(self, name: str, addresses: tuple[str, ...], keys: Keys, seconds: float = CALL_SECONDS) -> None:
        self.name, self.addresses, self.keys = name, addresses, keys
        self._web = Web(keys, seconds)
        self._first = 0

    def call(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer of the first member that gives one, the last to answer is asked first. Raises NoAnswer."""
        first, reason = self._first, Text("it has no members", "没有成员")
        for turn in range(len(self.addresses)):
            number = (first + turn) % len(self.addresses)
            try:
                said = call(self._web, self.addresses[number], method, dict(body))
            except NoAnswer as error:
                reason = error.what
            else:
                self._first = number
                return said
        raise NoAnswer(Text(f"the store {self.name}: {reason.en}", f"仲裁服务 {self.name}：{reason.zh}"))

    def transact(self, compare: list[dict[str, Any]], do: list[Any], otherwise: list[Any] | None = None) -> Answered:
        """Do all or nothing, as long as everything compares equal. Raises NoAnswer when what happened is open."""
        said = self.call("kv/txn", {"compare": compare, "success": do, "failure": otherwise or []})
        reads = [answer["response_range"] for answer in said.get("responses") or () if "response_range" in answer]
        rows = tuple(row for read in reads for row in rows_of(read))
        return Answered(bool(said.get("succeeded")), int(said["header"]["revision"]), rows)

    def row(self, key: str) -> Row | None:
        """Return what a majority holds under a key. Raises NoAnswer."""
        return next(rows_of(self.call("kv/range", {"key": coded(key)})), None)

    def below(self, prefix: str) -> tuple[Row, ...]:
        """Return what a majority holds under all keys that begin so, by key, at one revision. Raises NoAnswer."""
        found: list[Row] = []
        revision = "0"
        while True:
            said = self.call("kv/range", ranged(prefix, found[-1].key + "\0" if found else prefix, revision))
            revision = said["header"]["revision"] if revision == "0" else revision
            found += rows_of(said)
            if not said.get("more"):
                return tuple(found)

    def remembered(self, address: str, prefix: str) -> tuple[int, tuple[Row, ...]]:
        """Return what one member remembers under keys that begin so, without a majority, and its revision."""
        found: list[Row] = []
        while True:
            question = ranged(prefix, found[-1].key + "\0" if found else prefix, "0")
            said = call(self._web, address, "kv/range", {**question, "serializable": True})
            found += rows_of(said)
            if not said.get("more"):
                return int(said["header"]["revision"]), tuple(found)

    def document(self) -> dict[str, Any]:
        return {"name": self.name, "addresses": list(self.addresses)}


@dataclass(frozen=True)
class Answered:
    """What a transaction came to; `rows` are what it read."""

    done: bool
    revision: int
    rows: tuple[Row, ...]


def ranged(prefix: str, start: str, revision: str) -> dict[str, Any]:
    """Return the question for a page of the keys that begin so."""
    after = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    return {"key": coded(start), "range_end": coded(after), "limit": str(PAGE), "revision": revision}


def rows_of(said: Mapping[str, Any]) -> Iterator[Row]:
    """Yield the rows of an answer to a range."""
    for row in said.get("kvs") or ():
        yield Row(
            b64decode(row["key"]).decode(),
            b64decode(row.get("value", "")).decode(),
            int(row.get("create_revision") or 0),
            int(row.get("mod_revision") or 0),
            str(row.get("lease") or ""),
        )


def created_at(key: str, revision: int) -> dict[str, Any]:
    """Return the comparison that holds while a key is the one that was made at a revision; 0: there is none."""
    return {"target": "CREATE", "result": "EQUAL", "key": coded(key), "create_revision": str(revision)}


def putting(key: str, text: str, lease: str = "0") -> dict[str, Any]:
    """Return the part of a transaction that writes a key."""
    return {"requestPut": {"key": coded(key), "value": coded(text), "lease": lease}}


def reading(key: str) -> dict[str, Any]:
    """Return the part of a transaction that reads a key."""
    return {"requestRange": {"key": coded(key)}}


def quorums(scene: Scene, keys: Keys) -> tuple[Quorum, ...]:
    """Return the stores of a cloud: the one that its sites share first, then those that a single site has."""
    found = scene.stores()
    shared = sorted(found, key=lambda name: len({place.site for place in found[name]}), reverse=True)
    return tuple(Quorum(name, tuple(str(p.own["etcd_address"]) for p in found[name]), keys) for name in shared)
