"""What other sites keep of a run: the sites' shared store, whether it can be reached or not, and copies of the head."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dr_drills.journal.event import Event, EventKind, lines_of
from dr_drills.journal.heads import Destination, put_whole
from dr_drills.journal.joining import Joined, join
from dr_drills.journal.local import JOURNAL
from dr_drills.journal.quorum import Quorum, Row
from dr_drills.journal.relay import Reach
from dr_drills.journal.shared import PATIENCE_S, PREFIX, TTL_S, HeadsAt, SharedStore, events_under, head_is_of, sound
from dr_drills.probes.budget import NoAnswer
from failures import InputInvalid, Text

HEADS = f"{PREFIX}heads/"
NO_REASON = Text("", "")


@dataclass(frozen=True)
class Elsewhere:
    """`quorum` is the store that the sites share, None for none; `copies` are places for the head alone.

    A controller that is silent for `ttl_s` gives its lock away.
    """

    quorum: Quorum | None = None
    copies: tuple[Destination, ...] = ()
    ttl_s: int = TTL_S
    stores: tuple[Quorum, ...] = ()

    @property
    def name(self) -> str:
        return self.quorum.name if self.quorum else ""

    @classmethod
    def of(cls, stores: Sequence[Quorum]) -> Elsewhere:
        """Return the first store as the shared one, and the others as places for heads."""
        if not stores:
            return cls()
        return cls(stores[0], tuple(HeadsAt(store) for store in stores[1:]), stores=tuple(stores))

    def document(self) -> list[dict[str, Any]]:
        """Return every store that keeps a head, for whoever verifies the run later."""
        return [store.document() for store in self.stores]


NOWHERE = Elsewhere()


@dataclass(frozen=True)
class Met:
    """What was found in the shared store; `shared` is None where there is none or it cannot be used."""

    shared: SharedStore | None
    joined: Joined
    kept: int
    reach: Reach
    reason: Text = NO_REASON
    copies: tuple[Destination, ...] = ()

    def document(self, elsewhere: Elsewhere) -> dict[str, Any] | None:
        """Return what the journal says of it, None where there is no shared store."""
        if elsewhere.quorum is None:
            return None
        return {**elsewhere.quorum.document(), "reach": str(self.reach), "why": self.reason.en}

    def close(self) -> None:
        if self.shared:
            self.shared.close()


def meet(elsewhere: Elsewhere, run: str, here: Sequence[Event]) -> Met:
    """Take the shared store's lock and join what it keeps of the run with what is here.

    A store that does not answer hinders nobody: the run goes on here and catches up. Raises Held.
    """
    alone = Joined(tuple(here), (), len(here))
    if elsewhere.quorum is None:
        return Met(None, alone, 0, Reach.KEEPS, copies=elsewhere.copies)
    shared = SharedStore(elsewhere.quorum, run, f"drill {run}", elsewhere.ttl_s)
    try:
        shared.take(elsewhere.ttl_s + PATIENCE_S if here else 0.0)
        joined = join(here, sound(shared.lines(), f"{shared.name}:{events_under(run)}"))
        kept = _agree(shared, joined)
    except NoAnswer as error:
        return Met(shared, alone, 0, Reach.AWAY, error.what, elsewhere.copies)
    except InputInvalid as error:
        # A store that somebody tampered with must not keep anybody from healing.
        shared.close()
        return Met(None, alone, 0, Reach.AWAY, error.what, elsewhere.copies)
    except BaseException:
        shared.close()
        raise
    return Met(shared, joined, kept, Reach.KEEPS, copies=elsewhere.copies)


def _agree(shared: SharedStore, joined: Joined) -> int:
    """Make the store keep a beginning of the joined events, and return how many of them it has."""
    head = shared.head()
    if joined.events and not head_is_of(head, joined.events):
        shared.cut(joined.same)
        shared.write(joined.events[joined.same :])
        return len(joined.events)
    return head.seq + 1 if head else 0


def run_of(head: Row) -> str:
    """Return the run whose head a store keeps under a key."""
    return head.key.rpartition("/")[2]


def open_heads(heads: Iterable[Row]) -> tuple[str, ...]:
    """Return the runs that are not over, by their heads."""
    return tuple(run_of(row) for row in heads if f'"kind": "{EventKind.RUN_ENDED}"' not in row.text)


def fetch(quorum: Quorum, folder: Path, name: str = "") -> tuple[str, ...]:
    """Lay runs of the shared store down where they are not, so that they can be resumed there; return their names.

    All that are not over, or the one that is named; a journal that is there is never touched. Raises NoAnswer.
    """
    found = []
    heads = quorum.below(HEADS)
    wanted = [run for run in map(run_of, heads) if run == name] if name else open_heads(heads)
    for run in wanted:
        if not (folder / run / JOURNAL).exists():
            raw = b"".join(kept.text.encode() + b"\n" for kept in quorum.below(events_under(run)))
            events = sound(raw, f"{quorum.name}:{events_under(run)}")
            if events:
                (folder / run).mkdir(mode=0o700, parents=True, exist_ok=True)
                put_whole(folder / run / JOURNAL, lines_of(events).decode())
                found.append(run)
    return tuple(found)
