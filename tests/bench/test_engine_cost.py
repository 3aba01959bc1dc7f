"""Client CPU of the embedded engine, as a ratio to what the Pulumi SDK alone costs for the same program."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import resource_pb2

from stacks.engine.host import RunRequest
from stacks.engine.monitor import Monitor
from stacks.engine.record import RunRecord
from stacks.engine.sdk import run_program
from tests.stacks.engine.conftest import Bench, bench, cloud
from tests.stacks.engine.programs import tenants

__all__ = ["bench", "cloud"]

pytestmark = [pytest.mark.slow, pytest.mark.bench]

_TENANTS = tuple(f"t{number}" for number in range(120))
_RESOURCES = 5 * len(_TENANTS)
_MOST = 4
"""The engine adds decisions, state and a journal to what the SDK does; seen 0.9 (preview) to 2.3 (create, with fsync)."""


class _Inserts:
    """The cheapest engine there can be: one insert into a dict per resource, the inputs sent back as outputs."""

    def __init__(self) -> None:
        self.made: dict[str, Any] = {}

    def GetDeploymentInfo(self, _: empty_pb2.Empty) -> resource_pb2.DeploymentInfo:  # noqa: N802  the protocol's name
        return resource_pb2.DeploymentInfo(supportedFeatures=[resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS])

    def RegisterResource(  # noqa: N802  the protocol's name
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        urn = f"urn:pulumi:floor::floor::{request.type}::{request.name}"
        self.made[urn] = request
        return resource_pb2.RegisterResourceResponse(urn=urn, id="1" if request.custom else "", object=request.object)

    def RegisterResourceOutputs(self, _: object) -> empty_pb2.Empty:  # noqa: N802  the protocol's name
        return empty_pb2.Empty()

    SignalAndWaitForShutdown = RegisterResourceOutputs


def _floor(inserts: _Inserts, bench: Bench) -> None:
    request = RunRequest(project="floor", connect=bench.connect, mode="update", parallel=4)
    run_program(partial(tenants, *_TENANTS), RunRecord(bench.state(), request), cast("Monitor", inserts))


def _cpu(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def test_cost_of_600_resources_is_near_that_of_the_sdk(bench: Bench, capsys: Any) -> None:
    """Building, and finding nothing to change, cost little more than the SDK's own work."""
    program, inserts = partial(tenants, *_TENANTS), _Inserts()
    _floor(_Inserts(), bench)
    floor = _cpu(lambda: _floor(inserts, bench))
    preview = _cpu(lambda: bench.preview(program))
    create = _cpu(lambda: bench.update(program))
    same = _cpu(lambda: bench.update(program))
    with capsys.disabled():
        print(
            f"\n{_RESOURCES} resources, client CPU ms each: floor {floor / _RESOURCES * 1e3:.2f},"
            f" preview {preview / _RESOURCES * 1e3:.2f}, create {create / _RESOURCES * 1e3:.2f},"
            f" no change {same / _RESOURCES * 1e3:.2f}; ratio {preview / floor:.2f} {create / floor:.2f} {same / floor:.2f}"
        )

    assert len(inserts.made) >= _RESOURCES
    assert len(bench.cloud.objects) == _RESOURCES
    assert max(preview, create, same) / floor < _MOST
