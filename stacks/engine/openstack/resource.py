"""Create, read, update, delete and find, for any row of the type tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from stacks.engine.openstack.answers import NotReached
from stacks.engine.openstack.api import Api
from stacks.engine.openstack.clocks import outside
from stacks.engine.openstack.rows import Change, Inputs, Kind, Property, Raw
from stacks.engine.provider import BROKEN, AnswerLost, Found, Properties, RefusedByApi, Window

CONFLICT_SECONDS = 60.0
"""How long a delete is repeated while something that uses the object is still going away."""

_UNDO_SECONDS = 60.0


def create(kind: Kind, api: Api, inputs: Inputs) -> Found:
    """Create and wait until usable; when a later step is refused, what was made is removed again."""
    special = kind.special
    raw = special.create(api, inputs) if special.create else _post(kind, api, inputs)
    if special.finish:
        try:
            raw = special.finish(api, raw, inputs)
        except RefusedByApi as refused:
            raise _undone(kind, api, special.identify(raw), inputs, refused) from refused
    return found(kind, api, raw, inputs)


def read(kind: Kind, api: Api, id_: str, inputs: Inputs) -> Properties | None:
    """Return outputs, None when the object is gone."""
    raw = _get(kind, api, id_, inputs)
    return None if raw is None else outputs(kind, api, raw, inputs)


def update(kind: Kind, api: Api, id_: str, old: Inputs, new: Inputs, changed: Sequence[str]) -> Properties:
    """Change in place; return outputs."""
    names = frozenset(changed)
    change = Change(id_, old, new, names, body(kind, new, names))
    raw = kind.special.update(api, change) if kind.special.update else put(kind, api, change)
    return outputs(kind, api, raw, new)


def delete(kind: Kind, api: Api, id_: str, inputs: Inputs) -> None:
    """Delete and wait until gone; what is gone already is a success."""
    if kind.special.delete:
        kind.special.delete(api, id_, inputs)
        return
    path = one(kind, id_)
    there = api.insist(lambda: api.delete(kind.service, path, kind.version), CONFLICT_SECONDS)
    if there and kind.special.gone:
        kind.special.gone(api, id_)


def find(kind: Kind, api: Api, inputs: Inputs, known: frozenset[str], window: Window | None = None) -> list[Found]:
    """Return what `inputs` would have made, without the ids in `known`; what was made outside the window is marked."""
    special = kind.special
    seen = special.find(api, inputs) if special.find else _search(kind, api, inputs)
    mine = [raw for raw in seen if special.identify(raw) not in known]
    return [_recovered(kind, api, raw, inputs, window) for raw in mine]


def _recovered(kind: Kind, api: Api, raw: Raw, inputs: Inputs, window: Window | None) -> Found:
    made = kind.made(raw, inputs)
    if window and outside(window, made, api.clock_ahead(kind.service)):
        return Found(kind.special.identify(raw), {}, stranger=made)
    settled = kind.special.settle(api, raw, inputs) if kind.special.settle else raw
    reason = kind.special.broken(settled, inputs)
    shown = outputs(kind, api, settled, inputs)
    return Found(kind.special.identify(settled), {**shown, BROKEN: reason} if reason else shown)


def found(kind: Kind, api: Api, raw: Raw, inputs: Inputs) -> Found:
    return Found(kind.special.identify(raw), outputs(kind, api, raw, inputs))


def outputs(kind: Kind, api: Api, raw: Raw, inputs: Inputs) -> Properties:
    """Return the outputs as the bridged provider writes them."""
    shown = {row.name: row.output(raw, inputs) for row in kind.properties}
    shown["id"] = kind.special.identify(raw)
    shown["region"] = inputs.get("region") or api.region
    if kind.special.outputs:
        shown |= kind.special.outputs(raw, inputs)
    if kind.meta:
        shown["__meta"] = kind.meta
    return shown


def body(kind: Kind, inputs: Inputs, names: Iterable[str]) -> Raw:
    """Return what the API is sent for these inputs; one that is no longer given is set to its empty value."""
    rows = [kind.by_name[name] for name in sorted(names)]
    return {row.key: row.encode(inputs.get(row.name)) for row in rows if row.key}


def put(kind: Kind, api: Api, change: Change) -> Raw:
    """Send the changed properties; read when none of them is part of the body."""
    path = one(kind, change.id)
    if not change.body:
        return dict(api.get(kind.service, path, version=kind.version)[kind.key])
    answer = api.send(kind.update_method, kind.service, path, {kind.key: change.body}, version=kind.version)
    return dict(answer[kind.key])


def one(kind: Kind, id_: str) -> str:
    """Return the path of one object."""
    return f"{kind.path}/{quote(id_, safe='')}"


def _post(kind: Kind, api: Api, inputs: Inputs) -> Raw:
    sent = body(kind, inputs, [row.name for row in kind.properties if inputs.get(row.name) is not None])
    sent |= inputs.get("valueSpecs") or {}
    if kind.special.body:
        sent = kind.special.body(api, inputs, sent)
    return dict(api.send("POST", kind.service, kind.path, {kind.key: sent}, version=kind.version)[kind.key])


def _get(kind: Kind, api: Api, id_: str, inputs: Inputs) -> Raw | None:
    if kind.special.read:
        return kind.special.read(api, id_, inputs)
    answer = api.get_or_none(kind.service, one(kind, id_), version=kind.version)
    return None if answer is None else dict(answer[kind.key])


def _search(kind: Kind, api: Api, inputs: Inputs) -> list[Raw]:
    """Return the objects of the collection that have every value of the natural key, and lack what it lacks."""
    wanted = {
        name: inputs.get(name) or (kind.own[name](api) if name in kind.own else None) for name in kind.natural_key
    }
    rows = [kind.by_name[name] for name in kind.natural_key]
    query = {row.key: wanted[row.name] for row in rows if isinstance(wanted[row.name], str) and row.key}
    listed = api.get(kind.service, kind.path, query, version=kind.version)[kind.plural]
    return [raw for raw in listed if all(_matches(row, raw, inputs, wanted[row.name]) for row in rows)]


def _matches(row: Property, raw: Raw, inputs: Inputs, wanted: Any) -> bool:
    return bool(row.same(row.output(raw, inputs)) == row.same(wanted))


def _undone(kind: Kind, api: Api, id_: str, inputs: Inputs, refused: RefusedByApi) -> RefusedByApi | AnswerLost:
    """Remove what a refused create had made already, and return what to raise."""
    if isinstance(refused, NotReached):
        return AnswerLost(f"{refused}; {kind.type} {id_} had been made by then")
    try:
        delete(kind, api.within(_UNDO_SECONDS), id_, inputs)
    except (RefusedByApi, AnswerLost) as left:
        return AnswerLost(f"{refused}; {kind.type} {id_} was made and could not be removed: {left}")
    return RefusedByApi(refused.status, f"{refused}; what was made of it has been removed")
