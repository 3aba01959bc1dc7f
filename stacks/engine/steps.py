"""What to do with one resource: a pure decision over its old state, its goal and the provider's difference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from stacks.engine.deployment import Resource
from stacks.engine.events import Op
from stacks.engine.paths import differs
from stacks.engine.provider import Diff


@dataclass(frozen=True)
class Question:
    """All a decision rests on: `old` is None when the stack has no such object."""

    old: Resource | None
    import_id: str
    diff: Diff
    delete_before_replace: bool | None


@dataclass(frozen=True)
class Row:
    """The first row that holds decides; `id` and `reason` name it in logs and tests."""

    id: str
    reason: str
    op: Op
    holds: Callable[[Question], bool]


@dataclass(frozen=True)
class Step:
    """What to do; `keys` are the inputs that differ, `replace_keys` those that force a new object."""

    op: Op
    rule: str
    keys: tuple[str, ...] = ()
    replace_keys: tuple[str, ...] = ()
    delete_first: bool = False


def _waits(question: Question) -> bool:
    return bool(question.old and question.old.get("pendingReplacement"))


def _other_object(question: Question) -> bool:
    return bool(question.import_id and question.old and question.old.get("id") != question.import_id)


ROWS = (
    Row(
        "import",
        "the program names an object the stack does not hold",
        Op.IMPORT,
        lambda q: bool(q.import_id and not q.old),
    ),
    Row("create", "the stack holds no such object", Op.CREATE, lambda q: q.old is None),
    Row("recreate", "its old object was deleted to make room", Op.REPLACE, _waits),
    Row("import-other", "the program names another object than the stack holds", Op.IMPORT, _other_object),
    Row("same", "no input differs", Op.SAME, lambda q: not q.diff.changed),
    Row("replace", "an input differs that cannot be changed in place", Op.REPLACE, lambda q: bool(q.diff.replace)),
    Row("update", "inputs differ that can be changed in place", Op.UPDATE, lambda _: True),
)


def decide(question: Question) -> Step:
    """Return the step of the first row that holds."""
    row = next(row for row in ROWS if row.holds(question))
    if not question.diff.changed:
        return Step(row.op, row.id)
    chosen = question.delete_before_replace
    delete_first = question.diff.delete_before_replace if chosen is None else chosen
    return Step(row.op, row.id, question.diff.changed, question.diff.replace, delete_first and row.op is Op.REPLACE)


def widen(diff: Diff, replace_on: tuple[str, ...], old: Mapping[str, Any], new: Mapping[str, Any]) -> Diff:
    """Return the difference with what the program says must force replacement."""
    changed = set(diff.changed)
    forced = {key for key in changed if "*" in replace_on}
    for path in replace_on:
        key = path.partition(".")[0].partition("[")[0]
        if key in changed and (key == path or differs(new, old, path)):
            forced.add(key)
    if not forced - set(diff.replace):
        return diff
    # Two objects of one given name may not be able to stand side by side; a generated name is a new one each time.
    named = new.get("name") is not None and "name" not in (new.get("__defaults") or ())
    return Diff(diff.changed, tuple(sorted(forced | set(diff.replace))), diff.delete_before_replace or named)
