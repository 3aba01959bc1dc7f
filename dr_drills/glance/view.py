"""What a subject of the glance is: rows of facts, and rules that judge them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeVar

from dr_drills.probes.budget import Unknown
from dr_drills.verdicts import Verdict
from failures import Text

Told = TypeVar("Told")


class View(Protocol):
    """One thing at a glance; `name` is the service, cluster or line."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def may_lose(self) -> int | None:
        """Return how many of it may still be lost; None when that is not known or no question."""

    @property
    def versions(self) -> tuple[str, ...]: ...

    def summary(self) -> Text:
        """Return one line for people."""

    def document(self) -> dict[str, Any]:
        """Return the facts as JSON values."""


class Remark(NamedTuple):
    """What a rule finds that does not pass: `where` is a host or site, empty for the whole."""

    verdict: Verdict
    where: str
    message: Text


@dataclass(frozen=True)
class GlanceRule:
    """`judge` yields what does not pass; nothing means pass. It is pure."""

    id: str
    reason: Text
    judge: Callable[[Any], Iterator[Remark]]


def failed(where: str, en: str, zh: str) -> Remark:
    return Remark(Verdict.FAIL, where, Text(en, zh))


def unknown(where: str, reason: Text) -> Remark:
    return Remark(Verdict.UNKNOWN, where, reason)


def silence(where: str, told: Unknown) -> Remark:
    """A host that says nobody listens there is known to be wrong; one that says nothing is not."""
    return Remark(Verdict.FAIL if told.shut else Verdict.UNKNOWN, where, told.reason)


def known(told: Told | Unknown) -> Told | None:
    """Return what was told, None for what is unknown."""
    return None if isinstance(told, Unknown) else told
