"""What the user asked of a plan or a deployment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RunOptions:
    """`sites` empty means all; `allowed` are the URNs and stack names whose loss the user has named."""

    sites: tuple[str, ...] = ()
    engine: str = "auto"
    refresh: bool = False
    replace: frozenset[str] = frozenset()
    delete: frozenset[str] = frozenset()
    parallel: int = 4
    yes: bool = False
    until: str = "build"
