"""What the pages need from a database, and the two ways it can fail them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from certificates.applications import Application, Receipt

Wanted = Callable[[], Awaitable[bool]]
"""Tells whether whoever asked still waits for the answer."""


async def always() -> bool:
    return True


class Unavailable(Exception):
    """Nothing was done: no primary answered in time."""


class Indeterminate(Unavailable):
    """The commit was asked for and never confirmed: it may or may not hold after a failover."""


class KeyTaken(Exception):
    """The key of this application was used before, for something else."""


@dataclass(frozen=True)
class Primary:
    """The writable database that answered: its address and the last schema step it has."""

    address: str
    step: int


class Store(Protocol):
    """Receipts that outlive the loss of a site; nothing is done for whoever has gone before their turn."""

    async def receive(self, application: Application, wanted: Wanted = always) -> Receipt:
        """Return the one receipt of `application`, committed at every copy that must have it.

        Raises: Unavailable, Indeterminate, KeyTaken.
        """

    async def find(self, number: str, wanted: Wanted = always) -> Receipt | None:
        """Return the receipt, or None. Raises: Unavailable."""

    async def count(self, wanted: Wanted = always) -> dict[str, int]:
        """Return how many applications are in each state that has any. Raises: Unavailable."""

    async def look(self) -> Primary:
        """Return the primary that takes writes now, its schema complete. Raises: Unavailable."""
