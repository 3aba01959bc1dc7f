"""Goes on with a run where the sites' store has no majority: from what one member remembers, if two persons sign."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from dr_drills.journal.clock import Clock
from dr_drills.journal.elsewhere import HEADS, Met, open_heads
from dr_drills.journal.event import JSON, Event, EventKind, canonical
from dr_drills.journal.file import Journal, for_resuming, settle
from dr_drills.journal.joining import Joined, join
from dr_drills.journal.local import JOURNAL, FileStore
from dr_drills.journal.quorum import Quorum, Row
from dr_drills.journal.relay import Reach
from dr_drills.journal.shared import LOCK, events_under, lines_in, sound
from dr_drills.probes.budget import NoAnswer
from failures import GateRefused, Text

SIGNATURES = 2


class Signed(Protocol):
    """A signature that was verified: who made it, with which key, and over which digest, in hexadecimal."""

    @property
    def who(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def digest(self) -> str: ...


@dataclass(frozen=True)
class Seen:
    """What the member at an address remembers of a run; `revision` is the last one that it has."""

    address: str
    revision: int
    events: tuple[Event, ...]


def last_seen(quorum: Quorum, run: str) -> Seen:
    """Return what the member that has seen most remembers, without asking for a majority. Raises NoAnswer."""
    found = [
        Seen(address, revision, sound(lines_in(rows), f"{address}:{events_under(run)}"))
        for address, revision, rows in _remembered(quorum, events_under(run))
    ]
    if not found:
        raise NoAnswer(Text(f"no member of {quorum.name} answers", f"{quorum.name} 没有成员应答"))
    return max(found, key=lambda seen: seen.revision)


def open_runs(quorum: Quorum) -> tuple[str, ...]:
    """Return the runs that are not over as those members remember them that answer; none when none does."""
    return tuple(dict.fromkeys(run for _, _, heads in _remembered(quorum, HEADS) for run in open_heads(heads)))


def _remembered(quorum: Quorum, prefix: str) -> Iterator[tuple[str, int, tuple[Row, ...]]]:
    """Yield the address of each member that answers, its revision and what it remembers under keys that begin so."""
    for address in quorum.addresses:
        with suppress(NoAnswer):
            yield address, *quorum.remembered(address, prefix)


def digest_to_sign(run: str, last: Event | None) -> str:
    """Return what two persons sign: that this run goes on from this event without the sites' store."""
    return sha256(canonical({"break-glass": run, "after": last.digest if last else ""})).hexdigest()


def break_glass(
    folder: Path, quorum: Quorum, signed: Sequence[Signed], facts: Mapping[str, JSON], clock: Clock | None = None
) -> Journal:
    """Begin a journal here from the last revision seen, or go on with the one here where it is longer.

    It stands alone: nothing of it is in the sites' store until the run is resumed with a majority again.

    Raises:
        GateRefused: a majority answers, nobody has seen the run, or two persons have not signed `digest_to_sign`.
        NoAnswer: no member answers. InputInvalid: what is kept is not as it was written.
    """
    run = folder.name
    _refuse_majority(quorum)
    seen = last_seen(quorum, run)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = FileStore(folder, f"drill {run}")
    try:
        here, torn = for_resuming(folder) if (folder / JOURNAL).is_file() else ((), b"")
        joined = join(here, seen.events)
        names = _signers(run, joined, signed, quorum.name)
        aside = settle(store, joined, here, torn=bool(torn))
    except BaseException:
        store.close()
        raise
    journal = Journal(store, Met(None, joined, 0, Reach.AWAY), clock or Clock())
    told = {"store": quorum.name, "member": seen.address, "revision": seen.revision, "seen": len(seen.events)}
    journal.append(EventKind.BREAK_GLASS, "", **told, signed=list(names), digest=digest_to_sign(run, joined.last))
    journal.tell_resumed(joined.aside, torn, {**aside, **facts})
    return journal


def _refuse_majority(quorum: Quorum) -> None:
    try:
        quorum.row(LOCK)
    except NoAnswer:
        return
    raise GateRefused(
        Text("a majority of the store answers: nothing is to be broken", "仲裁多数仍应答：无需应急接管"),
        where=quorum.name,
        fix=Text("govcloud drill resume, without --break-glass", "请用 govcloud drill resume，不带 --break-glass"),
    )


def _signers(run: str, joined: Joined, signed: Sequence[Signed], where: str) -> tuple[str, ...]:
    if joined.last is None:
        raise GateRefused(Text(f"nobody here has seen the run {run}", f"此处没有演练 {run} 的记录"), where=where)
    digest = digest_to_sign(run, joined.last)
    true = [one for one in signed if one.digest == digest and one.who]
    names = tuple(dict.fromkeys(one.who for one in true))
    if min(len(names), len({one.key for one in true})) < SIGNATURES:
        have = ", ".join(names) or "-"
        raise GateRefused(
            Text(f"two persons must sign to go on without a majority; signed: {have}", f"需两人签署；已签署：{have}"),
            where=f"{run} {joined.last.seq}",
            fix=Text(f"after the city is fenced, each signs {digest}", f"确认城市侧已隔离后，各自签署 {digest}"),
        )
    return names
