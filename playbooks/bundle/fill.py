"""Fills the folder that the cloud's repositories serve, once; a folder that is there is only checked."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from failures import GateRefused, InputInvalid, OutsideFailed, Text
from playbooks.bundle import locks, sums
from playbooks.bundle.apt import ETC, Apt
from playbooks.bundle.recipe import Recipe
from playbooks.bundle.stanzas import Stanza, index_files
from playbooks.bundle.wheels import Pip, wheel_pins

BATCH_BYTES = 12_000_000
TOOLS = "tools"  # of the filling, never part of the bundle
Listen = Callable[[Text], None]


@dataclass(frozen=True)
class Bundle:
    """A whole bundle; `fetched` is how many files this run had to fetch, `size` is in bytes."""

    folder: Path
    fetched: int
    packages: int
    wheels: int
    size: int

    def document(self) -> dict[str, Any]:
        """Return the bundle as JSON values."""
        numbers = {"packages": self.packages, "wheels": self.wheels, "bytes": self.size, "fetched": self.fetched}
        return {"ok": True, "exit_code": 0, "folder": str(self.folder), "changed": bool(self.fetched), **numbers}


def bundle(recipe: Recipe, cache: Path, listen: Listen, *, refresh: bool = False, etc: Path = ETC) -> Bundle:
    """Return the bundle of `recipe` below `cache`, fetched now if it is not there.

    Raises:
        InputInvalid: the bundle that is there is damaged.
        OutsideFailed: something could not be fetched; what came is kept for the next run.
        GateRefused: another process fills it.
    """
    folder = recipe.folder(cache)
    cache.mkdir(parents=True, exist_ok=True)
    with _alone(cache / f"{folder.name}.lock"):
        if folder.exists() and not refresh:
            return _report(folder, check(folder), 0)
        stage = cache / f"{folder.name}.part"
        fetched = _Filling(recipe, stage, listen, etc).fill()
        shutil.rmtree(stage / TOOLS)
        sums.write(stage)
        _swap(stage, folder)
        return _report(folder, check(folder), fetched)


def check(folder: Path) -> dict[str, str]:
    """Return {file: SHA-256} of a bundle, every file of which was read.

    Raises:
        InputInvalid: a file is missing, changed, or does not belong there.
    """
    listed = sums.read(folder)
    damaged = sums.damage(listed, sums.take(folder)) if listed else [sums.NAME]
    if damaged:
        names = ", ".join(damaged[:5]) + (" ..." if len(damaged) > 5 else "")
        what = Text(
            f"the bundle is damaged, {len(damaged)} file(s): {names}",
            f"软件包目录已损坏，{len(damaged)} 个文件：{names}",
        )
        fix = Text(
            "run govcloud bundle --refresh, or copy it here again", "请执行 govcloud bundle --refresh，或重新拷贝"
        )
        raise InputInvalid(what, where=str(folder), fix=fix)
    return listed


@dataclass(frozen=True)
class _Filling:
    recipe: Recipe
    stage: Path
    listen: Listen
    etc: Path

    def fill(self) -> int:
        """Fill the stage and return how many files had to be fetched."""
        for name in ("debs", "wheels", "requirements", TOOLS):
            (self.stage / name).mkdir(parents=True, exist_ok=True)
        by_role, stanzas = self._planned()
        fetched = self._debs(stanzas) + self._wheels()
        for name, data in index_files(stanzas, self.recipe.suite, self.recipe.architecture).items():
            (self.stage / name).write_bytes(data)
        note = {"made_from": self.recipe.fingerprint, "suite": self.recipe.suite, "debian": by_role}
        (self.stage / "bundle.json").write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")
        return fetched

    def _planned(self) -> tuple[dict[str, list[str]], list[Stanza]]:
        """Return the packages by role as `name=version`, and what the index says of all of them."""
        self.listen(Text("reading the machine's package sources", "正在读取本机软件源"))
        apt = self._apt
        complaints = apt.prepare()
        if complaints:
            self.listen(Text(f"apt: {complaints}", f"apt：{complaints}"))
        brought = apt.stanzas(apt.plan("base", [*apt.required(), *sorted(self.recipe.base)]))
        apt.pretend_installed(brought)
        plans = {role: apt.plan(role, names) for role, names in self.recipe.debian.items()}
        new = apt.stanzas(item for plan in plans.values() for item in plan)
        # An image may be older than the index; what must have the very version of a new package comes along.
        bound = frozenset[str]().union(*(stanza.bound_to() for stanza in new))
        stanzas = {(s.name, s.version): s for s in [*new, *(s for s in brought if s.name in bound)]}
        return {role: [f"{n}={v}" for n, v in plan] for role, plan in plans.items()}, list(stanzas.values())

    @property
    def _apt(self) -> Apt:
        return Apt(self.stage / TOOLS / "apt", self.recipe.suite, self.recipe.architecture, self.etc)

    def _debs(self, stanzas: list[Stanza]) -> int:
        folder = self.stage / "debs"
        wanted = {s.file: s for s in stanzas}
        for path in folder.iterdir():
            if path.name not in wanted:
                path.unlink()
        missing = [s for s in stanzas if not self._there(f"debs/{s.file}", {s.field("SHA256")})]
        total, done = sum(s.size for s in missing), 0
        for batch in batches(missing):
            self._apt.download(batch, folder)
            for stanza in batch:
                if not self._there(f"debs/{stanza.file}", {stanza.field("SHA256")}):
                    (folder / stanza.file).unlink(missing_ok=True)
                    raise _wrong(stanza.name)
            done += sum(s.size for s in batch)
            self.listen(Text(f"packages: {done >> 20} of {total >> 20} MiB", f"软件包：{done >> 20}/{total >> 20} MiB"))
        return len(missing)

    def _wheels(self) -> int:
        """Fetch the wheels of all roles, write each role's requirements; return how many were fetched."""
        folder, pip = self.stage / "wheels", Pip(self.stage / TOOLS / "pip", self.recipe.python_version)
        locked = dict(self.recipe.locks)
        build = locked.pop("build")
        wanted = {pin.name: pin for pins in locked.values() for pin in pins}
        if not wanted:
            return 0
        self.listen(Text(f"{len(wanted)} Python packages", f"{len(wanted)} 个 Python 软件包"))
        ready = [pin for pin in wanted.values() if pin.name not in self.recipe.build]
        sources = [pin for pin in wanted.values() if pin.name in self.recipe.build]
        pip.prepare(build)
        before = {path.name for path in folder.iterdir()}
        pip.download(ready, folder)
        pip.build(sources, folder)
        whole = wheel_pins(folder)
        for role, pins in locked.items():
            text = locks.requirements(whole[pin.name] for pin in pins)
            (self.stage / "requirements" / f"{role}.txt").write_text(text, encoding="utf-8")
        return len({path.name for path in folder.iterdir()} - before)

    def _there(self, name: str, hashes: set[str]) -> bool:
        """Return whether the stage has the file, taken from another bundle of this machine if one has it."""
        path = self.stage / name
        for found in (path, *sorted(self.stage.parent.glob(f"bundle-*/{name}"))):
            if found.is_file() and sums.digest(found) in hashes:
                if found != path:
                    path.unlink(missing_ok=True)
                    os.link(found, path)
                return True
        return False


def batches(stanzas: list[Stanza]) -> Iterator[list[Stanza]]:
    """Yield packages in parts of some megabytes, so that progress shows and a broken run keeps what came."""
    batch: list[Stanza] = []
    for stanza in stanzas:
        batch.append(stanza)
        if sum(s.size for s in batch) >= BATCH_BYTES:
            yield batch
            batch = []
    if batch:
        yield batch


def _report(folder: Path, listed: dict[str, str], fetched: int) -> Bundle:
    size = sum((folder / name).stat().st_size for name in listed)
    kinds = [Path(name).suffix for name in listed]
    return Bundle(folder, fetched, kinds.count(".deb"), kinds.count(".whl"), size)


def _swap(stage: Path, folder: Path) -> None:
    old = folder.with_name(f"{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    stage.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            what = Text("another process fills this bundle", "另一个进程正在填充该软件包目录")
            fix = Text("wait until it has ended, then repeat", "请等它结束后重试")
            raise GateRefused(what, where=str(path), fix=fix) from None
        yield


def _wrong(name: str) -> OutsideFailed:
    what = Text(f"package {name} did not come whole", f"软件包 {name} 下载不完整")
    return OutsideFailed(what, fix=Text("run this again: what came is kept", "请重试；已下载的会保留"))
