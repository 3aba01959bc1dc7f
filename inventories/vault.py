"""Keeps the credentials of a cloud in one file, sealed with the cloud's passphrase."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from failures import GateRefused, InputInvalid, Text
from inventories.authority import Pair
from inventories.credentials import Credentials
from stacks.engine.journal import sync_folder
from stacks.engine.secrets import Secrets
from stacks.engine.values import reveal, wrap
from stacks.rollout.home import naming

VERSION = 1


class Vault:
    """The file; certificates in it are readable, keys and passwords sealed."""

    def __init__(self, path: Path, secrets: Secrets) -> None:
        self.path = path
        self._secrets = secrets

    def read(self, configured: Iterable[str]) -> Credentials | None:
        """Return what is kept, None before the first time.

        Raises:
            GateRefused: there is nothing although hosts were configured: new secrets would lock them out.
            InputInvalid: the file is damaged, or the passphrase does not open it.
        """
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            self._refuse_loss(sorted(configured))
            return None
        try:
            data = json.loads(text)
            # A file that was sealed under another salt is still ours if the passphrase is.
            return _parsed(reveal(self._secrets.with_salt(str(data["salt"])).open(data["credentials"])))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._damaged() from error
        except InputInvalid as error:
            error.where = error.where or str(self.path)
            raise

    def write(self, credentials: Credentials) -> None:
        """Make the credentials durable; killed at any point, the old file or the new one is there, whole."""
        self._secrets.prove()
        sealed = self._secrets.seal(_document(credentials))
        text = json.dumps({"version": VERSION, "salt": self._secrets.salt, "credentials": sealed}, indent=1)
        fresh = self.path.with_suffix(".new")
        with (
            naming(self.path),
            os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file,
        ):
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)
        sync_folder(self.path.parent)

    def _refuse_loss(self, configured: list[str]) -> None:
        if not configured:
            return
        count = len(configured)
        raise GateRefused(
            Text(
                f"the secrets of this cloud are missing, and {count} host(s) run with them; no new ones were made",
                f"该云的密钥文件缺失，而已有 {count} 台主机在使用；没有生成新的密钥",
            ),
            where=str(self.path),
            fix=Text("restore the file from its copy", "请用副本恢复该文件"),
        )

    def _damaged(self) -> InputInvalid:
        return InputInvalid(
            Text("the secrets file is damaged; it was left as it is", "密钥文件已损坏；未做改动"),
            where=str(self.path),
            fix=Text("restore it from its copy", "请用副本恢复该文件"),
        )


def _document(credentials: Credentials) -> dict[str, Any]:
    return {
        "authority": _pair_document(credentials.authority),
        "hosts": {name: _pair_document(pair) for name, pair in credentials.hosts.items()},
        "passwords": {name: wrap(password) for name, password in credentials.passwords.items()},
    }


def _pair_document(pair: Pair) -> dict[str, Any]:
    return {"certificate": pair.certificate, "key": wrap(pair.key)}


def _parsed(data: dict[str, Any]) -> Credentials:
    hosts = {name: _pair(pair) for name, pair in data["hosts"].items()}
    passwords = {name: str(password) for name, password in data["passwords"].items()}
    return Credentials(_pair(data["authority"]), hosts, passwords)


def _pair(data: dict[str, Any]) -> Pair:
    return Pair(str(data["certificate"]), str(data["key"]))
