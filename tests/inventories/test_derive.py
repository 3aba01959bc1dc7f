"""The variables and groups of every host come from the topology alone."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from inventories.derive import PARTS, derive
from tests.inventories import clouds
from tests.inventories.recorded import ROOT, quanzhou

GOLDEN = ROOT / "tests" / "golden" / "inventories" / "quanzhou.json"


def test_derive_for_quanzhou_gives_the_golden_inventory() -> None:
    """Every variable and group of the shipped city is the one on record."""
    found = derive(quanzhou(), Path("/cache/bundle"))

    plain = json.loads(json.dumps({"groups": found.groups, "variables": found.variables}))
    assert plain == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_derive_twice_gives_the_same_inventory() -> None:
    """Nothing but the topology enters."""
    assert derive(clouds.hosts()) == derive(clouds.hosts())


def test_derive_without_a_bundle_leaves_its_path_out() -> None:
    """A repository is not told of a folder that is not there."""
    found = derive(clouds.hosts())

    assert not [v for v in found.variables.values() if "repository_bundle" in v]


def test_derive_groups_hosts_by_what_they_run() -> None:
    """A DR database runs a store of its own, an entrance runs the proxy as well."""
    groups = derive(clouds.hosts()).groups

    assert groups["runs_etcd"] == ("citizen-db-far-1", "quorum-east-1", "quorum-west-1", "quorum-far-1")
    assert groups["runs_haproxy"] == groups["runs_dns"] == ("entrance-east-1", "entrance-west-1", "entrance-far-1")
    assert set(groups["role_dr"]) == set(groups["site_far"])
    assert set(groups["duty_operate_provider"]) == {h for hosts in groups.values() for h in hosts}


counts = st.integers(min_value=1, max_value=2)


@settings(max_examples=25, deadline=None)
@given(st.lists(counts, min_size=3, max_size=3), st.lists(counts, min_size=3, max_size=3))
def test_derive_for_any_placement_names_only_hosts_that_are_there(databases: list[int], stores: list[int]) -> None:
    """Whoever is named in a variable is a host of the cloud, under its own address."""
    kept = {"citizen_db": clouds.service("postgresql", *databases), "quorum": clouds.service("etcd", *stores)}
    register = clouds.hosts(**kept)
    found = derive(register)

    addresses = {host.name: host.address for host in register.hosts}
    for variables in found.variables.values():
        for peer in named(variables):
            assert addresses[peer["name"]] == peer.get("address", addresses[peer["name"]])


@settings(max_examples=25, deadline=None)
@given(st.lists(counts, min_size=3, max_size=3))
def test_derive_for_any_placement_tells_members_of_a_cluster_the_same(databases: list[int]) -> None:
    """Members of one cluster agree on its store, its timings and its peers."""
    found = derive(clouds.hosts(citizen_db=clouds.service("postgresql", *databases)))

    shared = ("patroni_etcd", "patroni_ttl", "patroni_peers", "patroni_synchronous", "patroni_standby_of")
    clusters: dict[str, list[object]] = {}
    for variables in found.variables.values():
        if "patroni_scope" in variables:
            clusters.setdefault(variables["patroni_scope"], []).append([variables[name] for name in shared])
    assert set(clusters) == {"citizen-db", "citizen-db-far"}
    assert all(told == cluster[0] for cluster in clusters.values() for told in cluster)


def test_derive_gives_a_part_all_its_variables_or_none() -> None:
    """A host is in a part's group exactly when it has variables of that part."""
    found = derive(clouds.hosts())

    for part in PARTS:
        having = {host for host, v in found.variables.items() if any(key.startswith(f"{part}_") for key in v)}
        assert having == set(found.groups[f"runs_{part}"])


def named(value: object) -> list[dict[str, str]]:
    """Return every mapping with a host's name below a value."""
    if isinstance(value, dict):
        below = [peer for item in value.values() for peer in named(item)]
        return [value, *below] if "name" in value and "address" in value else below
    return [peer for item in value for peer in named(item)] if isinstance(value, list) else []
