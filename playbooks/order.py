"""The plays in their order, which hosts each concerns, and what it consists of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

HOME = Path(__file__).resolve().parent
SHARED = "files"
"""What several roles use; lies beside the plays."""
_IMPORT = ("ansible.builtin.import_playbook", "import_playbook")
_PLAIN = re.compile(r"^[a-z0-9_]+$")


@dataclass(frozen=True)
class Play:
    """One play of a file; `groups` are those it is for, `digest` covers its text and its roles' files."""

    name: str
    file: Path
    groups: tuple[str, ...]
    digest: str

    def concerns(self, host_groups: Sequence[str]) -> bool:
        return "all" in self.groups or bool(set(self.groups) & set(host_groups))


def read_plays(site: Path = HOME / "site.yml") -> tuple[Play, ...]:
    """Return every play that `site.yml` imports, in its order; a file that is not there yet is left out."""
    files = [site.parent / str(entry[key]) for entry in _load(site) for key in _IMPORT if key in entry]
    return tuple(play for file in files if file.exists() for play in _plays(file))


def groups_of(groups: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return the groups of each host, given the hosts of each group."""
    found: dict[str, list[str]] = {}
    for group, hosts in groups.items():
        for host in hosts:
            found.setdefault(host, []).append(group)
    return {host: tuple(names) for host, names in found.items()}


def _plays(file: Path) -> Iterator[Play]:
    text = file.read_bytes()
    for entry in _load(file):
        if "hosts" in entry:
            roles = [_role(role) for role in entry.get("roles") or ()]
            folders = [file.parent / "roles" / role for role in _with_needed(file.parent / "roles", roles)]
            parts = (_folder_digest(folder) for folder in (file.parent / SHARED, *folders))
            content = sha256(text + b"".join(parts)).hexdigest()
            yield Play(str(entry.get("name") or file.stem), file, _pattern(entry["hosts"]), content)


def _pattern(hosts: Any) -> tuple[str, ...]:
    """Return the groups of a pattern; one that is more than a list of groups counts as all hosts."""
    names = re.split(r"[:,]", hosts) if isinstance(hosts, str) else [str(host) for host in hosts]
    plain = tuple(name.strip() for name in names)
    return plain if all(_PLAIN.match(name) for name in plain) else ("all",)


def _role(entry: Any) -> str:
    return str(entry.get("role") or entry.get("name")) if isinstance(entry, dict) else str(entry)


def _with_needed(folder: Path, roles: Sequence[str]) -> tuple[str, ...]:
    """Return the roles and those that their meta/main.yml says they need, each once."""
    found: dict[str, None] = {}
    waiting = list(roles)
    while waiting:
        role = waiting.pop(0)
        if role not in found:
            found[role] = None
            meta = folder / role / "meta" / "main.yml"
            needed = _load(meta).get("dependencies") or () if meta.exists() else ()
            waiting += [_role(entry) for entry in needed]
    return tuple(found)


@cache
def _folder_digest(folder: Path) -> bytes:
    """Return a hash over the names and contents of all files of a role."""
    whole = sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            whole.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return whole.digest()


def _load(path: Path) -> Any:
    text = path.read_text(encoding="utf-8")
    return yaml.load(text, Loader=yaml.CSafeLoader) or []
