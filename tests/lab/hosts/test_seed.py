"""What a host is told before its first boot."""

from __future__ import annotations

import base64
import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from lab.hosts.seed import DISABLED, USER_DATA, seed
from tests.lab.hosts.test_spec import SPEC


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root filesystem with the places that the base has."""
    for folder in ("etc/cloud", "home/debian", "var/lib/cloud"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "etc/resolv.conf").symlink_to("/run/elsewhere")
    return tmp_path


def test_seed_gives_name_identity_and_name_servers(root: Path) -> None:
    """The host is itself from its first moment; a link in the base is replaced, not followed."""
    seed(root, SPEC, "debian")

    assert (root / "etc/hostname").read_text() == "db-1\n"
    assert (root / "etc/machine-id").read_text() == "0a0b0c0d111122223333444444444444\n"
    assert (root / "etc/resolv.conf").read_text() == "nameserver 10.64.0.66\n"
    assert not (root / "etc/resolv.conf").is_symlink()


def test_seed_lets_the_key_in_and_nobody_read_it(root: Path) -> None:
    """The key pair is the user's, with the modes that sshd insists on."""
    seed(root, SPEC, "debian")
    keys = root / "home/debian/.ssh/authorized_keys"

    assert keys.read_text() == "ssh-ed25519 AAAA me\n"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.parent.stat().st_mode) == 0o700


def test_seed_without_key_lets_nobody_in(root: Path) -> None:
    """No key pair, no login."""
    seed(root, replace(SPEC, key=None), "debian")

    assert not (root / "home/debian/.ssh").exists()


def test_seed_runs_cloud_init_only_for_user_data(root: Path) -> None:
    """Four starts of Python are spared where nothing is asked."""
    seed(root, SPEC, "debian")

    assert (root / DISABLED).exists()
    assert not (root / USER_DATA).exists()


def test_seed_hands_user_data_to_cloud_init_unchanged(root: Path) -> None:
    """Any bytes pass, as Nova keeps them; others may not read them."""
    data = b"#cloud-config\n\xff"
    seed(root, replace(SPEC, user_data=base64.b64encode(data).decode()), "debian")
    told = json.loads((root / USER_DATA / "meta-data").read_text())

    assert not (root / DISABLED).exists()
    assert (root / USER_DATA / "user-data").read_bytes() == data
    assert stat.S_IMODE((root / USER_DATA / "user-data").stat().st_mode) == 0o600
    assert told == {
        "tier": "high",
        "instance-id": SPEC.uuid,
        "local-hostname": "db-1",
        "public-keys": ["ssh-ed25519 AAAA me"],
    }
