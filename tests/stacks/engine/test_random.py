"""Random sequences of programs, with answers lost and requests refused on the way: in the end all is as declared."""

from __future__ import annotations

import random
import tempfile
from functools import partial
from pathlib import Path

import pulumi
import pulumi_openstack as openstack
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stacks.engine.provider import AnswerLost, RefusedByApi
from tests.stacks.engine.conftest import Bench
from tests.stacks.engine.fake_cloud import FakeCloud, Hook
from tests.stacks.engine.programs import provider

_NAMES = ("a", "b", "c")
_Shape = dict[str, tuple[str, str, bool]]
"""By network: its owner, the range of its subnet, and whether it has a group."""

_SHAPES = st.dictionaries(
    st.sampled_from(_NAMES),
    st.tuples(st.sampled_from(("p", "q")), st.sampled_from(("10.0.0.0/24", "10.1.0.0/24")), st.booleans()),
    max_size=3,
)


def _program(shape: _Shape) -> None:
    opts = pulumi.ResourceOptions(provider=provider())
    owners = {name: openstack.identity.Project(name, name=name, opts=opts) for name in ("p", "q")}
    for name, (owner, cidr, has_group) in shape.items():
        network = openstack.networking.Network(f"n{name}", name=f"n{name}", tenant_id=owners[owner].id, opts=opts)
        openstack.networking.Subnet(f"s{name}", name=f"s{name}", network_id=network.id, cidr=cidr, opts=opts)
        if has_group:
            openstack.networking.SecGroup(f"g{name}", description=network.id, tenant_id=owners[owner].id, opts=opts)


def _wanted(shape: _Shape) -> int:
    return 2 + sum(2 + has_group for _, _, has_group in shape.values())


def _storm(seed: int, share: float) -> Hook:
    dice = random.Random(seed)

    def hook(point: str, *_: str) -> None:
        op, when = point.split(":")
        if op in {"create", "update", "delete"} and dice.random() < share:
            if when == "before" and dice.random() < 0.5:
                raise RefusedByApi(400, "storm")
            raise AnswerLost("storm")

    return hook


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(st.lists(_SHAPES, min_size=2, max_size=4), st.integers(0, 2**16))
# a delete that is done without an answer, and refused when it is asked for again: at once, or by the next run
@example([{}, {"a": ("p", "10.0.0.0/24", False)}, {}, {"a": ("p", "10.0.0.0/24", False)}], 8935)
@example(
    [
        {"c": ("p", "10.0.0.0/24", False)},
        {"a": ("q", "10.1.0.0/24", False), "c": ("q", "10.1.0.0/24", True)},
        {"c": ("p", "10.0.0.0/24", False), "a": ("q", "10.0.0.0/24", True), "b": ("p", "10.1.0.0/24", False)},
    ],
    39322,
)
def test_any_sequence_through_a_storm_ends_as_declared(shapes: list[_Shape], seed: int) -> None:
    """Whatever was refused or got no answer before, one quiet run of the last program makes all right."""
    with tempfile.TemporaryDirectory() as folder:
        cloud = FakeCloud()
        bench = Bench(Path(folder) / "state", cloud)
        for number, shape in enumerate(shapes):
            cloud.hook = _storm(seed + number, 0.15)
            bench.update(partial(_program, shape), settle=0.0)
        cloud.hook = lambda *_: None

        outcome = bench.update(lambda: _program(shapes[-1]), settle=0.0)

        held = {r["id"] for r in bench.state().live.values() if r["type"].startswith("openstack:")}
        assert outcome.ok, outcome.failures
        assert held == set(cloud.objects)
        assert len(cloud.objects) == _wanted(shapes[-1])
        assert not bench.state().intents
        assert not bench.state().doomed
        calls = sum(cloud.calls.values())
        assert bench.update(lambda: _program(shapes[-1])).ok
        assert sum(cloud.calls.values()) == calls
