"""What a run of Ansible tells, as typed events: read from ansible-runner's, sent as lines, read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

LONGEST_REASON = 2000
HIDDEN = "the task handles a secret: its result is hidden"


class Outcome(StrEnum):
    OK = "ok"
    CHANGED = "changed"
    FAILED = "failed"
    IGNORED = "ignored"
    """failed, and the role goes on"""
    UNREACHABLE = "unreachable"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class PlayBegan:
    name: str


@dataclass(frozen=True)
class TaskBegan:
    task: str


@dataclass(frozen=True)
class HostTask:
    """How a task ended on a host; `reason` says why it failed, at most 2,000 characters."""

    host: str
    task: str
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True)
class RunEnded:
    """`status` is ansible-runner's; `text` is what Ansible printed beside plays and tasks, its end."""

    status: str
    code: int
    text: str = ""


Event = PlayBegan | TaskBegan | HostTask | RunEnded
_KINDS: dict[str, type[Event]] = {kind.__name__: kind for kind in (PlayBegan, TaskBegan, HostTask, RunEnded)}
_OUTCOMES = {
    "runner_on_ok": Outcome.OK,
    "runner_on_failed": Outcome.FAILED,
    "runner_on_unreachable": Outcome.UNREACHABLE,
    "runner_on_skipped": Outcome.SKIPPED,
}


def of_runner(told: Mapping[str, Any]) -> Event | None:
    """Return what an event of ansible-runner means here, None for those that add nothing."""
    kind, data = told.get("event"), told.get("event_data") or {}
    if kind == "playbook_on_play_start":
        return PlayBegan(str(data.get("name") or data.get("play") or ""))
    if kind in {"playbook_on_task_start", "playbook_on_handler_task_start"}:
        return TaskBegan(str(data.get("task") or ""))
    if kind in _OUTCOMES:
        return HostTask(str(data["host"]), str(data.get("task") or ""), *_judged(_OUTCOMES[kind], told))
    return None


class Ear:
    """Understands the events of one run: whether a hidden loop changed something is told by its items alone."""

    def __init__(self) -> None:
        self._changed: set[tuple[str, str]] = set()

    def hear(self, told: Mapping[str, Any]) -> Event | None:
        """Return what an event means, None for those that add nothing by themselves."""
        data = told.get("event_data") or {}
        of = str(data.get("host")), str(data.get("task_uuid"))
        if told.get("event") == "runner_item_on_ok" and _shows_change(told):
            self._changed.add(of)
        found = of_runner(told)
        if isinstance(found, HostTask) and found.outcome is Outcome.OK and of in self._changed:
            return replace(found, outcome=Outcome.CHANGED)
        return found


def line(event: Event) -> str:
    """Return an event as one line of JSON."""
    return json.dumps({"kind": type(event).__name__, **asdict(event)}, ensure_ascii=True) + "\n"


def parse(text: str) -> Event:
    """Return the event of a line; ValueError for any other text."""
    try:
        data = json.loads(text)
        kind = _KINDS[data.pop("kind")]
        if kind is HostTask:
            data["outcome"] = Outcome(data["outcome"])
        return kind(**data)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not an event: {text[:80]!r}") from error


def _judged(outcome: Outcome, told: Mapping[str, Any]) -> tuple[Outcome, str]:
    data = told.get("event_data") or {}
    result = data.get("res") or {}
    if outcome is Outcome.OK:
        return (Outcome.CHANGED if result.get("changed") or _shows_change(told) else Outcome.OK), ""
    if outcome is Outcome.SKIPPED:
        return outcome, ""
    judged = Outcome.IGNORED if outcome is Outcome.FAILED and data.get("ignore_errors") else outcome
    return judged, _reason(result)


def _shows_change(told: Mapping[str, Any]) -> bool:
    """Tell whether a hidden task changed something: ansible-runner tells no more of it than the line Ansible shows."""
    hidden = "censored" in ((told.get("event_data") or {}).get("res") or {})
    return hidden and "changed: [" in str(told.get("stdout") or "")


def _reason(result: Mapping[str, Any]) -> str:
    """Return why a task failed: its message, what it wrote to stderr, those of the items of a loop that failed."""
    if "censored" in result:
        return HIDDEN
    said = _text(result.get("stderr")) or _text(result.get("module_stderr")) or _text(result.get("stdout"))
    parts = [_text(result.get("msg")), said]
    items = (item for item in result.get("results") or () if isinstance(item, Mapping))
    parts += [_reason(item) for item in items if item.get("failed")]
    return "; ".join(part for part in parts if part)[:LONGEST_REASON]


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(str(item) for item in value)
    return "" if value is None else str(value).strip()
