"""The Pulumi CLI as engine: the same programs through the Automation API, state in files below the cloud's home."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from pulumi import automation
from pulumi.automation import errors

from failures import GateRefused, OutsideFailed, Text
from stacks import names
from stacks.access import read_access
from stacks.engine.events import Failed, Op, Outcome
from stacks.engine.values import wrap
from stacks.inputs import FoundationInputs
from stacks.program import build_shard, import_resources
from stacks.rollout.cli_events import Told
from stacks.rollout.engines import PULUMI, Run, require_pulumi
from stacks.rollout.home import Home, passphrase
from stacks.shards import Shard
from stacks.stateful import is_stateful

Program = Callable[[], None]


class Automation:
    """Implements stacks.rollout.engines.Engine through the `pulumi` on PATH."""

    name = PULUMI

    def __init__(self, home: Home, environ: Mapping[str, str], topology_dir: Path, parallel: int) -> None:
        self._home, self._environ = home, environ
        self._topology_dir, self._parallel = topology_dir, parallel
        self._access = cache(read_access)
        import_resources()

    def preview(self, shard: Shard, run: Run) -> Outcome:
        told = Told(run.listen, preview=True)
        with _understood(shard.stack, told):
            self._stack(shard.stack, self._program(shard)).preview(
                parallel=self._parallel, refresh=run.refresh, on_event=told.hear, color="never"
            )
        return told.outcome

    def build(self, shard: Shard, run: Run) -> Outcome:
        self._guard(shard, run)
        told = Told(run.listen)
        with _understood(shard.stack, told):
            done = self._stack(shard.stack, self._program(shard)).up(
                parallel=self._parallel, refresh=run.refresh, on_event=told.hear, color="never"
            )
            told.outcome.outputs = {k: wrap(o.value) if o.secret else o.value for k, o in done.outputs.items()}
        return told.outcome

    def resources(self, stack: str) -> list[Mapping[str, Any]]:
        deployment = self._stack(stack, _nothing).export_stack().deployment or {}
        return list(deployment.get("resources") or [])

    def outputs(self, stack: str) -> dict[str, Any]:
        """Return the outputs of a stack, secrets opened and still marked."""
        found = self._stack(stack, _nothing).outputs()
        return {name: wrap(output.value) if output.secret else output.value for name, output in found.items()}

    def destroy(self, stack: str, run: Run) -> Outcome:
        told, held = Told(run.listen), self._stack(stack, _nothing)
        with _understood(stack, told):
            held.destroy(parallel=self._parallel, on_event=told.hear, color="never")
            held.workspace.remove_stack(stack)
        return told.outcome

    def export(self, stack: str) -> dict[str, Any]:
        """Return the stack as a Pulumi deployment, secrets sealed."""
        found = self._stack(stack, _nothing).export_stack()
        return {"version": found.version, "deployment": found.deployment}

    def take(self, stack: str, deployment: Mapping[str, Any]) -> None:
        """Put a Pulumi deployment in the place of the stack's state."""
        held = self._stack(stack, _nothing)
        with _understood(stack):
            held.import_stack(automation.Deployment(version=3, deployment=dict(deployment["deployment"])))

    def forget(self, stack: str) -> None:
        """Remove the state of a stack that another engine has taken over; its objects stay."""
        with _understood(stack):
            self._stack(stack, _nothing).workspace.remove_stack(stack, force=True)

    def _guard(self, shard: Shard, run: Run) -> None:
        """The CLI has no such gate of its own: look first, and refuse what would be lost unnamed."""
        planned = self.preview(shard, Run(refresh=run.refresh, stop=run.stop))
        lost = [c for c in planned.changes if c.op in {Op.DELETE, Op.REPLACE} and is_stateful(c.type)]
        unnamed = [change for change in lost if change.urn not in run.allow]
        if unnamed:
            options = "\n     ".join(f"--{change.op} '{change.urn}'" for change in unnamed)
            what = Text("it would destroy things that hold data and were not named", "将销毁未点名的有状态资源")
            raise GateRefused(what, where=shard.stack, fix=Text(f"add:\n     {options}", f"请加上：\n     {options}"))

    def _program(self, shard: Shard) -> Program:
        def program() -> None:
            foundation = isinstance(shard.typed, FoundationInputs)
            build_shard(shard.typed, self._topology_dir, None if foundation else self._access(shard.typed.openstack))

        return program

    def _stack(self, stack: str, program: Program) -> automation.Stack:
        folder = self._home.folder / "pulumi"
        (folder / stack).mkdir(mode=0o700, parents=True, exist_ok=True)
        settings = automation.ProjectSettings(
            name=names.PROJECT, runtime="python", backend=automation.ProjectBackend(f"file://{folder}")
        )
        options = automation.LocalWorkspaceOptions(
            work_dir=str(folder / stack), project_settings=settings, env_vars=self._variables()
        )
        with _understood(stack):
            return automation.create_or_select_stack(stack, names.PROJECT, program, opts=options)

    def _variables(self) -> dict[str, str]:
        """Return what the CLI's processes get beside our environment; the passphrase never enters a command line."""
        return {
            "PULUMI_CONFIG_PASSPHRASE": passphrase(self._home, self._environ).text,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }


def pulumi_engine(home: Home, topology_dir: Path = Path(), parallel: int = 4) -> Automation:
    """Return the engine; OutsideFailed when the CLI is not there."""
    require_pulumi()
    return Automation(home, os.environ, topology_dir, parallel)


def _nothing() -> None:
    """Stand in where the CLI wants a program and runs none."""


@contextmanager
def _understood(stack: str, told: Told | None = None) -> Iterator[None]:
    """Put a failure of the CLI among the outcome's, as the stack's own if no resource failed; without one, raise it."""
    try:
        yield
    except errors.ConcurrentUpdateError as error:
        what = Text("another pulumi is at work on this stack", "另一个 pulumi 正在操作该栈")
        raise GateRefused(what, where=stack) from error
    except errors.InvalidVersionError as error:
        raise OutsideFailed(Text(f"pulumi is of the wrong version: {error}", f"pulumi 版本不符：{error}")) from error
    except errors.CommandError as error:
        reason = "; ".join(told.errors if told else ()) or str(error).strip().splitlines()[-1]
        if told is None:
            raise OutsideFailed(Text(f"pulumi failed: {reason}", f"pulumi 失败：{reason}"), where=stack) from error
        if not told.outcome.failures:
            told.outcome.failures.append(Failed(stack, Op.UPDATE, reason))
