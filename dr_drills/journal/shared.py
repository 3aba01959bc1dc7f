"""The store of a journal that the sites share: one lock per cloud, compared by every write."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence

from dr_drills.journal.event import Event
from dr_drills.journal.heads import head_of, parse_head
from dr_drills.journal.holder import Holder
from dr_drills.journal.quorum import Quorum, Row, created_at, putting, ranged, reading
from dr_drills.journal.store import Held, Superseded
from dr_drills.journal.verify import Head, sound_events
from dr_drills.probes.budget import NoAnswer
from dr_drills.probes.etcd import coded
from failures import GovcloudError, InputInvalid, Text

PREFIX = "/govcloud/drills/"
LOCK = PREFIX + "lock"
TTL_S = 15
PATIENCE_S = 3.0
"""How much longer than a lease whoever resumes waits for the lock of a controller that may be dead."""
POLL_S = 0.5
MOST_EVENTS, MOST_BYTES = 60, 400_000
"""Of one transaction; etcd takes 128 operations and 1.5 MB."""


class LockLost(NoAnswer):
    """The lease ran out, and nobody has the lock."""


class SharedStore:
    """One run in a consensus store; nothing is written unless this controller holds the lock."""

    def __init__(self, quorum: Quorum, run: str, command: str, ttl_s: int) -> None:
        self.quorum, self.name, self.run, self.ttl_s = quorum, quorum.name, run, ttl_s
        self._me = Holder.myself(command)
        self._fence, self._lease = 0, ""

    @property
    def holds(self) -> bool:
        """Tell whether the lock was taken, and is not known to be lost."""
        return self._fence > 0

    def take(self, patience_s: float = 0.0) -> None:
        """Take the lock; wait for one whose holder does not renew it.

        Raises:
            Held: another controller holds it; the message names it.
            NoAnswer: the store has no majority, or does not answer.
        """
        until, left = time.monotonic() + patience_s, self.ttl_s + 1
        while (other := self._try()) is not None:
            now_left = self._seconds_left(other.lease)
            if now_left > left or time.monotonic() >= until:
                raise Held(Holder.parse(other.text) or "?", self.name)
            left = now_left
            time.sleep(POLL_S)

    def keep(self) -> None:
        """Renew the lease. Raises LockLost when it has run out, NoAnswer."""
        said = self.quorum.call("lease/keepalive", {"ID": self._lease})
        if int((said.get("result") or {}).get("TTL") or 0) <= 0:
            self._fence = 0
            raise LockLost(Text("the lease has run out", "租约已到期"))

    def head(self) -> Head | None:
        """Return the head of what is kept of the run. Raises NoAnswer, InputInvalid for what is no head."""
        return head_under(self.quorum, self.run)

    def lines(self) -> bytes:
        return lines_in(self.quorum.below(events_under(self.run)))

    def write(self, events: Sequence[Event]) -> None:
        """Keep events and the new head, each part whole; writing the same again changes nothing.

        Raises:
            Superseded: another controller holds the lock.
            LockLost: nobody does. NoAnswer: what happened is open.
        """
        for part in parts(events):
            puts = [putting(event_key(self.run, event.seq), event.line().decode()[:-1]) for event in part]
            self._fenced([*puts, putting(head_key(self.run), head_text(self.run, part[-1]))])

    def cut(self, seq: int) -> None:
        """Drop what is kept from an event on: two persons decided that another one follows. Raises as `write`."""
        key = event_key(self.run, seq)
        page = ranged(events_under(self.run), key, "0")
        self._fenced([{"requestDeleteRange": {"key": page["key"], "range_end": page["range_end"]}}])

    def close(self) -> None:
        """Give the lock back; where that fails, it runs out."""
        if self._lease:
            lease, self._lease, self._fence = self._lease, "", 0
            _revoke(self.quorum, lease)

    def _fenced(self, do: list[object]) -> None:
        answer = self.quorum.transact([created_at(LOCK, self._fence)], do, [reading(LOCK)])
        if answer.done:
            return
        self._fence = 0
        if answer.rows:
            raise Superseded(Holder.parse(answer.rows[0].text) or "?", self.name)
        raise LockLost(Text("the lock has run out", "锁已到期"))

    def _try(self) -> Row | None:
        """Take the lock and return None, or return the one that is there."""
        lease = str(self.quorum.call("lease/grant", {"TTL": str(self.ttl_s)})["ID"])
        mine = putting(LOCK, self._me.text(), lease)
        answer = self.quorum.transact([created_at(LOCK, 0)], [mine], [reading(LOCK)])
        if answer.done:
            self._fence, self._lease = answer.revision, lease
            return None
        _revoke(self.quorum, lease)
        there = answer.rows[0]
        holder = Holder.parse(there.text)
        if holder == self._me:
            # An earlier try took it, and its answer was lost.
            self._fence, self._lease = there.created, there.lease
            return None
        if holder and holder.is_dead:
            gone = [{"requestDeleteRange": {"key": coded(LOCK)}}]
            self.quorum.transact([created_at(LOCK, there.created)], gone)
            return self._try()
        return there

    def _seconds_left(self, lease: str) -> int:
        return int(self.quorum.call("lease/timetolive", {"ID": lease}).get("TTL") or 0)


def events_under(run: str) -> str:
    return f"{PREFIX}runs/{run}/"


def event_key(run: str, seq: int) -> str:
    return f"{events_under(run)}{seq:08d}"


def head_key(run: str) -> str:
    return f"{PREFIX}heads/{run}"


def head_text(run: str, last: Event) -> str:
    """Return the head of a run as it is kept, with the kind of its last event."""
    return json.dumps({"run": run, "seq": last.seq, "digest": last.digest, "at": last.at, "kind": str(last.kind)})


def head_under(quorum: Quorum, run: str) -> Head | None:
    """Return the head that a store keeps of a run, None for none. Raises NoAnswer, InputInvalid."""
    row = quorum.row(head_key(run))
    return parse_head(row.text, f"{quorum.name}:{row.key}") if row else None


def lines_in(rows: Iterable[Row]) -> bytes:
    """Return the lines of a journal that are kept in rows, one each."""
    return b"".join(row.text.encode() + b"\n" for row in rows)


def sound(raw: bytes, where: str) -> tuple[Event, ...]:
    """Return the events of lines that were kept. Raises InputInvalid when they are not as they were written."""
    events = sound_events(raw)
    if len(events) != raw.count(b"\n"):
        what = Text("what is kept of the run is not as it was written", "所保存的演练日志已非原样")
        raise InputInvalid(what, where=f"{where}:{len(events) + 1}")
    return events


def parts(events: Sequence[Event]) -> Iterator[list[Event]]:
    """Yield events in parts that one transaction takes."""
    part: list[Event] = []
    size = 0
    for event in events:
        length = len(event.line())
        if part and (len(part) == MOST_EVENTS or size + length > MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(event)
        size += length
    if part:
        yield part


class HeadsAt:
    """A store that keeps heads alone, such as the one that a DR site has for itself; a Destination."""

    def __init__(self, quorum: Quorum) -> None:
        self._quorum, self.name = quorum, quorum.name

    def put(self, name: str, text: str) -> None:
        run = parse_head(text, name).run
        self._quorum.transact([], [putting(head_key(run), text)])


def _revoke(quorum: Quorum, lease: str) -> None:
    try:
        quorum.call("lease/revoke", {"ID": lease})
    except GovcloudError:
        return  # it runs out


def head_is_of(head: Head | None, events: Sequence[Event]) -> bool:
    """Tell whether what is kept is the beginning of these events."""
    if head is None:
        return True
    run = head_of(events).run
    return head.run == run and head.seq < len(events) and events[head.seq].digest == head.digest
