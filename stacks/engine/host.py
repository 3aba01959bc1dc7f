"""Runs a program, or none, over one stack: the way into the embedded engine."""

from __future__ import annotations

import traceback
from collections.abc import Callable

from failures import GovcloudError, OutsideFailed
from stacks.engine.builder import Builder, Preview
from stacks.engine.deletes import Deletes
from stacks.engine.deployment import now
from stacks.engine.events import Change, Op, Outcome
from stacks.engine.monitor import Monitor, Reported
from stacks.engine.providers import Providers
from stacks.engine.record import LOG, RunRecord
from stacks.engine.recovery import Recovery
from stacks.engine.refresh import Refresh
from stacks.engine.request import RunRequest
from stacks.engine.sdk import run_program
from stacks.engine.state import StackState
from stacks.engine.urns import STACK_TYPE, make
from stacks.engine.values import without_unknown

__all__ = ["RunRequest", "run"]

Program = Callable[[], None]
_CLI_WORDS = "The Pulumi CLI does not support "


def run(state: StackState, program: Program | None, request: RunRequest) -> Outcome:
    """Preview, update, destroy or refresh one stack and return what happened; failures are in the outcome.

    Raises InputInvalid, before anything is touched, when the passphrase does not open the state.
    What the engine does not support shows in a preview; run one before an update.
    """
    if _holds_secrets(state):
        state.secrets.prove()
    try:
        return _Run(state, request).do(program)
    finally:
        state.close()


def _holds_secrets(state: StackState) -> bool:
    held = (*state.live.values(), *state.doomed.values(), *(intent.resource for intent in state.intents.values()))
    return any(_sealed(resource) for resource in held)


def _sealed(value: object) -> bool:
    if isinstance(value, dict):
        return "ciphertext" in value or any(_sealed(item) for item in value.values())
    return isinstance(value, list) and any(_sealed(item) for item in value)


class _Run:
    def __init__(self, state: StackState, request: RunRequest) -> None:
        self._record = RunRecord(state, request)
        self._providers = Providers(self._record, self._recover)
        self._deletes = Deletes(self._record, self._providers)
        self._recovery = Recovery(self._record, self._providers, self._deletes)

    def _recover(self, provider_urn: str) -> None:
        self._recovery.of_provider(provider_urn)

    def do(self, program: Program | None) -> Outcome:
        outcome, mode = self._record.outcome, self._record.request.mode
        try:
            if mode in {"preview", "update"}:
                self._program(program)
            else:
                self._recovery.of_the_rest()
                if outcome.ok and mode == "destroy":
                    self._deletes.destroy()
                elif outcome.ok:
                    Refresh(self._record, self._providers).run()
        finally:
            if mode != "preview":
                self._keep()
        return outcome

    def _program(self, program: Program | None) -> None:
        if program is None:
            raise ValueError("a preview or an update needs a program")
        hands = Preview(self._record) if self._record.preview else Builder(self._record, self._recovery, self._deletes)
        try:
            run_program(program, self._record, Monitor(self._record, self._providers, hands))
        except Exception as err:  # noqa: BLE001  the program is the user's: whatever it raises is its failure
            self._blame(err)
            return
        self._outputs()
        if not self._record.preview and self._record.outcome.ok:
            self._recovery.of_the_rest()
        if self._record.outcome.ok and not self._record.stopped:
            self._deletes.sweep()

    def _blame(self, err: BaseException) -> None:
        record = self._record
        if _was_reported(err):
            return
        LOG.debug("the program failed", exc_info=err)
        name = f"{record.request.project}-{record.state.name}"
        urn = make(record.state.name, record.request.project, "", STACK_TYPE, name)
        record.fail(Change(Op.UPDATE, urn, STACK_TYPE), _said(err))

    def _outputs(self) -> None:
        record = self._record
        held = next((resource for resource in record.seen.values() if resource["type"] == STACK_TYPE), None)
        if held is None or record.root_outputs is None:
            return
        before = held.get("outputs") or {}
        outputs = record.root_outputs if record.preview else without_unknown(record.root_outputs, before)
        if not record.preview and not record.outcome.ok:
            outputs = {**before, **outputs}
        record.outcome.outputs = outputs
        if not record.preview and outputs != before:
            record.state.put({**held, "outputs": outputs, "modified": now()}, sync=False)

    def _keep(self) -> None:
        try:
            self._record.state.compact()
        except OutsideFailed as err:
            urn = make(self._record.state.name, self._record.request.project, "", STACK_TYPE, "state")
            self._record.fail(Change(Op.UPDATE, urn, STACK_TYPE), err.say("en"))


def _was_reported(err: BaseException | None) -> bool:
    while err is not None:
        if isinstance(err, Reported):
            return True
        err = err.__cause__ or err.__context__
    return False


def _said(err: BaseException) -> str:
    if isinstance(err, GovcloudError):
        return err.say("en")
    text = str(err)
    if _CLI_WORDS in text:
        feature = text.partition(_CLI_WORDS)[2].partition(".")[0]
        return f"the embedded engine does not support {feature}; use --engine pulumi"
    frames = [frame for frame in traceback.extract_tb(err.__traceback__) if "/site-packages/" not in frame.filename]
    where = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    return f"the program failed: {type(err).__name__}: {text}{where}"
