"""The Pulumi CLI's event stream as the engine's own events."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pulumi.automation.events import DiagnosticEvent, EngineEvent, OpType, StepEventMetadata

from stacks.engine.events import Change, Failed, Listener, Op, Outcome, Progress

OPS: Mapping[OpType, Op] = MappingProxyType(
    {
        OpType.SAME: Op.SAME,
        OpType.CREATE: Op.CREATE,
        OpType.UPDATE: Op.UPDATE,
        OpType.DELETE: Op.DELETE,
        OpType.REPLACE: Op.REPLACE,
        OpType.READ: Op.READ,
        OpType.IMPORT: Op.IMPORT,
    }
)
"""What counts; the parts of a replacement (create-replacement, delete-replaced) do not count beside it."""


class Told:
    """Turns the CLI's events into an outcome as they come; a preview ends with what is about to happen."""

    def __init__(self, listen: Listener, *, preview: bool = False) -> None:
        self.outcome = Outcome()
        self.errors: list[str] = []
        self._listen, self._preview = listen, preview

    def hear(self, event: EngineEvent) -> None:
        if event.resource_pre_event:
            self._begun(event.resource_pre_event.metadata)
        elif event.res_outputs_event:
            self._ended(event.res_outputs_event.metadata)
        elif event.res_op_failed_event:
            self._failed(event.res_op_failed_event.metadata)
        elif event.diagnostic_event:
            self._said(event.diagnostic_event)

    def _begun(self, step: StepEventMetadata) -> None:
        change = _change(step)
        if change and self._preview:
            self.outcome.changes.append(change)
        elif change:
            self._listen(Progress("start", change))

    def _ended(self, step: StepEventMetadata) -> None:
        change = _change(step)
        if change and not self._preview:
            self.outcome.changes.append(change)
            self._listen(Progress("done", change))

    def _failed(self, step: StepEventMetadata) -> None:
        change = _change(step) or Change(Op.UPDATE, step.urn, step.type)
        error = "; ".join(self.errors) or "the pulumi CLI gave no reason"
        self.outcome.failures.append(Failed(change.urn, change.op, error))
        self._listen(Progress("failed", change, error=error))

    def _said(self, said: DiagnosticEvent) -> None:
        if said.severity == "error" and said.message.strip():
            self.errors.append(" ".join(said.message.split()))


def _change(step: StepEventMetadata) -> Change | None:
    op = OPS.get(step.op)
    held = step.new or step.old
    return Change(op, step.urn, step.type, held.id if held else "", tuple(step.diffs or ())) if op else None
