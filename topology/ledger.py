"""The address ledger's file: read with positions, written atomically beside its topology."""

from __future__ import annotations

import os
import stat
import tempfile
from dataclasses import replace
from pathlib import Path

from failures import InputInvalid, OutsideFailed, Text, TopologyInvalid
from topology import addresses, ledger_text
from topology.ledger_text import Places
from topology.model import Cloud
from topology.slots import Ledger

SIZE_LIMIT = 4 * 1024 * 1024


def path_for(topology: Path) -> Path:
    """Return the ledger's path: `addresses.yaml` in a folder, `<stem>.addresses.yaml` beside a file."""
    return topology / "addresses.yaml" if topology.is_dir() else topology.with_name(f"{topology.stem}.addresses.yaml")


def plan_for(cloud: Cloud, topology: Path) -> addresses.AddressPlan:
    """Return the plan of the cloud read from `topology`, under its ledger; findings about the ledger name its lines."""
    ledger, places = _load(path_for(topology))
    try:
        return addresses.plan(cloud, ledger)
    except TopologyInvalid as invalid:
        moved = [replace(finding, place=places.get(finding.path, finding.place)) for finding in invalid.findings]
        raise TopologyInvalid(moved) from None


def read(path: Path) -> Ledger:
    """Return the ledger; an absent file is an empty ledger, a damaged one TopologyInvalid with every finding."""
    return _load(path)[0]


def write(path: Path, ledger: Ledger) -> bool:
    """Make the file hold the ledger and return whether it had to change; a reader sees the old or the new, whole."""
    if path.exists() and read(path) == ledger:
        return False
    try:
        _replace(path.resolve(), ledger_text.render(ledger).encode())
    except OSError as error:
        what = Text(f"the address ledger cannot be written: {error.strerror}", f"无法写入地址台账: {error.strerror}")
        fix = Text("make room or allow writing there, then run again", "请检查磁盘空间和写权限后重试")
        raise OutsideFailed(what, where=str(path), fix=fix) from error
    return True


def _load(path: Path) -> tuple[Ledger, Places]:
    text = _text(path)
    return (Ledger(), {}) if text is None else ledger_text.parse(text, str(path))


def _text(path: Path) -> str | None:
    try:
        if not path.exists():
            return None
        if not path.is_file() or path.stat().st_size > SIZE_LIMIT:
            raise _unreadable(path, Text("not a regular file of at most 4 MiB", "不是 4 MiB 以内的普通文件"))
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise _unreadable(path, Text(f"cannot be read: {error.strerror}", f"无法读取: {error.strerror}")) from error
    except UnicodeDecodeError as error:
        raise _unreadable(path, Text("not UTF-8 text", "不是 UTF-8 文本")) from error


def _unreadable(path: Path, what: Text) -> InputInvalid:
    return InputInvalid(what, where=str(path), fix=ledger_text.RESTORE)


def _replace(target: Path, content: bytes) -> None:
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o644
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
