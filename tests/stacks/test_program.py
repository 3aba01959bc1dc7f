"""Tests of the Pulumi program: what each shard registers, compared as plain data."""

from __future__ import annotations

import json
import os
from collections import Counter
from functools import cache
from ipaddress import IPv4Address, IPv4Network
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from failures import InputInvalid
from stacks.program import read_inputs
from stacks.shards import Shard, count_resources
from tests.stacks import small
from tests.stacks.recorder import Recording, record

GOLDEN = Path(__file__).parent.parent / "golden" / "stacks"
RENEW = "GOVCLOUD_RENEW_GOLDEN"
SECRET = "<secret>"
CONTENT = small.contents(small.cloud())["debian-12"]


@cache
def shards() -> dict[str, Shard]:
    return {shard.stack: shard for shard in small.shards()}


@cache
def recorded(stack: str) -> Recording:
    shard = shards()[stack]
    foundation = shards()[f"smallcity.{shard.site}.foundation"].typed
    return record(shard.typed, foundation)


def rows(recording: Recording) -> list[dict[str, Any]]:
    """Return a recording as a golden file holds it: sorted, without the generated password."""
    found = [
        {
            "type": entry.type,
            "name": entry.name,
            "parent": entry.parent,
            "provider": entry.provider,
            "waits": list(entry.waits),
            "inputs": {k: SECRET if k == "password" else v for k, v in entry.inputs.items()},
        }
        for entry in recording.entries
    ]
    return sorted(found, key=lambda row: (row["type"], row["name"], row["parent"]))


@pytest.mark.parametrize("stack", ["smallcity.east.foundation", "smallcity.east.data", "smallcity.far.roads"])
def test_program_small_shard_registers_its_golden_resources(stack: str) -> None:
    """The whole list of resources is as agreed; renew it with GOVCLOUD_RENEW_GOLDEN=1 and read the difference."""
    golden = GOLDEN / f"{stack}.json"
    actual = json.dumps(rows(recorded(stack)), indent=1, sort_keys=True) + "\n"
    if os.environ.get(RENEW):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(actual, encoding="utf-8")

    assert actual == golden.read_text(encoding="utf-8")


def test_recorder_wrong_expectation_is_noticed() -> None:
    """The harness fails on a wrong value: it compares plain data, not outputs that may never resolve."""
    (project,) = recorded("smallcity.east.data").of("identity/project:Project")

    assert project.inputs["name"] == "data"
    with pytest.raises(AssertionError):
        assert project.inputs["name"] == "another"


@pytest.mark.parametrize("stack", sorted(shards()))
def test_count_resources_every_shard_equals_what_is_registered(stack: str) -> None:
    """The size that is checked against the limit is the real one."""
    assert len(recorded(stack).openstack()) == count_resources(shards()[stack].typed)


def test_foundation_department_list_does_not_enter() -> None:
    """Flavors come from templates and services, groups from duties; no department is named."""
    recording = recorded("smallcity.east.foundation")

    assert [f.name for f in recording.of("compute/flavor:Flavor")] == [
        "smallcity-1c-1g-10d",
        "smallcity-1c-2g-20d",
        "smallcity-2c-4g-40d",
    ]
    assert [g.name for g in recording.of("identity/groupV3:GroupV3")] == [
        "smallcity-operate-provider",
        "smallcity-supervise-digital-office",
    ]


def test_foundations_of_two_clouds_share_no_name_and_no_segment() -> None:
    """Two clouds can live on one OpenStack: what its APIs keep apart by name is named after the cloud."""
    other = {shard.stack: shard for shard in small.shards({**small.topology(), "cloud": "village"})}
    foundation = other["village.east.foundation"].typed
    theirs, ours = record(foundation, foundation), recorded("smallcity.east.foundation")
    types = ("compute/flavor:Flavor", "identity/groupV3:GroupV3", "networking/network:Network")

    def kept(recording: Recording, key: str) -> set[str]:
        return {str(entry.inputs[key]) for type_ in types for entry in recording.of(type_) if key in entry.inputs}

    assert kept(ours, "name") & kept(theirs, "name") == set()
    assert kept(ours, "segments") & kept(theirs, "segments") == set()
    assert kept(ours, "segments")


