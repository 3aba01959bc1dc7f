"""Tests of stacks.engine.goals."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime.proto import callback_pb2, resource_pb2

from stacks.engine.goals import read_goal, seconds
from stacks.engine.provider import Unsupported


@pytest.mark.parametrize(
    ("text", "expected"), [("90s", 90), ("3m", 180), ("1h30m", 5400), ("1.5h", 5400), ("500ms", 0.5), ("1m0.5s", 60.5)]
)
def test_seconds_go_duration_is_read(text: str, expected: float) -> None:
    """Durations are those of Go, as Pulumi documents them."""
    assert seconds(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "5", "5 minutes", "m5", "-3s"])
def test_seconds_other_text_is_refused(text: str) -> None:
    """What is not a duration is named, not taken for zero."""
    with pytest.raises(Unsupported, match="duration"):
        seconds(text)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"remote": True}, "components"),
        ({"transforms": [callback_pb2.Callback(token="x")]}, "transforms"),
        ({"packageRef": "r"}, "parameterized"),
        ({"replace_with": ["u"]}, "replace_with"),
    ],
)
def test_read_goal_unsupported_option_is_named(fields: dict[str, Any], named: str) -> None:
    """An option the engine cannot honour is refused by its name."""
    request = resource_pb2.RegisterResourceRequest(type="t", name="n", **fields)

    with pytest.raises(Unsupported, match=named):
        read_goal(request, "urn")


def test_resource_leaves_out_what_is_empty() -> None:
    """A plain resource has no options in state, as Pulumi writes it."""
    request = resource_pb2.RegisterResourceRequest(type="t", name="n", custom=True)

    assert read_goal(request, "urn").resource({}) == {"urn": "urn", "custom": True, "type": "t"}
