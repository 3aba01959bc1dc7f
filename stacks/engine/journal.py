"""An append-only journal of one stack: checked lines, group commit, survives a torn end and a full disk."""

from __future__ import annotations

import errno
import json
import os
import threading
import zlib
from pathlib import Path
from typing import Any

from failures import InputInvalid, OutsideFailed, Text

Record = dict[str, Any]
_CHECK_WIDTH = 8
STATE_SUFFIXES = (".json", ".journal")
"""Of what is kept of a stack: its checkpoint, and the journal since."""


def state_files(folder: Path, stack: str) -> tuple[Path, Path]:
    """Return the checkpoint and the journal of a stack."""
    checkpoint, journal = (folder / f"{stack}{suffix}" for suffix in STATE_SUFFIXES)
    return checkpoint, journal


def _encode(record: Record) -> bytes:
    body = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(body), body)


def _decode(line: bytes) -> Record | None:
    check, body = line[:_CHECK_WIDTH], line[_CHECK_WIDTH + 1 :]
    if check != b"%08x" % zlib.crc32(body):
        return None
    record: Record = json.loads(body)
    return record


def read(path: Path) -> tuple[list[Record], int]:
    """Return the records and the number of good bytes; a last line without its end was torn and is left out.

    Raises InputInvalid, naming file and line, when a whole line does not pass its check.
    """
    if not path.exists():
        return [], 0
    *whole, _torn = path.read_bytes().split(b"\n")
    records = []
    for number, line in enumerate(whole, 1):
        record = _decode(line)
        if record is None:
            raise _corrupt(path, number)
        records.append(record)
    return records, sum(map(len, whole)) + len(whole)


def _corrupt(path: Path, number: int) -> InputInvalid:
    return InputInvalid(
        Text("a record of the journal is damaged; nothing was changed", "日志中有一条记录已损坏；未做任何更改"),
        where=f"{path}:{number}",
        fix=Text(
            f"restore {path.name} from its copy; or keep what is good (head -n {number - 1}) and deploy with --refresh:"
            " what was made after that line must then be imported or removed by hand",
            f"请用副本恢复 {path.name}；或只保留完好的部分（head -n {number - 1}）并用 --refresh 部署："
            "该行之后创建的对象需手工导入或删除",
        ),
    )


def no_room(path: Path, err: OSError) -> OutsideFailed:
    """Return the error of a state file that cannot be written."""
    full = err.errno in {errno.ENOSPC, errno.EDQUOT}
    what = (
        Text("the disk is full", "磁盘已满")
        if full
        else Text(f"cannot write: {err.strerror}", f"无法写入：{err.strerror}")
    )
    return OutsideFailed(
        Text(f"{what.en}; no further change was started", f"{what.zh}；未再开始新的更改"),
        where=str(path),
        fix=Text(
            "make room in the state folder and run the same command again; what was under way is looked up then",
            "请为状态目录腾出空间后重新运行同一命令；届时会核对进行中的操作",
        ),
    )


class Journal:
    """Lines go to the file at once, so a killed process loses none; one wait for the disk serves many writers."""

    def __init__(self, path: Path, good: int) -> None:
        self._path = path
        self._good = good
        self._fd = -1
        self._turn = threading.Condition()
        self._written = self._synced = 0
        self._syncing = False
        self._broken: OSError | None = None

    @property
    def size(self) -> int:
        """The number of good bytes."""
        return self._good

    def append(self, record: Record, *, sync: bool = True) -> None:
        """Write one record; with `sync`, return when it is on the disk. Raises OutsideFailed."""
        line = _encode(record)
        try:
            with self._turn:
                self._write(line)
                ticket = self._written
            if sync:
                self._sync(ticket)
        except OSError as err:
            raise no_room(self._path, err) from err

    def _write(self, line: bytes) -> None:
        if self._broken:
            raise self._broken
        if self._fd < 0:
            self._open()
        try:
            written = os.write(self._fd, line)
        except OSError:
            self._cut()
            raise
        if written != len(line):
            self._cut()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._good += len(line)
        self._written += 1

    def _open(self) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        os.ftruncate(self._fd, self._good)
        sync_folder(self._path.parent)

    def _cut(self) -> None:
        # Half a line followed by a good one would read as damage.
        try:
            os.ftruncate(self._fd, self._good)
        except OSError as err:
            self._broken = err

    def _sync(self, ticket: int) -> None:
        while True:
            with self._turn:
                self._turn.wait_for(lambda: self._synced >= ticket or not self._syncing)
                if self._synced >= ticket:
                    return
                if self._broken:
                    raise self._broken
                self._syncing, upto = True, self._written
            self._flush(upto)

    def _flush(self, upto: int) -> None:
        try:
            os.fdatasync(self._fd)
        except OSError as err:
            # After a failed fsync the kernel forgets which pages were bad: nothing more can be promised.
            with self._turn:
                self._broken = err
            raise
        else:
            with self._turn:
                self._synced = upto
        finally:
            with self._turn:
                self._syncing = False
                self._turn.notify_all()

    def clear(self) -> None:
        """Empty the journal, after a checkpoint took its records in."""
        with self._turn:
            if self._path.exists():
                os.truncate(self._path, 0)
            self._good = 0

    def close(self) -> None:
        with self._turn:
            if self._fd >= 0:
                os.close(self._fd)
                self._fd = -1


def sync_folder(folder: Path) -> None:
    """Make a new or renamed name in a folder durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
