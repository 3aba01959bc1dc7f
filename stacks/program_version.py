"""The version of the program: a digest of its sources, so that a changed program plans every shard anew."""

from __future__ import annotations

from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Final

PROGRAM_SOURCES = (
    "access.py",
    "department.py",
    "duties.py",
    "foundation.py",
    "inputs.py",
    "names.py",
    "network.py",
    "program.py",
    "servers.py",
    "tenancy.py",
)
PROVIDER_PACKAGE = "pulumi-openstack"


def program_version(folder: Path) -> str:
    """Return a digest over the program's sources in `folder` and the version of the provider package."""
    digest = sha256(version(PROVIDER_PACKAGE).encode())
    for name in PROGRAM_SOURCES:
        digest.update(b"\0" + name.encode() + b"\0" + (folder / name).read_bytes())
    return digest.hexdigest()


PROGRAM_VERSION: Final = program_version(Path(__file__).parent)
