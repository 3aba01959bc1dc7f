"""The embedded engine over one cloud: opens states, gives programs their inputs, answers stack references."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from stacks import names
from stacks.access import read_access
from stacks.engine.events import Outcome
from stacks.engine.host import Program
from stacks.engine.host import run as run_program
from stacks.engine.journal import state_files, sync_folder
from stacks.engine.provider import Connect
from stacks.engine.request import Mode, RunRequest
from stacks.engine.secrets import Secrets
from stacks.engine.state import StackState
from stacks.inputs import FoundationInputs
from stacks.program import build_shard, import_resources
from stacks.rollout.engines import EMBEDDED, Run
from stacks.shards import Shard
from stacks.stateful import is_stateful

ROOT = Path(__file__).resolve().parents[2]


class Embedded:
    """Implements stacks.rollout.engines.Engine; `topology_dir` is where image files are looked up."""

    name = EMBEDDED

    def __init__(self, states: Path, secrets: Secrets, connect: Connect, topology_dir: Path, parallel: int) -> None:
        self._states, self._secrets, self._connect = states, secrets, connect
        self._topology_dir, self._parallel = topology_dir, parallel
        self._access = cache(read_access)
        self._foreseen: dict[str, Mapping[str, Any]] = {}
        self._computing = Lock()
        import_resources()

    def preview(self, shard: Shard, run: Run) -> Outcome:
        # A foundation looks up roles at its site. The others only compute, and side by side they would take the
        # interpreter from each other: 135 stacks took 11 s of CPU instead of 8.
        asks = run.refresh or isinstance(shard.typed, FoundationInputs)
        with contextlib.nullcontext() if asks else self._computing:
            outcome = self._run(shard.stack, self._program(shard), "preview", run)
        self._foreseen[shard.stack] = outcome.outputs
        return outcome

    def build(self, shard: Shard, run: Run) -> Outcome:
        return self._run(shard.stack, self._program(shard), "update", run)

    def resources(self, stack: str) -> list[Mapping[str, Any]]:
        state = self._open(stack)
        return [*state.live.values(), *state.doomed.values()]

    def destroy(self, stack: str, run: Run) -> Outcome:
        outcome = self._run(stack, None, "destroy", run)
        if outcome.ok:
            remove_state(self._states, stack)
        return outcome

    def _run(self, stack: str, program: Program | None, mode: Mode, run: Run) -> Outcome:
        request = RunRequest(
            project=names.PROJECT,
            connect=self._connect,
            mode=mode,
            parallel=1 if mode == "preview" and not run.refresh else self._parallel,
            refresh=run.refresh,
            allow=run.allow,
            stateful=_nothing if mode in {"preview", "destroy"} else is_stateful,
            listen=run.listen,
            cancel=run.stop,
            references=self._outputs_to_be if mode == "preview" else self._outputs,
            root_directory=str(ROOT),
        )
        return run_program(self._open(stack), program, request)

    def _program(self, shard: Shard) -> Program:
        def program() -> None:
            foundation = isinstance(shard.typed, FoundationInputs)
            build_shard(shard.typed, self._topology_dir, None if foundation else self._access(shard.typed.openstack))

        return program

    def _open(self, stack: str) -> StackState:
        return StackState.open(self._states, stack, self._secrets)

    def _outputs(self, reference: str) -> Mapping[str, Any] | None:
        """Return the outputs of the stack that a program names `organization/<project>/<stack>`."""
        state = self._open(_stack_of(reference))
        return state.outputs() if state.live else None

    def _outputs_to_be(self, reference: str) -> Mapping[str, Any] | None:
        """Return the outputs that a stack will have once what was previewed is done, as far as they are known."""
        return self._foreseen.get(_stack_of(reference)) or self._outputs(reference)


def _stack_of(reference: str) -> str:
    return reference.rpartition("/")[2]


def _nothing(_: str) -> bool:
    return False


def remove_state(states: Path, stack: str) -> None:
    """Remove what is kept of a stack that has nothing left."""
    for path in state_files(states, stack):
        path.unlink(missing_ok=True)
    sync_folder(states)
