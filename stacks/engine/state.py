"""The state of one stack on disk: a checkpoint in Pulumi's format and a journal of what happened since."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from failures import InputInvalid, Text
from stacks.engine import deployment
from stacks.engine.deployment import Intent, Resource
from stacks.engine.journal import Journal, Record, no_room, read, state_files, sync_folder
from stacks.engine.secrets import Secrets
from stacks.engine.urns import STACK_TYPE, provider_urn


class StackState:
    """What is known of a stack. Resources are held as on disk: secrets sealed; `secrets.open` shows them.

    `live` by URN, `doomed` (replaced, not yet deleted) by URN and id, `intents` (begun, not ended) by number.
    Safe for many threads of one process; between processes the caller locks.
    """

    def __init__(self, folder: Path, name: str, secrets: Secrets) -> None:
        self.name, self.secrets = name, secrets
        self.live: dict[str, Resource] = {}
        self.doomed: dict[tuple[str, str], Resource] = {}
        self.intents: dict[int, Intent] = {}
        self._checkpoint, self._journal_path = state_files(folder, name)
        self._base = ""
        self._next = 1
        self._lock = threading.RLock()
        self._dirty = False
        self._journal = Journal(self._journal_path, 0)

    @classmethod
    def open(cls, folder: Path, name: str, secrets: Secrets) -> StackState:
        """Read a stack; one that was never written is empty. Writes nothing and derives no key.

        Raises InputInvalid when checkpoint or journal cannot be read; both are left as they are.
        """
        if not name or "/" in name or name.startswith("."):
            raise ValueError(f"not a stack name: {name!r}")
        state = cls(folder, name, secrets)
        state._load_checkpoint()
        state._load_journal()
        return state

    def _load_checkpoint(self) -> None:
        try:
            raw = self._checkpoint.read_bytes()
        except FileNotFoundError:
            return
        try:
            data = json.loads(raw)
        except ValueError as err:
            raise InputInvalid(
                Text(f"the state is damaged: {err}", f"状态文件已损坏：{err}"),
                where=str(self._checkpoint),
                fix=Text(
                    "restore it from the copy at another site; it was left as it is",
                    "请用其他站点的副本恢复；该文件未被改动",
                ),
            ) from err
        self._base = hashlib.sha256(raw).hexdigest()
        self._take(deployment.parse(data, str(self._checkpoint)))

    def _take(self, content: deployment.Content) -> None:
        self.live, self.doomed = content.live, content.doomed
        self.intents = dict(enumerate(content.intents, 1))
        self._next = len(self.intents) + 1
        if content.salt:
            self.secrets = self.secrets.with_salt(content.salt)

    def _load_journal(self) -> None:
        records, good = read(self._journal_path)
        self._journal = Journal(self._journal_path, good)
        if not records:
            return
        head, last = records[0], records[-1]
        if head["base"] != self._base:
            if last["k"] == "into" and last["sha"] == self._base:
                # Killed after the new checkpoint took its name and before the journal was emptied.
                self._journal = Journal(self._journal_path, 0)
                return
            raise self._strangers()
        self.secrets = self.secrets.with_salt(head["salt"])
        for record in records[1:]:
            self._apply(record)

    def _strangers(self) -> InputInvalid:
        journal, checkpoint = self._journal_path.name, self._checkpoint.name
        return InputInvalid(
            Text(f"{journal} does not belong to {checkpoint}", f"{journal} 与 {checkpoint} 不匹配"),
            where=str(self._journal_path),
            fix=Text(
                "one of the two was replaced: restore both from the same copy, or move the journal away and deploy with"
                " --refresh",
                "其中一个文件被替换过：请从同一份副本恢复两者，或移走日志后用 --refresh 部署",
            ),
        )

    def begin(self, op: str, resource: Resource) -> int:
        """Record an intent durably, before acting; return its number. Raises OutsideFailed: then do not act."""
        with self._lock:
            number, self._next = self._next, self._next + 1
        record = {"k": "intent", "n": number, "op": op, "at": time.time(), "res": self.secrets.seal(resource)}
        self._write(record, sync=True)
        with self._lock:
            self._apply(record)
        return number

    def put(self, resource: Resource, intent: int = 0, *, sync: bool = True) -> None:
        """Record a resource as it is now, ending its intent; one of another id at this URN becomes doomed."""
        self._record({"k": "put", "n": intent, "res": self.secrets.seal(resource)}, sync=sync)

    def gone(self, resource: Resource, intent: int = 0, *, pending: bool = False) -> None:
        """Record that an object exists no more; with `pending` its URN waits for the replacement."""
        record = {"k": "gone", "n": intent, "urn": resource["urn"], "id": resource.get("id", ""), "pending": pending}
        self._record(record, sync=pending)

    def drop(self, intent: int) -> None:
        """Record that an intent came to nothing."""
        self._record({"k": "drop", "n": intent}, sync=False)

    def rename(self, old: str, new: str) -> None:
        """Record that a resource goes by another URN now, everywhere it is named."""
        self._record({"k": "rename", "old": old, "new": new}, sync=False)

    def _record(self, record: Record, *, sync: bool) -> None:
        # A result is kept in memory even when the disk is full: the checkpoint may still find room.
        with self._lock:
            self._apply(record)
        self._write(record, sync=sync)

    def _write(self, record: Record, *, sync: bool) -> None:
        with self._lock:
            if not self._journal.size:
                self._journal.append({"k": "begin", "base": self._base, "salt": self.secrets.salt}, sync=False)
            self._dirty = True
        self._journal.append(record, sync=sync)

    def _apply(self, record: Record) -> None:
        match record["k"]:
            case "intent":
                self._next = max(self._next, record["n"] + 1)
                self.intents[record["n"]] = Intent(record["op"], record["res"], record["at"])
                return
            case "put":
                self._apply_put(record["res"])
            case "gone":
                self._apply_gone(record)
            case "rename":
                self._apply_rename(record["old"], record["new"])
        self.intents.pop(record.get("n", 0), None)

    def _apply_put(self, resource: Resource) -> None:
        old = self.live.get(resource["urn"])
        kept = old and not old.get("external") and not old.get("pendingReplacement")
        if old and kept and old.get("id", "") != resource.get("id", ""):
            self.doomed[old["urn"], old.get("id", "")] = {**old, "delete": True}
        self.live[resource["urn"]] = resource

    def _apply_gone(self, record: Record) -> None:
        urn, id_ = record["urn"], record["id"]
        if self.doomed.pop((urn, id_), None):
            return
        old = self.live.get(urn)
        if old is None or old.get("id", "") != id_:
            return
        if record["pending"]:
            self.live[urn] = {**old, "pendingReplacement": True}
        else:
            del self.live[urn]

    def _apply_rename(self, old: str, new: str) -> None:
        if old in self.live:
            self.live = {new if urn == old else urn: _renamed(res, old, new) for urn, res in self.live.items()}
            self.doomed = {
                (new if urn == old else urn, id_): _renamed(r, old, new) for (urn, id_), r in self.doomed.items()
            }
            self.intents = {n: Intent(i.op, _renamed(i.resource, old, new), i.at) for n, i in self.intents.items()}

    def outputs(self) -> dict[str, Any]:
        """Return the outputs of the stack; secrets are opened and still marked (`values.reveal`, `values.mask`)."""
        for resource in self.live.values():
            if resource["type"] == STACK_TYPE:
                opened: dict[str, Any] = self.secrets.open(resource.get("outputs") or {})
                return opened
        return {}

    def deployment(self) -> dict[str, Any]:
        """Return Pulumi's deployment of version 3, secrets sealed, operations begun as pending ones."""
        with self._lock:
            return deployment.build(self.live, self.doomed.values(), self.intents.values(), self.secrets.salt)

    def import_deployment(self, data: Mapping[str, Any], where: str = "deployment") -> None:
        """Take over a deployment in the place of all that is here. Raises InputInvalid; then nothing has changed."""
        content = deployment.parse(data, where)
        secrets = self.secrets.with_salt(content.salt) if content.salt else self.secrets
        for resource in (*content.live.values(), *content.doomed.values()):
            secrets.open(resource)
        with self._lock:
            self._take(content)
            self.secrets = secrets
            self.live = {urn: _sealed(secrets, resource) for urn, resource in self.live.items()}
            self.doomed = {key: _sealed(secrets, resource) for key, resource in self.doomed.items()}
            self._dirty = True
            self.compact()

    def compact(self) -> None:
        """Write a new checkpoint and empty the journal; killed at any point, nothing is lost. Raises OutsideFailed."""
        with self._lock:
            if not self._dirty and not self._journal.size:
                return
            raw = json.dumps(self.deployment(), ensure_ascii=False, separators=(",", ":")).encode()
            sha = hashlib.sha256(raw).hexdigest()
            try:
                self._write_checkpoint(raw, sha)
            except OSError as err:
                raise no_room(self._checkpoint, err) from err
            self._base, self._dirty = sha, False
            self._journal.clear()

    def _write_checkpoint(self, raw: bytes, sha: str) -> None:
        self._checkpoint.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self._checkpoint.with_suffix(".json.new")
        try:
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            if self._journal.size:
                self._journal.append({"k": "into", "sha": sha})
            else:
                self._journal.clear()
            new.replace(self._checkpoint)
        finally:
            new.unlink(missing_ok=True)
        sync_folder(self._checkpoint.parent)

    def close(self) -> None:
        self._journal.close()


def _sealed(secrets: Secrets, resource: Resource) -> Resource:
    sealed: Resource = secrets.seal(secrets.open(resource)) if _has_clear(resource) else resource
    return sealed


def _has_clear(value: Any) -> bool:
    if isinstance(value, dict):
        return "plaintext" in value or any(_has_clear(item) for item in value.values())
    return isinstance(value, list) and any(_has_clear(item) for item in value)


def _renamed(resource: Resource, old: str, new: str) -> Resource:
    changed: Resource = {key: new for key in ("urn", "parent", "deletedWith") if resource.get(key) == old}
    if old in (resource.get("dependencies") or ()):
        changed["dependencies"] = [new if urn == old else urn for urn in resource["dependencies"]]
    depends = resource.get("propertyDependencies") or {}
    if any(old in (urns or ()) for urns in depends.values()):
        changed["propertyDependencies"] = {
            key: [new if urn == old else urn for urn in urns or ()] for key, urns in depends.items()
        }
    if provider_urn(resource.get("provider") or "") == old:
        changed["provider"] = new + resource["provider"].removeprefix(old)
    return {**resource, **changed} if changed else resource
