"""What every command begins with that plans or changes what a cloud has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

from failures import Text
from stacks.rollout.former import set_aside
from stacks.rollout.locks import hold
from stacks.rollout.stop import stoppable
from stacks.rollout.workspace import Workspace


@contextmanager
def at_work(workspace: Workspace, command: str, note: Callable[[Text], None]) -> Iterator[Event]:
    """Keep others from a cloud while `command` works on what its clouds have; yields what Ctrl-C sets."""
    workspace.home.make()
    with hold(workspace.home.lock, command), stoppable(note) as stop:
        set_aside(workspace, note)
        yield stop
