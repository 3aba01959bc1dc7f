"""What Ansible tells is understood, crosses the pipe unchanged, and is bounded."""

from __future__ import annotations

import pytest

from playbooks.events import HIDDEN, HostTask, Outcome, PlayBegan, RunEnded, TaskBegan, line, of_runner, parse


def told(event: str, **data: object) -> dict[str, object]:
    """Return an event as ansible-runner gives it."""
    return {"event": event, "event_data": {"host": "db-1", "task": "Install", **data}}


@pytest.mark.parametrize(
    "event", [PlayBegan("Base"), TaskBegan("设置"), HostTask("a", "t", Outcome.CHANGED), RunEnded("failed", 2, "x\ny")]
)
def test_event_sent_as_a_line_comes_back_the_same(event: PlayBegan | TaskBegan | HostTask | RunEnded) -> None:
    """One line of text for each, whatever is in it."""
    assert line(event).count("\n") == 1
    assert parse(line(event)) == event


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"kind": "Other"}', '{"kind": "PlayBegan"}', "not json"])
def test_parse_of_any_other_text_is_refused(text: str) -> None:
    """A line that is no event is an error, never half an event."""
    with pytest.raises(ValueError, match=r"not an event|Expecting"):
        parse(text)


@pytest.mark.parametrize(
    ("kind", "data", "outcome"),
    [
        ("runner_on_ok", {"res": {"changed": False}}, Outcome.OK),
        ("runner_on_ok", {"res": {"changed": True}}, Outcome.CHANGED),
        ("runner_on_failed", {"res": {"msg": "no"}}, Outcome.FAILED),
        ("runner_on_failed", {"res": {"msg": "no"}, "ignore_errors": True}, Outcome.IGNORED),
        ("runner_on_unreachable", {"res": {"msg": "no"}}, Outcome.UNREACHABLE),
        ("runner_on_skipped", {}, Outcome.SKIPPED),
    ],
)
def test_of_runner_judges_how_a_task_ended(kind: str, data: dict[str, object], outcome: Outcome) -> None:
    """Each of ansible-runner's kinds has one outcome."""
    found = of_runner(told(kind, **data))

    assert isinstance(found, HostTask)
    assert found.outcome is outcome


def test_of_runner_for_what_adds_nothing_is_none() -> None:
    """Retries, items and statistics are left out."""
    assert of_runner(told("runner_item_on_ok")) is None
    assert of_runner({"event": "verbose", "stdout": "x"}) is None


def test_reason_of_a_hidden_task_says_only_that() -> None:
    """Where the role hides a result there is nothing to tell."""
    found = of_runner(told("runner_on_failed", res={"censored": "the output has been hidden"}))

    assert isinstance(found, HostTask)
    assert found.reason == HIDDEN


@pytest.mark.parametrize(("word", "outcome"), [("changed", Outcome.CHANGED), ("ok", Outcome.OK)])
def test_of_runner_for_a_hidden_task_counts_its_change(word: str, outcome: Outcome) -> None:
    """What a role hides is its result, not that it did something."""
    hidden = {"censored": "the output has been hidden"}
    found = of_runner({**told("runner_on_ok", res=hidden), "stdout": f"\x1b[0;33m{word}: [db-1]\x1b[0m"})

    assert isinstance(found, HostTask)
    assert found.outcome is outcome


def test_of_runner_for_a_task_that_is_shown_asks_its_result_alone() -> None:
    """What it prints may have any words."""
    found = of_runner({**told("runner_on_ok", res={"changed": False}), "stdout": "ok: [db-1] => it said changed: [x]"})

    assert isinstance(found, HostTask)
    assert found.outcome is Outcome.OK


def test_reason_of_a_loop_names_the_items_that_failed() -> None:
    """Message, stderr, and each failed item's own."""
    items = [{"failed": True, "msg": "no room"}, {"msg": "fine"}, {"failed": True, "stderr": "too old"}]
    found = of_runner(told("runner_on_failed", res={"msg": "One or more items failed", "results": items}))

    assert isinstance(found, HostTask)
    assert found.reason == "One or more items failed; no room; too old"


def test_reason_of_great_length_is_cut() -> None:
    """A megabyte of stderr does not cross the pipe."""
    found = of_runner(told("runner_on_failed", res={"msg": "x" * 10**6}))

    assert isinstance(found, HostTask)
    assert len(found.reason) == 2000
