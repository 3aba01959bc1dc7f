"""The states kept here: list them, check them, move them in and out of Pulumi's format."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from failures import AnswerNo, GateRefused, GovcloudError, InputInvalid, Text, WrongUsage
from stacks.engine.deployment import dependencies
from stacks.engine.secrets import Secrets
from stacks.engine.state import StackState
from stacks.rollout.engines import EMBEDDED, PULUMI
from stacks.rollout.home import Home, clouds_at, home_of, root_folder
from stacks.rollout.locks import hold
from stacks.rollout.plan import is_object
from stacks.rollout.records import Record, Records, Result
from stacks.rollout.sealing import open_secrets
from stacks.rollout.stack_index import kind_of, known_stacks, site_of, stacks_with_state
from stacks.rollout.terminal import Terminal
from topology.load import load_cloud

_NAME = re.compile(r"[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*){2,3}")
_CLOSED = Secrets("")


@dataclass(frozen=True)
class StackRow:
    """One stack; `resources` counts objects at the site, None when its state is not kept here or cannot be read."""

    stack: str
    engine: str
    result: str
    at: str
    resources: int | None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class StatesReport:
    """Rows of stacks; a row with problems makes the answer no."""

    rows: tuple[StackRow, ...]
    messages: tuple[GovcloudError, ...] = ()

    @property
    def exit_code(self) -> int:
        return AnswerNo.exit_code if any(row.problems for row in self.rows) else 0

    def document(self) -> dict[str, Any]:
        stacks = [
            {
                "stack": row.stack,
                "engine": row.engine,
                "result": row.result,
                "at": row.at or None,
                "resources": row.resources,
                "problems": list(row.problems),
            }
            for row in self.rows
        ]
        return {"ok": self.exit_code == 0, "exit_code": self.exit_code, "stacks": stacks}


def listing(source: Path | None) -> StatesReport:
    """Return the stacks of a topology's cloud, or of every cloud that has state here."""
    return StatesReport(tuple(_row(home, record) for home in _homes(source) for record in _records(home)))


def verify(source: Path | None) -> StatesReport:
    """Return the stacks with what is wrong: unreadable, unfinished, dangling, or sealed by another passphrase."""
    return StatesReport(tuple(_verified(home, record) for home in _homes(source) for record in _records(home)))


def export_text(stack: str) -> str:
    """Return one stack as a Pulumi deployment of version 3, secrets sealed, as JSON text."""
    home = _home_of_stack(stack)
    record = known_stacks(home).get(stack)
    if record is None:
        fix = Text("see: govcloud state list", "参见：govcloud state list")
        raise InputInvalid(Text("there is no such stack", "没有这个栈"), where=stack, fix=fix)
    if record.engine == PULUMI:
        from stacks.rollout.automation import pulumi_engine  # noqa: PLC0415 - the Pulumi SDK, only for its own stacks

        return json.dumps(pulumi_engine(home).export(stack), ensure_ascii=False, indent=2)
    return json.dumps(_open(home, stack).deployment(), ensure_ascii=False, indent=2)


