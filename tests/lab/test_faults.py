"""A site that fails in the middle of a deployment: one clear message, the other site done, nothing lost or doubled."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.lab import census, town
from tests.lab.command import Started
from tests.lab.conftest import TestCity
from tests.lab.fault_proxy import Fault
from tests.lab.twin import Twin, raised
from tests.lab.yard import LAB

pytestmark = [*LAB, pytest.mark.timeout(600)]

DOWN = 10**6
"""Calls that a site which is down spoils: all."""


@pytest.fixture(scope="module")
def twin(testcity: TestCity, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    """Two sites with one small department."""
    with raised(testcity, tmp_path_factory.mktemp("faults"), "faulttown", "127.0.77.1") as twin:
        twin.add(f_base=town.department("idle"))
        twin.deploy()
        yield twin


def _network_of(name: str) -> str:
    return rf'/v2\.0/networks .*"name":"{name}-'


def _errors(document: dict[str, Any]) -> dict[str, str]:
    """Return where -> what of the failures of a run; a place that is told of twice fails the test."""
    found = {error["where"]: error["what"] for error in document["errors"]}
    assert len(found) == len(document["errors"]), document["errors"]
    return found


def _wait(run: Started, until: Callable[[], bool]) -> None:
    """Wait until something is so while the command runs."""
    while not until():
        assert run.process.poll() is None, run.ended().text
        time.sleep(0.01)


def test_faults_that_can_be_mended_are_mended_in_the_same_run(twin: Twin) -> None:
    """Answers lost after the effect are looked up, 429 waits as told, 401 logs in again, a slow answer is waited for."""
    names = ("f-lost", "f-reset", "f-server", "f-busy", "f-token", "f-slow")
    templates = {"f-server": "plain"}
    twin.add(**{name: town.department(templates.get(name, "idle")) for name in names})
    faults = [
        Fault("after", "POST", _network_of("f-lost")),
        Fault("reset-after", "POST", _network_of("f-reset")),
        Fault("reset-after", "POST", r'/servers .*"f-server-'),
        Fault("before", "POST", _network_of("f-busy"), status=429, headers={"Retry-After": "2"}, times=2),
        Fault("before", "POST", _network_of("f-token"), status=401),
        Fault("slow", "POST", _network_of("f-slow"), seconds=2),
        Fault("after", "POST", r'/v3/projects .*"name":"f-lost"'),
    ]

    with twin.proxy.spoiled(*faults):
        ended = twin.deploy()

    assert [fault.hits for fault in faults] == [fault.times for fault in faults]
    assert ended.document["errors"] == []
    twin.assert_equal_sites()
    assert twin.deploy().document["stacks"] == []


def test_faults_whose_outcome_cannot_be_known_end_with_6_and_the_rerun_completes(twin: Twin) -> None:
    """An error answer and a lost connection that had no effect look as if they might have had one."""
    names = ("u-error", "u-reset", "u-fine")
    twin.add(**{name: town.department("idle") for name in names})
    faults = [
        Fault("before", "POST", _network_of("u-error"), status=500),
        Fault("reset-before", "POST", _network_of("u-reset")),
    ]

    with twin.proxy.spoiled(*faults):
        ended = twin.deploy(expect=6)

    errors = _errors(ended.document)
    assert set(errors) == {f"{twin.name}.{twin.near}.{name}" for name in names[:2]}
    assert "HTTP 500: spoiled by the test" in errors[f"{twin.name}.{twin.near}.u-error"]
    assert "connection was lost" in errors[f"{twin.name}.{twin.near}.u-reset"]
    assert twin.far_is_done(ended)
    twin.deploy()
    twin.assert_equal_sites()


def test_refusals_end_with_5_name_the_reason_and_the_rerun_completes(twin: Twin) -> None:
    """A quota too small, a name that someone else has taken, and a plain refusal, each in one department."""
    small = {**town.QUOTA, "networks": 1, "security_group_rules": 2}
    twin.add(
        r_quota=town.department("idle", quota=small), r_taken=town.department("idle"), r_plain=town.department("idle")
    )
    taken = twin.near_connection.identity.create_project(name="r-taken", domain_id="default", description="by hand")
    fault = Fault("before", "POST", _network_of("r-plain"), status=400)

    try:
        with twin.proxy.spoiled(fault):
            ended = twin.deploy(expect=5)
        kept = twin.near_connection.identity.get_project(taken.id)
    finally:
        twin.near_connection.identity.delete_project(taken)

    near = f"{twin.name}.{twin.near}"
    errors = _errors(ended.document)
    assert set(errors) == {f"{near}.r-taken", f"{near}.r-plain", f"{near}.r-quota", f"{twin.name}.{twin.far}.r-quota"}
    assert taken.id in errors[f"{near}.r-taken"]
    assert "import" in errors[f"{near}.r-taken"]
    assert "HTTP 400: spoiled by the test" in errors[f"{near}.r-plain"]
    assert "uota" in errors[f"{near}.r-quota"]
    assert (kept.description, kept.tags) == ("by hand", [])
    twin.change(("departments/r-quota/quota/security_group_rules", 200))
    twin.deploy()
    twin.assert_equal_sites()


def test_site_down_before_the_run_is_told_once_and_the_other_site_is_done(twin: Twin) -> None:
    """Nothing is tried at a site whose Keystone does not answer."""
    twin.add(d_before=town.department("idle"))
    down = Fault("reset-before", "*", ".*", times=DOWN)

    with twin.proxy.spoiled(down):
        twin.proxy.forget()
        ended = twin.deploy(expect=5)

    assert list(_errors(ended.document)) == [twin.near]
    assert not [call for call in twin.proxy.calls if call.changes]
    assert twin.far_is_done(ended)
    twin.deploy()
    twin.assert_equal_sites()


def test_site_down_in_the_middle_is_told_and_the_other_site_is_done(twin: Twin) -> None:
    """A site that goes down in the run ends it there; it is not tried department by department."""
    names = [f"m-{number}" for number in range(5)]
    twin.add(**{name: town.department("idle") for name in names})
    trigger = 6
    down = Fault("reset-before", "*", ".*", first=10**6, times=DOWN)

    with twin.proxy.spoiled(down):
        run = twin.start()
        twin.proxy.forget()
        _wait(run, lambda: sum(call.changes for call in twin.proxy.calls) >= trigger)
        down.first = 0
        ended = run.ended()

    assert ended.code in {5, 6}, ended.text
    assert len(ended.document["errors"]) <= len(names), ended.text
    assert twin.far_is_done(ended)
    twin.deploy()
    twin.assert_equal_sites()


def test_record_of_calls_without_faults_is_not_empty(twin: Twin) -> None:
    """Negative control: the proxy sees the calls of a deployment, so that seeing none means something."""
    twin.add(c_control=town.department("idle"))
    twin.proxy.forget()

    twin.deploy()

    assert sum(call.changes for call in twin.proxy.calls) > 10


def test_comparison_of_sites_with_one_group_too_many_sees_it(twin: Twin) -> None:
    """Negative control: a group made by hand at one site is named by the comparison of both."""
    group = twin.near_connection.identity.create_group(name="by-hand", domain_id="default")
    try:
        near, far = twin.census()
    finally:
        twin.near_connection.identity.delete_group(group)

    assert census.differences(far, near) == ["groups + by-hand"]
