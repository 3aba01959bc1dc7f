"""What a bundle is made from: the packages of the roles, the locks, and what the images of a cloud bring already."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from packaging.requirements import Requirement

from failures import InputInvalid, Text
from playbooks.bundle.locks import Pin, canonical, pins, requirements
from topology.model import Cloud

HOME = Path(__file__).resolve().parent.parent
FORMAT = 3  # of the folder; a new one makes every bundle a new one
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
    locks: dict[str, tuple[Pin, ...]]
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
            sorted((role, requirements(found)) for role, found in self.locks.items()),
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
    asked = {name: role["python"] for name, role in roles.items() if role.get("python")}
    locks = {name: _lock(home / "locks" / f"{name}.txt", needs) for name, needs in {"build": [], **asked}.items()}
    _agree({role: found for role, found in locks.items() if role != "build"}, home / "locks")
    return Recipe(
        suite=document["suite"],
        architecture=document["architecture"],
        python_version=document["python_version"],
        build=frozenset(document["build"]),
        debian={name: tuple(role.get("debian", ())) for name, role in roles.items()},
        locks=locks,
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


def _lock(path: Path, needs: list[str]) -> tuple[Pin, ...]:
    """Return a role's pins, which must be what the role needs."""
    try:
        found = tuple(pins(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise _unusable(path, f"not a pin with hashes: {error}", f"不是带哈希的版本锁定：{error}") from error
    versions = {pin.name: pin.version for pin in found}
    for need in map(Requirement, needs):
        version = versions.get(canonical(need.name))
        if version is None or not need.specifier.contains(version, prereleases=True):
            has = version or "nothing"
            raise _unusable(path, f"{need} is asked for, the lock has {has}", f"需要 {need}，锁定文件中为 {has}")
    return found


def _agree(locks: dict[str, tuple[Pin, ...]], home: Path) -> None:
    """Refuse two versions of one package: the roles share a folder of wheels."""
    first: dict[str, tuple[str, str]] = {}
    for role, found in locks.items():
        for pin in found:
            other, version = first.setdefault(pin.name, (role, pin.version))
            if version != pin.version:
                why = f"{other} has {pin.name} {version}, {role} {pin.version}"
                raise _unusable(home, why, why)


def _mapping(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise _unusable(path, str(error), str(error)) from error
    if not isinstance(found, dict):
        raise _unusable(path, "not a mapping", "不是映射")
    return found


def _unusable(path: Path, why: str, reason: str) -> InputInvalid:
    fix = Text(
        "mend it; docs/bundle.md says how a lock is renewed",
        "请修正；更新锁定文件的方法见 docs/bundle.md",
    )
    return InputInvalid(Text(f"cannot be used: {why}", f"无法使用：{reason}"), where=str(path), fix=fix)
