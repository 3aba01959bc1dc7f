"""The journal of one run: chained lines, each on the disk before what it announces is done; one writer."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from dr_drills.journal.clock import Clock, boot_id
from dr_drills.journal.event import JSON, Event, EventKind, next_event
from dr_drills.journal.heads import Destination, head_of, put_text, read_head
from dr_drills.journal.verify import Finding, Head, check, sound_events, split
from failures import GateRefused, GovcloudError, InputInvalid, Text, of_system
from stacks.engine.journal import no_room, sync_folder
from stacks.rollout.locks import hold

JOURNAL, HEAD, LOCK = "journal.jsonl", "head.json", "lock"
TORN_SHOWN = 200


class Journal:
    """Made by `begin` or `resume`; closes its lock when closed or when its process dies."""

    def __init__(self, folder: Path, clock: Clock, lock: ExitStack, events: Iterable[Event]) -> None:
        self.folder, self._clock, self._lock = folder, clock, lock
        self._events = list(events)
        self._turn = threading.Lock()
        self._broken: OSError | None = None
        self._fd = os.open(folder / JOURNAL, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        sync_folder(folder)

    @classmethod
    def begin(cls, folder: Path, run: str, facts: Mapping[str, JSON], clock: Clock | None = None) -> Self:
        """Make the folder and its journal with a first event of {run, boot_id, **facts}.

        Raises:
            GateRefused: there is a journal already (evidence is never written over), or another controller holds it.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = _held(folder, f"drill {run}")
        if (folder / JOURNAL).exists():
            lock.close()
            raise _already(folder)
        journal = cls(folder, clock or Clock(), lock, ())
        journal.append(EventKind.RUN_BEGAN, "", **{"run": run, "boot_id": boot_id(), **facts})
        return journal

    @classmethod
    def resume(cls, folder: Path, facts: Mapping[str, JSON], clock: Clock | None = None) -> Self:
        """Go on with a journal: cut a torn last line off and say so, then say who goes on, {boot_id, **facts}.

        Raises:
            GateRefused: another controller holds it.
            InputInvalid: there is none, or it is not as it was written; the message names the line.
        """
        if not (folder / JOURNAL).is_file():
            raise _none(folder)
        lock = _held(folder, f"drill {folder.name}")
        try:
            events, torn = _for_resuming(folder)
            journal = cls(folder, clock or Clock(), lock, events)
        except BaseException:
            lock.close()
            raise
        if torn:
            journal.cut(torn)
        journal.append(EventKind.RESUMED, "", **{"boot_id": boot_id(), **facts})
        return journal

    @property
    def events(self) -> tuple[Event, ...]:
        return tuple(self._events)

    @property
    def head(self) -> Head:
        """Return the last event as others can keep it."""
        return head_of(self._events)

    def append(self, kind: EventKind, row: str, /, **data: JSON) -> Event:
        """Write an event; it is on the disk when this returns. Raises OutsideFailed when the disk does not take it."""
        with self._turn:
            last = self._events[-1] if self._events else None
            event = next_event(last, self._clock.now(), self._clock.seconds(), kind, row, data)
            try:
                self._write(event.line())
                self._events.append(event)
                put_text(self.folder / HEAD, self.head.document())
            except OSError as error:
                raise no_room(self.folder / JOURNAL, error) from error
        return event

    def cut(self, torn: bytes) -> None:
        """Take the last, torn line off the file and say what it was."""
        os.ftruncate(self._fd, os.fstat(self._fd).st_size - len(torn))
        shown = torn[:TORN_SHOWN].decode("utf-8", "replace")
        self.append(
            EventKind.TORN_TAIL, "", bytes=len(torn), sha256=hashlib.sha256(torn).hexdigest(), begins_with=shown
        )

    def copy_head(self, destinations: Iterable[Destination]) -> dict[str, GovcloudError | None]:
        """Lay the head down elsewhere, everywhere it can be; return, by destination, why it could not."""
        text = json.dumps(self.head.document(), indent=1)
        return {place.name: _put(place, f"{self.head.run}.head.json", text) for place in destinations}

    def close(self) -> None:
        with self._turn:
            if self._fd >= 0:
                os.close(self._fd)
                self._fd = -1
                self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, line: bytes) -> None:
        if self._broken:
            raise self._broken
        size = os.fstat(self._fd).st_size
        try:
            done = os.write(self._fd, line)
            if done != len(line):
                done += os.write(self._fd, line[done:])
            os.fsync(self._fd)
        except OSError as error:
            # Half a line before a good one would read as damage; after a failed fsync nothing can be promised.
            self._broken = error
            os.ftruncate(self._fd, size)
            raise


def read_events(path: Path) -> tuple[Event, ...]:
    """Return the events of a journal or of a run's folder; a torn last line is left out.

    Raises:
        InputInvalid: a line is damaged, or does not continue the one before it.
    """
    file = path / JOURNAL if path.is_dir() else path
    raw = file.read_bytes()
    wrong = next(_real(check(raw, None)), None)
    if wrong:
        raise _damaged(file, wrong)
    return sound_events(raw)


def _for_resuming(folder: Path) -> tuple[tuple[Event, ...], bytes]:
    raw = (folder / JOURNAL).read_bytes()
    wrong = next(_real(check(raw, read_head(folder / HEAD))), None)
    if wrong:
        raise _damaged(folder / JOURNAL, wrong)
    if not (events := sound_events(raw)):
        raise _none(folder)
    return events, split(raw)[1]


def _real(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield what death or a lost head cannot explain; a crash may well tear the last line."""
    return (finding for finding in findings if finding.rule not in {"V08", "V09"})


def _held(folder: Path, command: str) -> ExitStack:
    stack = ExitStack()
    stack.enter_context(hold(folder / LOCK, command))
    return stack


def _put(place: Destination, name: str, text: str) -> GovcloudError | None:
    try:
        place.put(name, text)
    except GovcloudError as error:
        return error
    except OSError as error:
        return of_system(error)
    return None


def _already(folder: Path) -> GateRefused:
    return GateRefused(
        Text("this run has a journal already; evidence is never written over", "该演练已有日志；证据绝不覆盖"),
        where=str(folder),
        fix=Text("resume or heal the run, or begin another", "请继续或恢复该演练，或开始新的演练"),
    )


def _none(folder: Path) -> InputInvalid:
    return InputInvalid(Text("no run has its journal here", "此处没有演练日志"), where=str(folder))


def _damaged(file: Path, finding: Finding) -> InputInvalid:
    return InputInvalid(
        finding.message,
        where=f"{file}:{finding.line}",
        fix=Text("see all of it: govcloud report verify", "查看全部问题：govcloud report verify"),
    )
