"""Tests of stacks.engine.deletes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks.engine.deletes import DeleteOrder


def _resource(number: int, below: set[int]) -> dict[str, Any]:
    return {"urn": f"u{number}", "id": str(number), "dependencies": [f"u{other}" for other in sorted(below)]}


@st.composite
def _graphs(draw: st.DrawFn) -> list[dict[str, Any]]:
    count = draw(st.integers(0, 12))
    return [_resource(n, draw(st.sets(st.integers(0, n - 1))) if n else set()) for n in range(count)]


@pytest.mark.slow
@given(_graphs(), st.randoms())
def test_order_any_graph_dependants_go_first_and_all_go(graph: list[dict[str, Any]], random: Any) -> None:
    """Whatever ends first, nothing goes while something needs it, and in the end everything has gone, once."""
    order = DeleteOrder(graph)
    ready, gone = order.first(), []

    while ready:
        resource = ready.pop(random.randrange(len(ready)))
        gone.append(resource["urn"])
        assert all(resource["urn"] not in other["dependencies"] for other in graph if other["urn"] not in gone)
        ready += order.after(resource)

    assert sorted(gone) == sorted(resource["urn"] for resource in graph)


def test_order_replaced_object_waits_for_dependants_of_its_urn() -> None:
    """The old object of a URN goes only when those that still name the URN are gone."""
    old = {"urn": "a", "id": "old", "delete": True}
    user = {"urn": "b", "id": "1", "dependencies": ["a"]}

    assert DeleteOrder([old, user]).first() == [user]
