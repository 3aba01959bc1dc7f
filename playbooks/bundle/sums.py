"""The checksums of a bundle's files: SHA256SUMS, as sha256sum(1) writes and checks it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

NAME = "SHA256SUMS"


def digest(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def take(folder: Path) -> dict[str, str]:
    """Return {path within `folder`: SHA-256} of all files but the list itself."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): digest(path) for path in files if path != folder / NAME}


def write(folder: Path) -> dict[str, str]:
    """Write the list of a folder's files and return it."""
    sums = take(folder)
    (folder / NAME).write_text("".join(f"{value}  {name}\n" for name, value in sums.items()), encoding="utf-8")
    return sums


def read(folder: Path) -> dict[str, str]:
    """Return the list a folder came with, {} when there is none."""
    try:
        lines = (folder / NAME).read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, UnicodeDecodeError):
        return {}
    return {name: value for value, _, name in (line.partition("  ") for line in lines)}


def damage(listed: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """Return the files that are missing, changed, or not on the list."""
    return sorted(name for name in listed.keys() | found.keys() if listed.get(name) != found.get(name))
