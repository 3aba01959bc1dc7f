"""The CLI's events as ours."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.automation.events import EngineEvent

from stacks.engine.events import Change, Failed, Op, Progress
from stacks.rollout.cli_events import Told

URN = "urn:pulumi:c.e.a::govcloud::openstack:networking/network:Network::n"
TYPE = "openstack:networking/network:Network"


def event(kind: str, op: str = "create", **more: Any) -> EngineEvent:
    """Return an event as the CLI writes it to its log."""
    metadata = {"op": op, "urn": URN, "type": TYPE, "provider": "p", **more}
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, kind: {"metadata": metadata, "status": 1, "steps": 1}})


def diagnostic(message: str, severity: str) -> EngineEvent:
    told = {"message": message, "color": "never", "severity": severity}
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, "diagnosticEvent": told})


def test_events_of_an_update_are_counted_when_they_end() -> None:
    """Begun is progress, ended is a change."""
    heard: list[Progress] = []
    told = Told(heard.append)
    told.hear(event("resourcePreEvent", "update", diffs=["tags"]))
    assert told.outcome.changes == []
    told.hear(event("resOutputsEvent", "update", diffs=["tags"]))
    assert told.outcome.changes == [Change(Op.UPDATE, URN, TYPE, "", ("tags",))]
    assert [progress.phase for progress in heard] == ["start", "done"]


def test_events_of_a_preview_are_counted_when_they_begin() -> None:
    """Nothing ends in a preview, and nothing is progress."""
    heard: list[Progress] = []
    told = Told(heard.append, preview=True)
    told.hear(event("resourcePreEvent"))
    told.hear(event("resOutputsEvent"))
    assert told.outcome.changes == [Change(Op.CREATE, URN, TYPE)]
    assert heard == []


@pytest.mark.parametrize("op", ["create-replacement", "delete-replaced", "refresh", "discard"])
def test_events_of_parts_of_a_replacement_do_not_count(op: str) -> None:
    """A replacement is one change."""
    told = Told(lambda _: None)
    told.hear(event("resOutputsEvent", op))
    assert told.outcome.changes == []
    told.hear(event("resOutputsEvent", "replace"))
    assert [change.op for change in told.outcome.changes] == [Op.REPLACE]


def test_events_of_a_failure_carry_the_reason() -> None:
    """What the CLI said as an error is why."""
    told = Told(lambda _: None)
    told.hear(diagnostic("fine so far", "info"))
    told.hear(diagnostic("HTTP 409:\n  in use", "error"))
    told.hear(event("resOpFailedEvent", "delete"))
    assert told.outcome.failures == [Failed(URN, Op.DELETE, "HTTP 409: in use")]
