"""Where the state of clouds lives on this machine, and the passphrase that seals it."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from failures import GateRefused, InputInvalid, Text
from stacks.engine.journal import sync_folder

PASSPHRASE_FILES = ("GOVCLOUD_PASSPHRASE_FILE", "PULUMI_CONFIG_PASSPHRASE_FILE")
PASSPHRASE = "PULUMI_CONFIG_PASSPHRASE"  # noqa: S105 - the name of a variable


@dataclass(frozen=True)
class Home:
    """The folders of one cloud; nothing exists until it is first written to."""

    root: Path
    cloud: str

    @property
    def folder(self) -> Path:
        return self.root / "stacks" / self.cloud

    @property
    def states(self) -> Path:
        return self.folder / "states"

    @property
    def records(self) -> Path:
        return self.folder / "records"

    @property
    def lock(self) -> Path:
        return self.folder / "lock"

    @property
    def key(self) -> Path:
        return self.root / "passphrase"

    def make(self) -> None:
        """Create the folders, readable by their owner only."""
        for folder in (self.root, self.root / "stacks", self.folder, self.states, self.records):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def root_folder(environ: Mapping[str, str]) -> Path:
    """Return GOVCLOUD_HOME, else `.govcloud` in the user's home."""
    return Path(environ.get("GOVCLOUD_HOME") or Path.home() / ".govcloud").absolute()


def home_of(cloud: str, environ: Mapping[str, str]) -> Home:
    return Home(root_folder(environ), cloud)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let an OSError that names no file, such as that of a full disk, name this one."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def clouds_at(root: Path) -> tuple[str, ...]:
    """Return the names of the clouds that have state here."""
    folder = root / "stacks"
    return tuple(sorted(p.name for p in folder.iterdir() if p.is_dir())) if folder.is_dir() else ()


@dataclass(frozen=True)
class Passphrase:
    """`made` is the key file when it was generated just now, so that the user can be told once."""

    text: str
    made: Path | None = None

    def __repr__(self) -> str:
        return "Passphrase(...)"


def passphrase(home: Home, environ: Mapping[str, str]) -> Passphrase:
    """Return the passphrase from a file named in the environment, the environment, or the key file of the home.

    Raises:
        InputInvalid: the named file cannot be read or is empty.
        GateRefused: others can read the key file, or it is missing although there is state to be opened.
    """
    for variable in PASSPHRASE_FILES:
        if environ.get(variable):
            return Passphrase(_line(Path(environ[variable])))
    if environ.get(PASSPHRASE):
        return Passphrase(environ[PASSPHRASE])
    if home.key.exists():
        return Passphrase(_private_line(home.key))
    if home.states.is_dir() and any(home.states.iterdir()):
        raise GateRefused(
            Text("the passphrase that seals this cloud's state is not here", "找不到封存该云状态的口令"),
            where=str(home.key),
            fix=Text(
                "restore the key file, or set GOVCLOUD_PASSPHRASE_FILE",
                "请恢复密钥文件，或设置 GOVCLOUD_PASSPHRASE_FILE",
            ),
        )
    return Passphrase(_generate(home.key), made=home.key)


def _private_line(path: Path) -> str:
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise GateRefused(
            Text("others may read the key file", "密钥文件可被他人读取"),
            where=str(path),
            fix=Text(f"chmod 600 {path}", f"chmod 600 {path}"),
        )
    return _line(path)


def _line(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputInvalid(Text("the passphrase file cannot be read", "无法读取口令文件"), where=str(path)) from error
    if not text:
        raise InputInvalid(Text("the passphrase file is empty", "口令文件为空"), where=str(path))
    return text


def _generate(path: Path) -> str:
    """Write a new key durably before anything is sealed with it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = secrets.token_urlsafe(32)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with naming(path), os.fdopen(descriptor, "w") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            return _private_line(path)
    finally:
        fresh.unlink()
    sync_folder(path.parent)
    return text
