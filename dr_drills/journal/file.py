"""The journal of one run: chained lines, each on the disk before what it announces is done; one writer."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from dr_drills.journal.clock import Clock, boot_id
from dr_drills.journal.copies import Copies
from dr_drills.journal.elsewhere import NOWHERE, Elsewhere, Met, meet
from dr_drills.journal.event import JSON, Event, EventKind, lines_of, next_event
from dr_drills.journal.heads import head_of, put_text, put_whole, read_head
from dr_drills.journal.joining import Joined, carried_over
from dr_drills.journal.local import JOURNAL, FileStore
from dr_drills.journal.relay import Reach, Relay
from dr_drills.journal.verify import Finding, Head, check, sound_events, split
from failures import GateRefused, InputInvalid, Text
from stacks.engine.journal import no_room

__all__ = ["HEAD", "JOURNAL", "Journal", "read_events"]

HEAD = "head.json"
TORN_SHOWN = 200
INTENT_WAIT_S = 0.25
BEGIN_WAIT_S = 3.0
END_WAIT_S = 5.0
WAITS_S: Mapping[EventKind, float] = {
    EventKind.RUN_BEGAN: BEGIN_WAIT_S,
    EventKind.RESUMED: BEGIN_WAIT_S,
    EventKind.FAULT_INTENT: INTENT_WAIT_S,
    EventKind.STEP_INTENT: INTENT_WAIT_S,
}
"""How long an event waits for the shared store before what it announces is done; a heal never does."""
_HEADS_AT = frozenset({EventKind.PHASE_ENDED, EventKind.RUN_ENDED})


class Journal:
    """Made by `begin` or `resume`; its locks are free when it is closed or its process dies."""

    def __init__(self, store: FileStore, met: Met, clock: Clock) -> None:
        self.folder, self._store, self._clock = store.folder, store, clock
        self._events = list(met.joined.events)
        self._turn = threading.Lock()
        self._copies = Copies(met.copies)
        self._relay = Relay(met.shared, self._events, met.kept, met.reach, met.reason) if met.shared else None
        self._said = met.reach

    @classmethod
    def begin(
        cls,
        folder: Path,
        run: str,
        facts: Mapping[str, JSON],
        clock: Clock | None = None,
        elsewhere: Elsewhere = NOWHERE,
    ) -> Self:
        """Make the folder and its journal with a first event of {run, boot_id, store, stores, **facts}.

        Raises:
            GateRefused: there is a journal already (evidence is never written over), or another controller holds it.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        store = FileStore(folder, f"drill {run}")
        try:
            met = _fresh(store, elsewhere, run)
        except BaseException:
            store.close()
            raise
        journal = cls(store, met, clock or Clock())
        told = {"run": run, "boot_id": boot_id(), "store": met.document(elsewhere), "stores": elsewhere.document()}
        journal.append(EventKind.RUN_BEGAN, "", **{**told, **facts})
        return journal

    @classmethod
    def resume(
        cls, folder: Path, facts: Mapping[str, JSON], clock: Clock | None = None, elsewhere: Elsewhere = NOWHERE
    ) -> Self:
        """Go on with a journal: cut a torn last line off and say so, then say who goes on, {boot_id, store, **facts}.

        What the sites' store has more of the run is taken from there; see `joining.join`. `from_store` says that the
        last words known are the store's.

        Raises:
            GateRefused: another controller holds it.
            InputInvalid: there is none, or it is not as it was written; the message names the line.
        """
        if not (folder / JOURNAL).is_file():
            raise _none(folder)
        store = FileStore(folder, f"drill {folder.name}")
        try:
            events, torn = for_resuming(folder)
            # Whoever wrote events here left their head beside them; a journal that was fetched has none.
            fetched = not (folder / HEAD).is_file()
            met = meet(elsewhere, folder.name, events)
            aside = settle(store, met.joined, events, torn=bool(torn))
        except BaseException:
            store.close()
            raise
        journal = cls(store, met, clock or Clock())
        told: dict[str, JSON] = {"from_store": True} if fetched or len(met.joined.events) > len(events) else {}
        journal.tell_resumed(met.joined.aside, torn, {"store": met.document(elsewhere), **told, **aside, **facts})
        return journal

    @property
    def events(self) -> tuple[Event, ...]:
        return tuple(self._events)

    @property
    def head(self) -> Head:
        """Return the last event as others can keep it."""
        return head_of(self._events)

    def append(self, kind: EventKind, row: str, /, **data: JSON) -> Event:
        """Write an event; it is on the disk when this returns, and in the sites' store if that answers in time.

        Raises:
            OutsideFailed: the disk does not take it.
            Superseded: another controller has the run; what the event announces must not be done.
        """
        with self._turn:
            self._refuse()
            self._tell_reach()
            event = self._record(kind, row, data, WAITS_S.get(kind, 0.0))
            if kind in _HEADS_AT:
                self._copies.put(self.head)
            self._refuse()
        return event

    def tell_resumed(self, aside: Sequence[Event], torn: bytes, facts: Mapping[str, JSON]) -> None:
        """Write what was cut off, who goes on, and which faults of events that were set aside may be in force."""
        if torn:
            shown, digest = torn[:TORN_SHOWN].decode("utf-8", "replace"), hashlib.sha256(torn).hexdigest()
            self.append(EventKind.TORN_TAIL, "", bytes=len(torn), sha256=digest, begins_with=shown)
        self.append(EventKind.RESUMED, "", **{"boot_id": boot_id(), **facts})
        for event in carried_over(aside):
            self.append(EventKind.FAULT_INTENT, event.row, **{**event.data, "set_aside": event.seq})

    def settle(self, wait_s: float = END_WAIT_S) -> tuple[str, ...]:
        """Wait that long at most for other sites, and return the names of those that keep the newest head."""
        kept = (self._relay.name,) if self._relay and self._relay.settle(wait_s) else ()
        return kept + self._copies.settle(wait_s)

    def close(self) -> None:
        with self._turn:
            self._copies.close(END_WAIT_S)
            if self._relay:
                self._relay.close(END_WAIT_S)
            self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _record(self, kind: EventKind, row: str, data: Mapping[str, JSON], wait_s: float) -> Event:
        last = self._events[-1] if self._events else None
        event = next_event(last, self._clock.now(), self._clock.seconds(), kind, row, data)
        self._store.write([event])
        self._events.append(event)
        try:
            put_text(self.folder / HEAD, self.head.document())
        except OSError as error:
            raise no_room(self.folder / HEAD, error) from error
        if self._relay:
            self._relay.offer(event, wait_s)
        return event

    def _refuse(self) -> None:
        if self._relay and self._relay.refusal:
            raise self._relay.refusal

    def _tell_reach(self) -> None:
        """Say once that the shared store was lost, and once that it has caught up."""
        relay = self._relay
        if relay is None or not self._events or relay.reach is self._said:
            return
        self._said = relay.reach
        if self._said is Reach.AWAY:
            why = {"missing": relay.missing, "why": relay.reason.en}
            self._record(EventKind.STORE_LOST, "", {"store": relay.name, **why}, 0.0)
        else:
            self._record(EventKind.STORE_BACK, "", {"store": relay.name}, 0.0)


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


