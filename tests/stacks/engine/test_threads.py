"""Many stacks at once in the threads of one process."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pulumi
import pytest

from tests.stacks.engine.conftest import Bench
from tests.stacks.engine.fake_cloud import PROJECT, SUBNET, FakeCloud
from tests.stacks.engine.programs import tenants


@pytest.mark.slow
def test_twenty_stacks_in_eight_threads_do_not_mix(bench: Bench, cloud: FakeCloud) -> None:
    """Each stack sees its own config, project and stack name, makes its own objects and keeps its own state."""

    def build(number: int) -> tuple[bool, object]:
        stack, seen = f"city.lab.s{number}", []

        def program() -> None:
            seen.append((pulumi.get_stack(), pulumi.get_project(), pulumi.Config("govcloud").require("n")))
            tenants(f"t{number}", f"u{number}")

        cloud.delay = 0.002
        config = {"govcloud:n": str(number)}
        outcome = bench.run("update", program, stack=stack, project=f"p{number}", config=config)
        return outcome.ok, seen == [(stack, f"p{number}", str(number))]

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(build, range(20)))

    assert results == [(True, True)] * 20
    assert len(cloud.names(PROJECT)) == len(set(cloud.names(PROJECT))) == 40
    assert len(cloud.names(SUBNET)) == 40
    for number in range(20):
        held = bench.state(stack=f"city.lab.s{number}").live
        assert sorted(r["inputs"]["name"] for r in held.values() if r["type"] == PROJECT) == [
            f"t{number}-prj",
            f"u{number}-prj",
        ]


@pytest.mark.slow
def test_one_stack_that_fails_does_not_disturb_the_others(bench: Bench, cloud: FakeCloud) -> None:
    """A program that raises in one thread leaves the runs of the other threads whole."""

    def build(number: int) -> list[str]:
        def program() -> None:
            tenants(f"t{number}")
            if number % 3 == 0:
                raise RuntimeError("boom")

        outcome = bench.run("update", program, stack=f"city.lab.s{number}")
        return [failed.error.partition(" (")[0] for failed in outcome.failures]

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(build, range(9)))

    assert results == [[] if number % 3 else ["the program failed: RuntimeError: boom"] for number in range(9)]
    assert all(bench.run("update", partial(tenants, f"t{n}"), stack=f"city.lab.s{n}").ok for n in range(9))
    assert len(cloud.names(PROJECT)) == 9
