"""What the engine says while it works, and what it found when it ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal


class Op(StrEnum):
    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    READ = "read"
    IMPORT = "import"
    ADOPT = "adopt"
    """recovery found the object of an interrupted create"""
    FORGET = "forget"
    """refresh found the object gone"""


@dataclass(frozen=True)
class Change:
    """One resource operation; `keys` are the input keys that differ, `replace_keys` those that force replacement."""

    op: Op
    urn: str
    type: str
    id: str = ""
    keys: tuple[str, ...] = ()
    replace_keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Progress:
    """`seconds` is the length of an operation that ended."""

    phase: Literal["start", "done", "failed"]
    change: Change
    seconds: float = 0.0
    error: str = ""


@dataclass(frozen=True)
class Failed:
    """A resource that failed; `unknown` when its outcome could not be learned."""

    urn: str
    op: Op
    error: str
    unknown: bool = False


@dataclass
class Outcome:
    """The end of one run over one stack; `ok` only if nothing failed and it was not interrupted."""

    changes: list[Change] = field(default_factory=list)
    failures: list[Failed] = field(default_factory=list)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    interrupted: bool = False
    api_calls: int = 0

    @property
    def ok(self) -> bool:
        return not self.failures and not self.interrupted


Listener = Callable[[Progress], None]


def silent(_: Progress) -> None:
    """Listen to nothing."""
