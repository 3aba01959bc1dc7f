"""What a deployment asks of an engine, and which engine a stack gets."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Protocol

from failures import GateRefused, OutsideFailed, Text
from stacks.engine.events import Listener, Outcome, silent
from stacks.rollout.records import Record
from stacks.shards import Shard

EMBEDDED, PULUMI, AUTO = "embedded", "pulumi", "auto"


@dataclass(frozen=True)
class Run:
    """How to run; `allow` are the URNs that may be replaced or deleted although they hold data."""

    allow: frozenset[str] = frozenset()
    refresh: bool = False
    listen: Listener = silent
    stop: Event = field(default_factory=Event)


class Engine(Protocol):
    """Runs shards. Every method may be called from several threads, for different stacks.

    Methods raise SiteUnreachable when the site does not answer, GateRefused when something that holds data would be
    lost unnamed, InputInvalid when the state cannot be read. What failed resource by resource is in the outcome.
    """

    name: str

    def preview(self, shard: Shard, run: Run) -> Outcome:
        """Return what `build` would do; changes nothing."""

    def build(self, shard: Shard, run: Run) -> Outcome:
        """Make the stack what its shard says."""

    def resources(self, stack: str) -> list[Mapping[str, Any]]:
        """Return the resources of a stack as in a Pulumi deployment, secrets sealed; empty when there is none."""

    def destroy(self, stack: str, run: Run) -> Outcome:
        """Delete everything in the stack, then its state."""


def engine_name(record: Record | None, asked: str) -> str:
    """Return the engine of a stack: the one asked for, else the one it was first built with, else embedded."""
    if asked != AUTO:
        return asked
    return record.engine if record else EMBEDDED


def refuse_other(record: Record | None, name: str) -> None:
    """Raise GateRefused when a stack was built by another engine: this one would build everything a second time."""
    if record is None or record.engine == name:
        return
    file = f"{record.stack}.json"
    move = f"govcloud state export {record.stack} > {file}; govcloud state import {record.stack} {file} --engine {name}"
    raise GateRefused(
        Text(f"this stack was built by the {record.engine} engine", f"该栈由 {record.engine} 引擎建立"),
        where=record.stack,
        fix=Text(f"move its state first: {move}", f"请先迁移状态：{move}"),
    )


def require_pulumi() -> str:
    """Return the path of the pulumi CLI; OutsideFailed when it is not installed."""
    path = shutil.which("pulumi")
    if path is None:
        raise OutsideFailed(
            Text("the pulumi CLI is not on PATH", "PATH 中没有 pulumi 命令"),
            where="--engine pulumi",
            fix=Text(
                "install pulumi and its openstack plug-in, or move the stacks to the embedded engine by state import",
                "请安装 pulumi 及其 openstack 插件，或通过 state export/import 改用 --engine embedded",
            ),
        )
    return path
