"""The clouds.yaml that the lab keeps: several labs share one file, a file of the user's own is never touched."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from failures import GateRefused, InputInvalid, Text
from lab.locks import locked
from lab.passwords import write_private
from lab.place import Place
from lab.site import LabSite

MARKER = "# Written by `govcloud lab up`: entries of labs on this machine, removed by `govcloud lab down`."
LABS = "govcloud-labs"
GENERATION = "govcloud_generation"
WAIT_S = 10.0
Document = dict[str, Any]


def entry(site: LabSite, password: str) -> Document:
    """Return the clouds.yaml entry of one site's administrator; GENERATION tells these clouds from those before."""
    return {
        GENERATION: hashlib.sha256(f"the lab of {password}".encode()).hexdigest()[:16],
        "region_name": site.name,
        "interface": "public",
        "identity_api_version": "3",
        "auth": {
            "auth_url": site.auth_url,
            "username": "admin",
            "password": password,
            "project_name": "admin",
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        },
    }


def merge(document: Document, lab: str, entries: Mapping[str, Document]) -> Document:
    """Return the document with exactly these entries for the lab; GateRefused when another lab has one of the names."""
    rest = remove(document, lab)
    for other, names in rest[LABS].items():
        taken = sorted(set(names) & set(entries))
        if taken:
            raise GateRefused(
                Text(
                    f"the lab {other} already has the entry {taken[0]} in clouds.yaml",
                    f"实验环境 {other} 已在 clouds.yaml 中使用条目 {taken[0]}",
                ),
                where=lab,
                fix=Text(
                    f"take it down first (govcloud lab down {other}) or set OS_CLIENT_CONFIG_FILE to another file",
                    f"请先拆除它（govcloud lab down {other}），或把 OS_CLIENT_CONFIG_FILE 设为另一个文件",
                ),
            )
    return {LABS: {**rest[LABS], lab: sorted(entries)}, "clouds": {**rest["clouds"], **entries}}


def remove(document: Document, lab: str) -> Document:
    """Return the document without the lab's entries."""
    labs: dict[str, list[str]] = dict(document.get(LABS) or {})
    clouds: Document = dict(document.get("clouds") or {})
    for name in labs.pop(lab, ()):
        clouds.pop(name, None)
    return {LABS: labs, "clouds": clouds}


def is_ours(path: Path) -> bool:
    """Tell whether we may write the file: it carries our first line, or does not exist."""
    try:
        return path.read_text(encoding="utf-8").startswith(MARKER + "\n")
    except FileNotFoundError:
        return True
    except (OSError, UnicodeDecodeError):
        return False


def target(place: Place) -> Path:
    """Return the file to write: the usual one, or the lab's own beside a file of the user's."""
    return place.clouds_yaml if is_ours(place.clouds_yaml) else place.root / "clouds.yaml"


def read(path: Path) -> Document:
    """Return the document, empty when there is none; InputInvalid when it no longer is what we wrote."""
    if not path.exists():
        return {}
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        remove(document, "")
    except (yaml.YAMLError, AttributeError, TypeError, ValueError) as error:
        raise InputInvalid(
            Text(f"clouds.yaml of the labs is damaged: {error}", f"实验环境的 clouds.yaml 已损坏：{error}"),
            where=str(path),
            fix=Text("delete the file and run `govcloud lab up` again", "请删除该文件，然后重新执行 govcloud lab up"),
        ) from error
    return dict(document)


def refuse_taken(place: Place, entries: Mapping[str, Document]) -> None:
    """Raise GateRefused early when the entries cannot be written later."""
    merge(read(target(place)), place.cloud, entries)


def publish(place: Place, entries: Mapping[str, Document]) -> Path:
    """Write the lab's entries and return the file; writes nothing when they are there already."""
    path = target(place)
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(_lock(place), seconds=WAIT_S):
        before = read(path)
        after = merge(before, place.cloud, entries)
        if after != before:
            _write(path, after)
    return path


def withdraw(place: Place) -> None:
    """Take the lab's entries out of our file; the last one takes the file and its lock along."""
    path = place.clouds_yaml
    if not path.exists() or not is_ours(path):
        return
    with locked(_lock(place), seconds=WAIT_S):
        before = read(path)
        after = remove(before, place.cloud)
        if not after["clouds"] and not after[LABS]:
            path.unlink()
            _lock(place).unlink()
        elif after != before:
            _write(path, after)


def _lock(place: Place) -> Path:
    return place.run.parent / "clouds.lock"


def _write(path: Path, document: Document) -> None:
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
    write_private(path, f"{MARKER}\n{text}")
