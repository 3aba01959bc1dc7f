"""Passwords of one lab: random, made once, kept in a file that only root reads."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

ROUNDS = 1000  # 160 random bits need no slow hash, and every token request pays for it


@dataclass(frozen=True)
class Passwords:
    """`admin` is for people and tools, `service` for the services among themselves."""

    admin: str
    service: str

    def __repr__(self) -> str:
        return "Passwords(...)"


def passwords_file(folder: Path) -> Path:
    """Return where a lab with this folder keeps its passwords."""
    return folder / "passwords.json"


def keep_passwords(folder: Path) -> Passwords:
    """Return the lab's passwords, made at the first call."""
    path = passwords_file(folder)
    if path.exists():
        return Passwords(**json.loads(path.read_text()))
    made = Passwords(admin=secrets.token_hex(20), service=secrets.token_hex(20))
    write_private(path, json.dumps(asdict(made)))
    return made


def write_private(path: Path, text: str) -> None:
    """Replace the file in one step; nobody but its owner can read it at any moment."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def keystone_hash(password: str) -> str:
    """Return the password as keystone stores it, in its PBKDF2 format."""
    salt = secrets.token_bytes(16)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ROUNDS, 64)
    salt_text, digest_text = (base64.b64encode(part).rstrip(b"=").decode() for part in (salt, digest))
    return f"$pbkdf2-sha512${ROUNDS}${salt_text}${digest_text}"


def fernet_key() -> str:
    """Return a new key for keystone's tokens or credentials."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
