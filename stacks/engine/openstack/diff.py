"""What differs between two sets of checked inputs, and what that forces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stacks.engine.openstack.rows import Kind, Property
from stacks.engine.provider import BROKEN, Diff


def diff(kind: Kind, old: Mapping[str, Any], new: Mapping[str, Any], outputs: Mapping[str, Any]) -> Diff:
    """Return the changed inputs; what the API shows differently (`outputs`) from what is wanted has changed too."""
    changed = tuple(row.name for row in kind.properties if _changed(row, old, new, outputs))
    replace = tuple(name for name in changed if kind.by_name[name].force_new)
    if outputs.get(BROKEN):
        name = kind.natural_key[0]
        changed, replace = tuple(dict.fromkeys((*changed, name))), tuple(dict.fromkeys((*replace, name)))
    return Diff(changed, replace, bool(replace) and _delete_first(kind, old, new))


def _changed(row: Property, old: Mapping[str, Any], new: Mapping[str, Any], outputs: Mapping[str, Any]) -> bool:
    wanted, had, shown = (row.same(values.get(row.name)) for values in (new, old, outputs))
    if new.get(row.name) is None:
        return not row.computed and bool(wanted != had)
    if row.echo or outputs.get(row.name) is None:
        return bool(wanted != had)
    if row.agrees is None:
        return bool(wanted != shown)
    # Old inputs may be what the API shows: then they differ from what is wanted by what the API added.
    replaced = had not in (wanted, shown)
    return replaced or not row.agrees(new[row.name], outputs[row.name])


def _delete_first(kind: Kind, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Return whether the old object must go first: it holds the name, or something else the new one needs."""
    named = any(row.autoname and row.name not in new.get("__defaults", ()) for row in kind.properties)
    return named or kind.special.clashes(old, new)