def test_foundation_roles_are_looked_up_by_duty() -> None:
    """Keystone's own roles are used, so that every service's policy knows them."""
    outputs = recorded("smallcity.east.foundation").outputs

    assert sorted(outputs["roles"]) == ["manager", "member", "reader"]
    assert sorted(outputs) == ["external", "flavors", "groups", "images", "roles", "shared_groups", "zones"]


def test_foundation_image_moved_on_disk_is_no_change() -> None:
    """The path of an upload differs between machines; only another content is another image."""
    (image,) = recorded("smallcity.east.foundation").of("images/image:Image")

    assert (image.name, image.inputs["name"]) == (f"debian-12-{CONTENT[:12]}", "debian-12")
    assert image.inputs["localFilePath"] == "/topology/images/debian-12.raw"
    assert image.ignores == ("localFilePath",)


def test_department_reads_the_foundation_of_its_site() -> None:
    """The stack reference names organization, project and stack as both engines want it."""
    waits = {wait for entry in recorded("smallcity.far.data").entries for wait in entry.waits}

    assert [wait for wait in waits if wait.startswith("StackReference")] == [
        "StackReference organization/govcloud/smallcity.far.foundation"
    ]


def test_department_builder_acts_in_its_project_only() -> None:
    """The department's provider never names an entry of clouds.yaml, which would override the project."""
    (own,) = [
        e for e in recorded("smallcity.east.data").entries if e.type.startswith("pulumi:providers") and e.name == "data"
    ]

    assert own.inputs["cloud"] == ""
    assert own.inputs["tenantId"] == "id of Project data"
    assert own.inputs["userName"] == "data-builder"
    assert "userId" not in own.inputs


@pytest.mark.slow
def test_department_builder_cloud_in_environment_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """OS_CLOUD on the operator's desk does not redirect a department into the administrator's project."""
    monkeypatch.setenv("OS_CLOUD", "elsewhere")
    foundation = shards()["smallcity.east.foundation"].typed
    recording = record(shards()["smallcity.east.roads"].typed, foundation)
    (own,) = [e for e in recording.entries if e.type.startswith("pulumi:providers") and e.name == "roads"]

    assert own.inputs["cloud"] == ""


def test_department_password_differs_each_run_and_is_ignored_later() -> None:
    """The first password stays: later runs offer another one that the engine must not take."""
    foundation = shards()["smallcity.east.foundation"].typed
    found = [record(shards()["smallcity.east.empty"].typed, foundation).of("identity/user:User")[0] for _ in range(2)]

    assert found[0].inputs["password"] != found[1].inputs["password"]
    assert {user.ignores for user in found} == {("password",)}


def test_department_private_key_is_the_only_secret_output() -> None:
    """Inventories read the key; nobody reads it in clear from a state."""
    assert recorded("smallcity.east.data").secret_outputs == {"private_key"}


def test_department_service_server_has_its_marks_and_planned_address() -> None:
    """A service's server is known by its properties and keeps the address that was planned."""
    recording = recorded("smallcity.west.data")
    server = next(s for s in recording.of("compute/instance:Instance") if s.name == "citizen-db-west-1")
    row = next(r for r in recording.outputs["servers"] if r["name"] == "citizen-db-west-1")
    (subnet,) = recording.of("networking/subnet:Subnet")

    assert server.inputs["metadata"] == {
        "department": "data",
        "govcloud_kind": "postgresql",
        "govcloud_service": "citizen-db",
        "tier": "critical",
    }
    assert IPv4Address(row["address"]) in IPv4Network(subnet.inputs["cidr"])
    assert IPv4Address(row["address"]) < IPv4Address(subnet.inputs["allocationPools"][0]["start"])


@pytest.mark.slow
def test_department_servers_outlive_another_image() -> None:
    """Nova would rebuild a server for another image, and its local disk would be lost."""
    servers = recorded("smallcity.east.data").of("compute/instance:Instance")

    assert {server.ignores for server in servers} == {("imageId",)}


def test_department_servers_of_an_application_are_kept_apart() -> None:
    """Servers of an application never share a host, also those that come later."""
    recording = recorded("smallcity.east.data")
    groups = recording.of("compute/serverGroup:ServerGroup")
    portals = [s for s in recording.of("compute/instance:Instance") if s.inputs["metadata"].get("application")]

    assert [(g.name, g.inputs["policies"]) for g in groups] == [
        ("citizen-db", "anti-affinity"),
        ("data-portal", "anti-affinity"),
    ]
    assert [s.inputs["schedulerHints"] for s in portals] == [[{"group": "id of ServerGroup data-portal"}]] * 2


