"""What a bundle is made from: the packages of the roles, the locks, and what the images of a cloud bring already."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from failures import InputInvalid, Text
from topology.model import Cloud

HOME = Path(__file__).resolve().parent.parent
FORMAT = 2  # of the folder; a new one makes every bundle a new one
# Of an image that is no recipe only this much is known: it boots, and Ansible works on it.
LEAST = frozenset({"openssh-server", "python3-apt", "sudo", "systemd-sysv"})


@dataclass(frozen=True)
class Recipe:
    """`debian` and `locks` are by role; `base` is what every image brings besides Debian's required packages."""

    suite: str
    architecture: str
    python_version: str
    build: frozenset[str]
    debian: dict[str, tuple[str, ...]]
    locks: dict[str, str]
    base: frozenset[str]

    @property
    def fingerprint(self) -> str:
        """Return the name of what this recipe makes, twelve hexadecimal digits."""
        parts = [
            FORMAT,
            self.suite,
            self.architecture,
            self.python_version,
            sorted(self.build),
            sorted(self.debian.items()),
            sorted(self.locks.items()),
            sorted(self.base),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]

    def folder(self, cache: Path) -> Path:
        """Return where the bundle of this recipe is kept."""
        return cache / f"bundle-{self.fingerprint}"


def read_recipe(cloud: Cloud, folder: Path, home: Path = HOME) -> Recipe:
    """Return the recipe for the hosts of `cloud`, whose topology lies in `folder`.

    Raises:
        InputInvalid: the list of packages, a lock or an image's recipe cannot be used.
    """
    document = _mapping(home / "bundle.yaml")
    roles: dict[str, Any] = document["roles"]
    locked = ["build", *(name for name, role in roles.items() if role.get("python"))]
    return Recipe(
        suite=document["suite"],
        architecture=document["architecture"],
        python_version=document["python_version"],
        build=frozenset(document["build"]),
        debian={name: tuple(role.get("debian", ())) for name, role in roles.items()},
        locks={name: (home / "locks" / f"{name}.txt").read_text(encoding="utf-8") for name in locked},
        base=_brought(cloud, folder),
    )


def _brought(cloud: Cloud, folder: Path) -> frozenset[str]:
    """Return what every image of the cloud has."""
    found = [_packages(folder / image.file) for image in cloud.images.values()]
    return frozenset.intersection(*found) if found else LEAST


def _packages(image: Path) -> frozenset[str]:
    if image.suffix not in {".yaml", ".yml"}:
        return LEAST
    return LEAST | frozenset(_mapping(image).get("packages", ()))


def _mapping(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise _unusable(path, str(error)) from error
    if not isinstance(found, dict):
        raise _unusable(path, "not a mapping")
    return found


def _unusable(path: Path, why: str) -> InputInvalid:
    return InputInvalid(Text(f"cannot be used: {why}", f"无法使用：{why}"), where=str(path))
