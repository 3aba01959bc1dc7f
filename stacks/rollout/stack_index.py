"""Every stack that this machine knows of, by its record or by its state alone."""

from __future__ import annotations

from collections.abc import Iterator

from stacks.engine.journal import STATE_SUFFIXES
from stacks.names import FOUNDATION
from stacks.rollout.engines import EMBEDDED
from stacks.rollout.home import Home
from stacks.rollout.records import Record, Records, Result


def known_stacks(home: Home) -> dict[str, Record]:
    """Return the records by stack; a state without a record counts as unfinished, so that it is looked at."""
    bare = {stack: _bare(stack) for stack in stacks_with_state(home)}
    return {**bare, **Records(home.records).read()}


def stacks_with_state(home: Home) -> tuple[str, ...]:
    """Return the names of the stacks whose state is kept here by the embedded engine."""
    return tuple(sorted(set(_names(home))))


def _names(home: Home) -> Iterator[str]:
    for path in home.states.iterdir() if home.states.is_dir() else ():
        if path.suffix in STATE_SUFFIXES:
            yield path.name.removesuffix(path.suffix)


def site_of(stack: str) -> str:
    """Return the site in `<cloud>.<site>.<shard>`."""
    return stack.split(".", 2)[1] if stack.count(".") >= 2 else ""


def kind_of(stack: str) -> str:
    return "foundation" if stack.split(".", 2)[2:] == [FOUNDATION] else "department"


def _bare(stack: str) -> Record:
    return Record(stack, site_of(stack), kind_of(stack), "", "", EMBEDDED, Result.ACTING, "")
