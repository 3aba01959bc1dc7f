"""What the outside clients' record says of a drill: outages, lost rows, and whether two sides ever acknowledged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from itertools import pairwise
from typing import Any

from dr_drills.clients.attempts import Attempt, Client, Kind
from dr_drills.clients.ledger import count
from dr_drills.clients.outage import Outage, Span, during, merged, outage, whole
from dr_drills.clients.record import read_record
from dr_drills.rehearsal.means import Counted

SAMPLE_MS = 100
AROUND_S = 0.5
"""Sides that acknowledge in turn within this time of a sample do so both."""


def measured(clients: Iterable[Client], counted: Counted) -> dict[str, Any]:
    """Return the data of a `measured` event; what could not be known is None."""
    attempts = read_record(counted.record)
    who = {client.name: client for client in clients}
    document: dict[str, Any] = {"outages": [], "whole": None, "early": [], "ledger": None, "rejoin_s": counted.rejoin_s}
    if counted.fault_s is not None:
        by_name = {name: [a for a in attempts if a.client == name] for name in who}
        found = {name: outage(tried, counted.fault_s, counted.hold_s) for name, tried in by_name.items()}
        document["early"] = [span._asdict() for span in _early(by_name.values(), counted.begun_s, counted.fault_s)]
        if found:
            everything = whole(list(found.values()))
            document["whole"] = everything.document()
            document["outages"] = [_row(who[name], during(one, everything)) for name, one in found.items()]
    if counted.after is not None:
        before = counted.after if counted.before is None else counted.before
        document["ledger"] = count(attempts, before, counted.after, before_s=counted.before_s).document()
    # a citizen is answered by an application, which says nothing of where its database is
    writers = {name for name, client in who.items() if client.kind is Kind.WRITER}
    document["attempts_sha256"] = sha256(counted.record.read_bytes()).hexdigest()
    document["watcher"] = dual(a for a in attempts if a.client in writers)
    return document


def _early(tried: Iterable[Sequence[Attempt]], begun_s: float | None, fault_s: float) -> tuple[Span, ...]:
    """Return the interruptions by what was to serve on: they began before anything was done that may interrupt."""
    if begun_s is None or begun_s >= fault_s:
        return ()
    return merged(span for one in tried for span in outage(one, begun_s, 0.0).spans if span.began_s < fault_s)


def _row(client: Client, one: Outage) -> dict[str, Any]:
    return {"client": client.name, "service": client.service, "kind": str(client.kind), **one.document()}


def dual(attempts: Iterable[Attempt]) -> Mapping[str, int]:
    """Return in how many samples of SAMPLE_MS writes were acknowledged at more than one place in turn.

    A single change of place is a take-over; a place that acknowledges again within AROUND_S after another one did is
    a second side.
    """
    told = sorted((a.ended_s, a.where) for a in attempts if a.acknowledged and a.where)
    changes = [later for (_, one), (later, other) in pairwise(told) if one != other]
    both = [later for earlier, later in pairwise(changes) if later - earlier <= AROUND_S]
    return {"dual_acknowledging": len(set(map(_sample, both))), "samples": len({_sample(at) for at, _ in told})}


def _sample(at_s: float) -> int:
    return round(at_s * 1000) // SAMPLE_MS
