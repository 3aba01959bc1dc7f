"""Tests of the policy's table."""

from __future__ import annotations

from functools import cache

import pytest

from stacks.stateful import STATEFUL_TYPES, StatefulType, is_stateful
from tests.stacks import small
from tests.stacks.recorder import record


@cache
def built() -> frozenset[str]:
    """Return the types of a foundation and of a department that has everything."""
    shards = {shard.stack: shard for shard in small.shards()}
    base = shards["smallcity.east.foundation"].typed
    recordings = [record(shards[stack].typed, base) for stack in ("smallcity.east.foundation", "smallcity.east.data")]
    return frozenset(entry.type for recording in recordings for entry in recording.entries)


@pytest.mark.parametrize("row", STATEFUL_TYPES, ids=[row.type for row in STATEFUL_TYPES])
def test_is_stateful_row_is_a_type_that_is_really_built(row: StatefulType) -> None:
    """A row with a misspelt type would protect nothing."""
    assert row.type in built()


@pytest.mark.parametrize("type_", ["openstack:networking/secGroupRule:SecGroupRule", "pulumi:providers:openstack", ""])
def test_is_stateful_other_type_may_go_unnamed(type_: str) -> None:
    """What a rerun brings back needs no permission."""
    assert not is_stateful(type_)
