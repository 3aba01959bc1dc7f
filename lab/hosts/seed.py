"""Gives a host its identity before its first boot: name, key, and user data if there is any."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

from lab.hosts.spec import Spec

USER_DATA = Path("var/lib/cloud/seed/nocloud")
DISABLED = Path("etc/cloud/cloud-init.disabled")


def seed(root: Path, spec: Spec, user: str) -> None:
    """Write what the metadata service would have told the host; the root is a fresh copy of its base."""
    nameservers = dict.fromkeys(server for card in spec.cards for server in card.nameservers)
    _put(root / "etc/hostname", f"{spec.name}\n")
    _put(root / "etc/hosts", f"127.0.0.1 localhost\n127.0.1.1 {spec.name}\n")
    _put(root / "etc/machine-id", spec.uuid.replace("-", "") + "\n")
    _put(root / "etc/resolv.conf", "".join(f"nameserver {server}\n" for server in nameservers))
    if spec.key:
        _authorise(root, spec.key, user)
    if spec.user_data is None:
        _put(root / DISABLED, "")  # nothing to ask for: spares the host four starts of Python
    else:
        _put(root / USER_DATA / "user-data", base64.b64decode(spec.user_data), 0o600)
        _put(root / USER_DATA / "meta-data", json.dumps(_metadata(spec)))


def _metadata(spec: Spec) -> dict[str, object]:
    keys = [spec.key] if spec.key else []
    return {**spec.metadata, "instance-id": spec.uuid, "local-hostname": spec.name, "public-keys": keys}


def _authorise(root: Path, key: str, user: str) -> None:
    home = root / "home" / user
    owner = home.stat()
    folder = home / ".ssh"
    folder.mkdir(mode=0o700, exist_ok=True)
    _put(folder / "authorized_keys", key.strip() + "\n", 0o600)
    for path in (folder, folder / "authorized_keys"):
        shutil.chown(path, owner.st_uid, owner.st_gid)


def _put(path: Path, content: str | bytes, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # the base may have a link here
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)
