"""Topology sources on disk: which files belong to a topology, read within limits."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from failures import InputInvalid, Text

MAX_FILE_BYTES = 8 * 1024 * 1024
MAX_TOTAL_BYTES = 64 * 1024 * 1024
MAX_FILES = 10_000
SUFFIXES = (".yaml", ".yml")
# These live beside topologies and are not part of them: credentials for openstacksdk and the address ledger.
NEIGHBOURS = frozenset({"clouds.yaml", "clouds-public.yaml", "secure.yaml", "addresses.yaml"})
# Recipes and files that `images.*.file` names.
FOREIGN_FOLDERS = frozenset({"images"})
LEDGER_SUFFIX = ".addresses.yaml"


@dataclass(frozen=True)
class Source:
    """One file's bytes; `name` is the path as messages show it."""

    path: Path
    name: str
    content: bytes


def sources(path: Path) -> tuple[Source, ...]:
    """Return the files of the topology at `path`, sorted by name.

    Raises:
        InputInvalid: nothing is there, it is no file or folder, it cannot be read, or a limit on size is passed.
    """
    files = _files(path)
    found, total = [], 0
    for file in files:
        content = _content(file)
        total += len(content)
        if total > MAX_TOTAL_BYTES:
            raise _refused(path, *_too_big(MAX_TOTAL_BYTES))
        found.append(Source(file, printable(file), content))
    return tuple(found)


def digest(files: Sequence[Source], root: Path) -> str:
    """Return the SHA-256 of names (relative to `root`) and contents, in hexadecimal."""
    total = hashlib.sha256()
    for file in files:
        name = os.path.relpath(file.path, root).encode("utf-8", "surrogateescape")
        for part in (name, file.content):
            total.update(len(part).to_bytes(8, "big"))
            total.update(part)
    return total.hexdigest()


def printable(path: Path) -> str:
    """Return a path as text that any terminal and any UTF-8 file can hold."""
    text = str(path).encode("utf-8", "backslashreplace").decode("utf-8")
    return text if text.isprintable() else ascii(text)[1:-1]


def _files(path: Path) -> list[Path]:
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if stat.S_ISREG(mode):
        return [path]
    if not stat.S_ISDIR(mode):
        raise _refused(path, "this is neither a file nor a folder", "这既不是文件也不是文件夹")
    files = sorted(_walk(path))
    if not files:
        raise _refused(path, "there is no *.yaml file in this folder", "该文件夹中没有 *.yaml 文件")
    if len(files) > MAX_FILES:
        raise _refused(path, f"more than {MAX_FILES} files", f"文件多于 {MAX_FILES} 个")
    return files


def _walk(folder: Path) -> Iterator[Path]:
    def stop(error: OSError) -> None:
        raise _unreadable(Path(error.filename or folder), error) from error

    for parent, folders, names in os.walk(folder, onerror=stop, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in FOREIGN_FOLDERS)
        yield from (Path(parent, name) for name in names if _belongs(name))


def _belongs(name: str) -> bool:
    hidden = name.startswith(".")
    return name.endswith(SUFFIXES) and not hidden and name not in NEIGHBOURS and not name.endswith(LEDGER_SUFFIX)


def _content(file: Path) -> bytes:
    try:
        # A pipe or device of this name would block for ever; asking first keeps the read finite.
        if not file.is_file():
            file.stat()
            raise _refused(file, "this is not an ordinary file", "这不是普通文件")
        with file.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise _unreadable(file, error) from error
    if len(content) > MAX_FILE_BYTES:
        raise _refused(file, *_too_big(MAX_FILE_BYTES))
    return content


def _too_big(limit: int) -> tuple[str, str]:
    size = limit // (1024 * 1024)
    return f"larger than {size} MiB, the limit for a topology", f"超过 {size} MiB,即拓扑文件的上限"


def _unreadable(path: Path, error: OSError | ValueError) -> InputInvalid:
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return _refused(path, f"cannot be read: {why}", f"无法读取:{why}")


def _refused(path: Path, en: str, zh: str) -> InputInvalid:
    fix = Text(
        "name a topology file (*.yaml) or a folder of such files; `govcloud init` writes a new one",
        "请给出拓扑文件(*.yaml)或包含此类文件的文件夹;`govcloud init` 可新建一个",
    )
    return InputInvalid(Text(en, zh), where=printable(path), fix=fix)