def test_department_application_grows_and_gets_floating_without_touching_its_servers() -> None:
    """One more server, an opening and a public address leave what a server was made with as it is."""
    data = small.topology()
    data["templates"]["office"] |= {"count": 2, "floating": True, "openings": [{"port": 443, "source": "any"}]}
    grown = {shard.stack: shard for shard in small.shards(data)}
    after = record(grown["smallcity.east.roads"].typed, grown["smallcity.east.foundation"].typed)
    (before,) = recorded("smallcity.east.roads").of("compute/instance:Instance")

    assert after.of("compute/instance:Instance")[0].inputs == before.inputs


def test_department_floating_address_can_be_found_again() -> None:
    """Each floating address carries its server's name, the only natural key it can have."""
    addresses = recorded("smallcity.east.data").of("networking/floatingIp:FloatingIp")

    assert [a.inputs["description"] for a in addresses] == ["data-portal-1", "data-portal-2"]
    assert {a.inputs["pool"] for a in addresses} == {"smallcity-edge"}


def test_departments_of_two_active_sites_differ_in_site_facts_only() -> None:
    """Department parity: the same names, quotas, roles and groups at both sites."""
    east, west = (recorded(f"smallcity.{site}.data") for site in ("east", "west"))
    facts = {"cidr", "gatewayIp", "allocationPools", "fixedIps", "password"}

    def plain(recording: Recording, site: str) -> list[str]:
        kept = [(e.type, e.name, {k: v for k, v in e.inputs.items() if k not in facts}) for e in recording.openstack()]
        return sorted(json.dumps(row, sort_keys=True).replace(f"db-{site}-", "db-") for row in kept)

    assert plain(east, "east") == plain(west, "west")


def test_program_all_cidrs_of_a_cloud_are_apart() -> None:
    """No two subnets of the whole cloud overlap."""
    subnets = [s for stack in shards() for s in recorded(stack).of("networking/subnet:Subnet")]
    cidrs = sorted(IPv4Network(subnet.inputs["cidr"]) for subnet in subnets)

    assert len(cidrs) == 3 * 3 + 3 * 2
    assert [a for a, b in pairwise(cidrs) if a.overlaps(b)] == []


def test_program_names_fit_openstack_and_repeat_nowhere() -> None:
    """Every object has an explicit name, unique for its type and project, and servers fit a host name."""
    for stack in shards():
        names = Counter((e.type, e.inputs["name"]) for e in recorded(stack).openstack() if "name" in e.inputs)
        assert [name for name, count in names.items() if count > 1] == []
        assert [name for _, name in names if len(name) > 64] == []
        assert [s.name for s in recorded(stack).of("compute/instance:Instance") if len(s.name) > 63] == []


def test_program_titles_never_leave_python() -> None:
    """No title of the topology is in any input of any resource."""
    texts = [json.dumps(row, ensure_ascii=False) for stack in shards() for row in rows(recorded(stack))]

    assert [text for text in texts if "市" in text or "Bureau" in text] == []


def test_program_preview_registers_the_same_resources() -> None:
    """A preview, where ids are unknown, reaches every resource."""
    shard = shards()["smallcity.east.data"]
    foundation = shards()["smallcity.east.foundation"].typed
    previewed = record(shard.typed, foundation, preview=True)

    assert sorted((e.type, e.name) for e in previewed.entries) == sorted(
        (e.type, e.name) for e in recorded("smallcity.east.data").entries
    )


def test_read_inputs_unknown_shard_refused_by_name() -> None:
    """A department that does not live at the site is an error before anything is built."""
    cloud, addresses = small.planned()

    with pytest.raises(InputInvalid, match="smallcity has no shard empty at site west"):
        read_inputs(cloud, addresses, "west", "empty", {})


def test_read_inputs_every_planned_shard_equals_its_slice() -> None:
    """What `pulumi up` builds for a config is what the plan would build."""
    cloud, addresses = small.planned()

    assert [read_inputs(cloud, addresses, s.site, s.name, small.contents(cloud)) for s in shards().values()] == [
        s.typed for s in shards().values()
    ]