def import_file(stack: str, file: Path, terminal: Terminal, *, yes: bool, engine: str = EMBEDDED) -> StatesReport:
    """Give one stack the deployment in `file` (`-` is stdin) as its state under an engine; the next deploy looks at it.

    Raises:
        InputInvalid: it is no deployment of this stack, or the passphrase does not open its secrets. Nothing changed.
        GateRefused: another command is at work, or nobody confirmed to replace a state that is there.
    """
    home = _home_of_stack(stack)
    where = "stdin" if str(file) == "-" else str(file)
    data = _deployment(sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8"), stack, where)
    home.make()
    with hold(home.lock, "govcloud state import"):
        _confirm(home, stack, terminal, yes=yes)
        if engine == PULUMI:
            _give_pulumi(home, stack, data)
        else:
            state = StackState.open(home.states, stack, open_secrets(home, os.environ, terminal.note))
            state.import_deployment(data, where)
            state.close()
            _leave_pulumi(home, stack)
        record = Record(stack, site_of(stack), kind_of(stack), "", "", engine, Result.ACTING, "")
        Records(home.records).begin(record)
    return StatesReport((_row(home, known_stacks(home)[stack]),))


def _confirm(home: Home, stack: str, terminal: Terminal, *, yes: bool) -> None:
    if yes or stack not in known_stacks(home):
        return
    question = Text(f"{stack} has a state: replace it? Type yes:", f"{stack} 已有状态，是否替换？请输入 yes：")
    if not terminal.confirm(question, "yes"):
        raise GateRefused(Text("not confirmed; nothing was changed", "未确认；未做任何更改"))


def _give_pulumi(home: Home, stack: str, data: Any) -> None:
    """Hand the state over to the CLI; ours goes, so that no stack has two."""
    from stacks.rollout.automation import pulumi_engine  # noqa: PLC0415 - the Pulumi SDK, only for its own stacks
    from stacks.rollout.embedded import remove_state  # noqa: PLC0415 - as above

    pulumi_engine(home).take(stack, data)
    remove_state(home.states, stack)


def _leave_pulumi(home: Home, stack: str) -> None:
    record = known_stacks(home)[stack]
    if record.engine == PULUMI:
        from stacks.rollout.automation import pulumi_engine  # noqa: PLC0415 - the Pulumi SDK, only for its own stacks

        pulumi_engine(home).forget(stack)


def _deployment(text: str, stack: str, where: str) -> Any:
    try:
        data = json.loads(text)
    except ValueError as error:
        raise InputInvalid(Text(f"not JSON: {error}", f"不是 JSON：{error}"), where=where) from error
    resources = (data.get("deployment") or {}).get("resources") or () if isinstance(data, dict) else ()
    for resource in resources:
        urn = str(resource.get("urn", "")) if isinstance(resource, dict) else ""
        if not urn.startswith(f"urn:pulumi:{stack}::"):
            other = urn.removeprefix("urn:pulumi:").partition("::")[0]
            what = Text(
                f"this is a deployment of stack '{other}', not of {stack}", f"这是栈“{other}”的部署，不是 {stack}"
            )
            raise InputInvalid(what, where=where)
    return data


def _homes(source: Path | None) -> tuple[Home, ...]:
    root = root_folder(os.environ)
    names = clouds_at(root) if source is None else (load_cloud(source).name,)
    return tuple(Home(root, name) for name in names)


def _home_of_stack(stack: str) -> Home:
    if not _NAME.fullmatch(stack):
        what = Text(f"'{stack}' is not the name of a stack", f"“{stack}”不是栈名")
        raise WrongUsage(what, fix=Text("<cloud>.<site>.<shard>, see: govcloud state list", "<云>.<数据中心>.<分片>"))
    return home_of(stack.partition(".")[0], os.environ)


def _records(home: Home) -> list[Record]:
    return sorted(known_stacks(home).values(), key=lambda record: record.stack)


def _open(home: Home, stack: str) -> StackState:
    return StackState.open(home.states, stack, _CLOSED)


def _row(home: Home, record: Record, problems: Iterable[str] = ()) -> StackRow:
    try:
        count = _count(_open(home, record.stack)) if record.stack in stacks_with_state(home) else None
    except GovcloudError:
        count = None
    return StackRow(record.stack, record.engine, str(record.result), record.at, count, tuple(problems))


def _count(state: StackState) -> int:
    return sum(1 for r in (*state.live.values(), *state.doomed.values()) if r.get("id") and is_object(r["type"]))


def _verified(home: Home, record: Record) -> StackRow:
    if record.engine == PULUMI:
        return _row(home, record)
    try:
        state = StackState.open(home.states, record.stack, _secrets(home))
    except GovcloudError as error:
        return _row(home, record, [error.say("en")])
    return _row(home, record, [problem for check in _CHECKS for problem in check(state)])


def _secrets(home: Home) -> Secrets:
    def quiet(_: Text) -> None:
        """Say nothing: a check makes no key."""

    return open_secrets(home, os.environ, quiet) if (home.folder / "salt").exists() else _CLOSED


def _open_intents(state: StackState) -> Iterable[str]:
    for intent in state.intents.values():
        yield f"{intent.op} {intent.resource['urn']} was begun and not ended: deploy again"


def _dangling(state: StackState) -> Iterable[str]:
    for resource in (*state.live.values(), *state.doomed.values()):
        for urn in sorted(set(dependencies(resource)) - state.live.keys()):
            yield f"{resource['urn']} names {urn}, which is not in the stack"


def _waiting(state: StackState) -> Iterable[str]:
    for urn, _ in state.doomed:
        yield f"{urn} was replaced and its old object not deleted: deploy again"


def _sealed(state: StackState) -> Iterable[str]:
    try:
        for resource in state.live.values():
            state.secrets.open(resource)
    except GovcloudError as error:
        yield error.say("en")


_CHECKS: tuple[Callable[[StackState], Iterable[str]], ...] = (_open_intents, _dangling, _waiting, _sealed)
