"""The passphrase secrets provider of Pulumi: PBKDF2-SHA256 and AES-256-GCM, values readable by its CLI."""

from __future__ import annotations

import base64
import json
import os
import threading
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from failures import InputInvalid, Text
from stacks.engine.values import SECRET, SIGNATURE, is_secret

_ROUNDS = 1_000_000
_SALT_BYTES = 8
_NONCE_BYTES = 12
_PROOF = "pulumi"

_keys: dict[tuple[str, bytes], AESGCM] = {}
_deriving = threading.Lock()


def _key(passphrase: str, salt: bytes) -> AESGCM:
    # One derivation takes a third of a second; a run opens a hundred stacks that share a salt.
    with _deriving:
        if (passphrase, salt) not in _keys:
            derived = PBKDF2HMAC(SHA256(), 32, salt, _ROUNDS).derive(passphrase.encode())
            _keys[passphrase, salt] = AESGCM(derived)
        return _keys[passphrase, salt]


def _encrypt(key: AESGCM, text: str) -> str:
    nonce = os.urandom(_NONCE_BYTES)
    sealed = key.encrypt(nonce, text.encode(), None)
    return f"v1:{base64.b64encode(nonce).decode()}:{base64.b64encode(sealed).decode()}"


def _decrypt(key: AESGCM, sealed: str) -> str:
    _, nonce, text = sealed.split(":")
    return key.decrypt(base64.b64decode(nonce), base64.b64decode(text), None).decode()


class Secrets:
    """Seals and opens secret values; the key is derived at first need.

    `salt` has Pulumi's form `v1:<salt>:v1:<nonce>:<proof>`; without one a new salt is made at first need.
    """

    def __init__(self, passphrase: str, salt: str | None = None) -> None:
        self._passphrase = passphrase
        self._salt = salt
        self._proven: AESGCM | None = None
        self._lock = threading.Lock()

    def with_salt(self, salt: str) -> Secrets:
        """Return secrets of the same passphrase under the salt of another stack."""
        return self if salt == self._salt else Secrets(self._passphrase, salt)

    @property
    def salt(self) -> str:
        """The salt with its proof; making a new one derives the key."""
        with self._lock:
            if self._salt is None:
                raw = os.urandom(_SALT_BYTES)
                self._proven = _key(self._passphrase, raw)
                self._salt = f"v1:{base64.b64encode(raw).decode()}:{_encrypt(self._proven, _PROOF)}"
            return self._salt

    def prove(self) -> AESGCM:
        """Return the key. Raises InputInvalid for a wrong passphrase or a salt that cannot be read."""
        salt = self.salt
        if self._proven is None:
            try:
                _, raw, proof = salt.split(":", 2)
                key = _key(self._passphrase, base64.b64decode(raw, validate=True))
                proven = _decrypt(key, proof) == _PROOF
            except InvalidTag:
                proven = False
            except ValueError as err:
                raise _unreadable() from err
            if not proven:
                raise _wrong_passphrase()
            self._proven = key
        return self._proven

    def seal(self, value: Any) -> Any:
        """Return the value with every secret encrypted; the very same object when there is none."""
        if is_secret(value):
            if "ciphertext" in value:
                return value
            text = json.dumps(value["value"], ensure_ascii=False, separators=(",", ":"))
            return {SIGNATURE: SECRET, "ciphertext": _encrypt(self.prove(), text)}
        return _mapped(value, self.seal)

    def open(self, value: Any) -> Any:
        """Return the value with every secret in clear but still marked; the very same object when there is none."""
        if not is_secret(value):
            return _mapped(value, self.open)
        if "ciphertext" in value:
            try:
                text = _decrypt(self.prove(), value["ciphertext"])
            except (InvalidTag, ValueError) as err:
                raise _unreadable() from err
        else:
            text = value.get("plaintext") or json.dumps(value["value"])
        return {SIGNATURE: SECRET, "value": json.loads(text)}


def _mapped(value: Any, change: Any) -> Any:
    if isinstance(value, dict):
        changed = {key: new for key, item in value.items() if (new := change(item)) is not item}
        return {**value, **changed} if changed else value
    if isinstance(value, list):
        items = [change(item) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value


def _wrong_passphrase() -> InputInvalid:
    return InputInvalid(
        Text("the passphrase does not open this state", "口令打不开这份状态"),
        fix=Text(
            "give the passphrase the stack was first deployed with; without it the secrets are lost",
            "请使用首次部署该栈时的口令；没有它，加密内容无法恢复",
        ),
    )


def _unreadable() -> InputInvalid:
    return InputInvalid(
        Text("an encrypted value of the state cannot be read", "状态中有一个加密值无法读取"),
        fix=Text("restore the state file from its copy", "请用副本恢复状态文件"),
    )
