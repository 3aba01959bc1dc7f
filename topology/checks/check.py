"""What a row of the check table is: an id, a reason, and a pure function of the cloud."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from failures import Text
from topology.model import Cloud
from topology.rules import Path, Rule


class Flaw(NamedTuple):
    """One violation: the path it stands at, what is wrong, what to do."""

    path: Path
    message: Text
    fix: Text


@dataclass(frozen=True)
class Check:
    """`run` yields every violation of the rule in a cloud; it does no I/O and raises nothing.

    A check that `needs_all` could blame what is absent on a part that was only dropped for its own errors.
    """

    rule: Rule
    run: Callable[[Cloud], Iterator[Flaw]]
    needs_all: bool = False
