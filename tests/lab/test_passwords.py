"""The lab's passwords and keys."""

from __future__ import annotations

import base64
import hashlib
import stat
from pathlib import Path

from lab.passwords import fernet_key, keep_passwords, keystone_hash, write_private


def test_keep_passwords_second_call_returns_the_same(tmp_path: Path) -> None:
    """Passwords are made once per lab."""
    assert keep_passwords(tmp_path) == keep_passwords(tmp_path)


def test_keep_passwords_other_lab_differs(tmp_path: Path) -> None:
    """Two labs never share a password."""
    (tmp_path / "other").mkdir()

    assert keep_passwords(tmp_path).admin != keep_passwords(tmp_path / "other").admin


def test_passwords_repr_shows_none(tmp_path: Path) -> None:
    """A traceback or log line must not show them."""
    passwords = keep_passwords(tmp_path)

    assert passwords.admin not in repr(passwords)


def test_write_private_replaces_an_open_file_with_a_closed_one(tmp_path: Path) -> None:
    """Only the owner can read the file, whatever its mode was before."""
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o666)
    write_private(path, "new")

    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_keystone_hash_verifies_and_rejects() -> None:
    """The stored form carries rounds, salt and the digest of exactly this password."""
    _, kind, rounds, salt, digest = keystone_hash("right").split("$")

    def derive(password: str) -> bytes:
        padded = salt + "=" * (-len(salt) % 4)
        return hashlib.pbkdf2_hmac("sha512", password.encode(), base64.b64decode(padded), int(rounds), 64)

    assert kind == "pbkdf2-sha512"
    assert base64.b64encode(derive("right")).rstrip(b"=").decode() == digest
    assert base64.b64encode(derive("wrong")).rstrip(b"=").decode() != digest


def test_fernet_key_has_32_bytes() -> None:
    """Keystone takes keys of 32 bytes in URL-safe base64."""
    assert len(base64.urlsafe_b64decode(fernet_key())) == 32
