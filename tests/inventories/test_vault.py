"""The secrets file is sealed, durable, and never made anew for a cloud that runs with it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from failures import GateRefused, InputInvalid, OutsideFailed
from inventories.credentials import Credentials, renewed, secret_texts
from inventories.vault import Vault
from stacks.engine.secrets import Secrets
from tests.inventories import clouds

SEALED = Secrets("right")
MADE = renewed(clouds.hosts(), None, datetime(2026, 1, 1, tzinfo=UTC))


def vault(folder: Path, passphrase: str = "right") -> Vault:
    """Return the vault; deriving the key of the right passphrase is done once for all tests."""
    return Vault(folder / "secrets.json", SEALED if passphrase == "right" else Secrets(passphrase))


def test_vault_gives_back_what_was_put_in(tmp_path: Path) -> None:
    """Certificates, keys and passwords are the same after reading."""
    vault(tmp_path).write(MADE)

    assert vault(tmp_path).read(()) == MADE


def test_vault_file_holds_no_secret_in_clear(tmp_path: Path) -> None:
    """Mode 0600, and sealed besides."""
    vault(tmp_path).write(MADE)
    text = (tmp_path / "secrets.json").read_text(encoding="utf-8")

    assert not [secret for secret in secret_texts(MADE) if secret in text]
    assert MADE.authority.certificate in json.loads(text)["credentials"]["authority"]["certificate"]
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
def test_vault_with_the_wrong_passphrase_is_refused(tmp_path: Path) -> None:
    """The file stays as it is, and the message names it."""
    vault(tmp_path).write(MADE)
    before = (tmp_path / "secrets.json").read_bytes()

    with pytest.raises(InputInvalid, match="passphrase does not open") as caught:
        vault(tmp_path, "wrong").read(())
    assert caught.value.where == str(tmp_path / "secrets.json")
    assert (tmp_path / "secrets.json").read_bytes() == before


def test_vault_missing_for_a_running_cloud_is_refused(tmp_path: Path) -> None:
    """New secrets would lock the hosts out of each other."""
    with pytest.raises(GateRefused, match=r"missing, and 2 host\(s\) run with them"):
        vault(tmp_path).read(["a", "b"])


def test_vault_missing_for_a_new_cloud_is_empty(tmp_path: Path) -> None:
    """The first time there is nothing, and nothing is made by reading."""
    assert vault(tmp_path).read(()) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"salt": "x"}', '{"salt": "x", "credentials": {"hosts": 1}}'])
def test_vault_that_is_damaged_is_refused_and_kept(tmp_path: Path, text: str) -> None:
    """Nothing is guessed, nothing overwritten."""
    (tmp_path / "secrets.json").write_text(text, encoding="utf-8")

    with pytest.raises(InputInvalid):
        vault(tmp_path).read(())
    assert (tmp_path / "secrets.json").read_text(encoding="utf-8") == text


def test_vault_on_a_full_disk_keeps_the_old_file() -> None:
    """A write that finds no room fails by name."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full")
    with pytest.raises((OSError, OutsideFailed)):
        Vault(Path("/dev/full/secrets.json"), SEALED).write(MADE)


def test_vault_after_a_second_write_holds_the_second(tmp_path: Path) -> None:
    """The file is replaced as a whole."""
    later = Credentials(MADE.authority, MADE.hosts, {**MADE.passwords, "taxes": "new"})
    vault(tmp_path).write(MADE)
    vault(tmp_path).write(later)

    assert vault(tmp_path).read(()) == later
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.json"]