def for_resuming(folder: Path) -> tuple[tuple[Event, ...], bytes]:
    """Return the events of a run's folder and its torn last line. Raises InputInvalid when nobody may go on."""
    raw = (folder / JOURNAL).read_bytes()
    wrong = next(_real(check(raw, read_head(folder / HEAD))), None)
    if wrong:
        raise _damaged(folder / JOURNAL, wrong)
    if not (events := sound_events(raw)):
        raise _none(folder)
    return events, split(raw)[1]


def settle(store: FileStore, joined: Joined, here: Sequence[Event], *, torn: bool) -> dict[str, JSON]:
    """Make the file what the run goes on from, keep what is set aside beside it, and return what to say of that."""
    said: dict[str, JSON] = {}
    if joined.aside:
        name = f"aside-{joined.aside[-1].digest[:12]}.jsonl"
        put_whole(store.folder / name, lines_of(joined.aside).decode())
        said = {"set_aside": {"file": name, "events": len(joined.aside), "after": joined.same - 1}}
    if torn or joined.events != tuple(here):
        if joined.same:
            # Dying between the two leaves a head that either text has.
            put_text(store.folder / HEAD, head_of(joined.events[: joined.same]).document())
        else:
            (store.folder / HEAD).unlink(missing_ok=True)
        store.replace(joined.events)
    return said


def _fresh(store: FileStore, elsewhere: Elsewhere, run: str) -> Met:
    """Meet the shared store for a run that nobody has begun. Raises GateRefused."""
    if store.exists:
        raise _already(str(store.folder))
    met = meet(elsewhere, run, ())
    if met.joined.events:
        met.close()
        raise _already(elsewhere.name)
    return met


def _real(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield what death or a lost head cannot explain; a crash may well tear the last line."""
    return (finding for finding in findings if finding.rule not in {"V08", "V09"})


def _already(where: str) -> GateRefused:
    return GateRefused(
        Text("this run has a journal already; evidence is never written over", "该演练已有日志；证据绝不覆盖"),
        where=where,
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
