"""Departments that come and go, and changes made by hand, at real sites."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab import census, town
from tests.lab.conftest import TestCity
from tests.lab.fault_proxy import Call
from tests.lab.twin import Twin, raised
from tests.lab.yard import LAB

pytestmark = [*LAB, pytest.mark.timeout(600)]

GATEWAY = "?/ network:router_gateway"
"""Neutron keeps a router's port at the edge in no project."""
OLD = ("o-archive", "o-bridges")


@pytest.fixture(scope="module")
def twin(testcity: TestCity, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    """Two sites with two departments, one with servers, volumes and floating addresses."""
    with raised(testcity, tmp_path_factory.mktemp("departments"), "movetown", "127.0.77.3") as twin:
        twin.add(o_archive=town.department("pair", "high"), o_bridges=town.department("idle"))
        twin.deploy()
        yield twin


def _owned(twin: Twin, departments: tuple[str, ...]) -> set[str]:
    """Return the ids of departments' projects, networks, routers, groups and servers at the near site."""
    connection = twin.near_connection
    projects = {project.id for project in connection.identity.projects() if project.name in departments}
    things = [
        *connection.network.networks(),
        *connection.network.subnets(),
        *connection.network.routers(),
        *connection.network.security_groups(),
        *connection.compute.servers(all_projects=True),
    ]
    return projects | {thing.id for thing in things if thing.project_id in projects}


def _about(calls: list[Call], ids: set[str]) -> list[str]:
    """Return the calls that mention one of the ids, or were made in a project that is one of them."""
    return [
        f"{call.method} {call.path} {call.body[:200]}"
        for call in calls
        if call.project in ids or any(id_ in call.path or id_ in call.body for id_ in ids)
    ]


def _new_names(before: census.Census, after: census.Census) -> list[str]:
    return [name for names in census.minus(after, before).values() for name in names]


def test_added_department_is_built_and_no_other_shard_makes_a_call(twin: Twin) -> None:
    """Only the new department's stacks run; the site's API sees nothing of the others."""
    others = _owned(twin, OLD)
    before, _ = twin.census()
    twin.proxy.forget()
    twin.add(a_new=town.department("idle"))

    ended = twin.deploy()

    assert {row["stack"] for row in ended.document["stacks"]} == {
        f"{twin.name}.{site}.a-new" for site in (twin.near, twin.far)
    }
    assert sum(call.changes for call in twin.proxy.calls) > 10
    assert _about(twin.proxy.calls, others) == []
    after, _ = twin.census()
    assert census.minus(after, before)["projects"] == ["a-new"]
    assert [name for name in _new_names(before, after) if "a-new" not in name and GATEWAY not in name] == []
    assert not any(census.minus(before, after).values())
    counted = ended.document["sites"][twin.near]["api_calls"]
    print(f"add a department: {counted} calls counted, {len(twin.proxy.calls)} seen, none of another department's")


def test_refresh_asks_for_the_others_too(twin: Twin) -> None:
    """Negative control: with --refresh the calls of the other departments are seen."""
    others = _owned(twin, OLD)
    twin.proxy.forget()

    ended = twin.deploy("--refresh")

    assert len(_about(twin.proxy.calls, others)) > 10
    assert not [call for call in twin.proxy.calls if call.changes]
    assert ended.document["errors"] == []


def test_removed_department_stays_until_named_and_then_goes_with_its_default_group(twin: Twin) -> None:
    """Exit 4 tells the words to add; with them everything of the department is gone, and nothing else."""
    before, _ = twin.census()
    twin.add(r_gone=town.department("plain"))
    twin.deploy()
    twin.change(("departments/r-gone", None))

    refused = twin.deploy(expect=4)
    kept, _ = twin.census()
    named = [word for site in (twin.near, twin.far) for word in ("--delete", f"{twin.name}.{site}.r-gone")]
    assert all(word in refused.document["error"]["fix"] for word in named), refused.text
    assert "r-gone" in kept["projects"]
    assert "r-gone/default" in kept["security groups"]

    twin.deploy(*named)

    after, _ = twin.census()
    assert census.differences(before, after) == []
    assert after["orphans"] == []


def test_nothing_changed_makes_no_call_at_all(twin: Twin) -> None:
    """A second deployment asks no site."""
    twin.proxy.forget()

    ended = twin.deploy()

    assert ended.document["stacks"] == []
    assert twin.proxy.calls == []
    print(f"nothing to change: {ended.seconds:.2f} s, {ended.cpu:.2f} s of CPU")


def test_changes_by_hand_are_named_by_drift_and_mended_by_refresh(twin: Twin) -> None:
    """A renamed subnet, a rule too many, a quota and a lost rule: found, named, put right."""
    before, _ = twin.census()
    connection = twin.near_connection
    project = next(p for p in connection.identity.projects() if p.name == "o-archive")
    subnet = next(iter(connection.network.subnets(project_id=project.id)))
    group = next(iter(connection.network.security_groups(project_id=project.id, name="o-archive-desk")))
    rule = next(r for r in connection.network.security_group_rules(security_group_id=group.id) if r.port_range_min)
    assert twin.govcloud.run("drift", twin.path, "--json").document["ok"]
    connection.network.update_subnet(subnet, name="renamed-by-hand")
    connection.compute.update_quota_set(project, cores=7)
    connection.network.delete_security_group_rule(rule)

    found = twin.govcloud.run("drift", twin.path, expect=1)

    for word in ("o-archive", "quota", "cores", "Subnet", "SecGroupRule"):
        assert word in found.out + found.err, found.text
    assert twin.near in found.out
    changed, _ = twin.census()
    assert len(census.differences(before, changed)) == 5, census.differences(before, changed)
    twin.deploy("--refresh")
    after, _ = twin.census()
    assert census.differences(before, after) == []
    twin.govcloud.run("drift", twin.path)
