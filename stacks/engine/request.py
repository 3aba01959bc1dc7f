"""What the caller of the engine asks for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from stacks.engine.events import Listener, silent
from stacks.engine.provider import Connect

Mode = Literal["preview", "update", "destroy", "refresh"]
References = Callable[[str], Mapping[str, Any] | None]
"""Outputs of another stack, secrets marked; None when there is no such stack."""


def _nothing_stateful(_: str) -> bool:
    return False


def _no_references(_: str) -> None:
    return None


def _ten_minutes(_: str, __: str) -> float:
    return 600.0


@dataclass(frozen=True)
class RunRequest:
    """One run over one stack.

    `config` has Pulumi's keys, namespace included; `secret_config_keys` are those whose values are secret.
    `stateful` tells which types may only be replaced or deleted when their URN is in `allow`.
    `budgets` gives seconds by type and operation (create, read, update, delete, find, invoke).
    `parallel` counts operations at a time; `settle` is how many seconds an interrupted create may take to show.
    """

    project: str
    connect: Connect
    mode: Mode
    config: Mapping[str, str] = field(default_factory=dict)
    secret_config_keys: frozenset[str] = frozenset()
    parallel: int = 8
    refresh: bool = False
    allow: frozenset[str] = frozenset()
    stateful: Callable[[str], bool] = _nothing_stateful
    listen: Listener = silent
    cancel: threading.Event = field(default_factory=threading.Event)
    references: References = _no_references
    budgets: Callable[[str, str], float] = _ten_minutes
    root_directory: str = "."
    organization: str = "organization"
    settle: float = 4.0
