"""The ways to the data: the own site's first, one pair of ports for each database."""

from __future__ import annotations

from inventories.derive import derive
from tests.inventories import clouds


def test_app_entrances_begin_at_its_own_site() -> None:
    """An application asks the proxy beside it first."""
    found = derive(clouds.hosts()).variables["permits-west-1"]["app_entrances"]

    assert [entrance["site"] for entrance in found] == ["west", "east", "far"]
    assert {entrance["port"] for entrance in found} == {5000}


def test_proxy_of_two_databases_opens_a_pair_of_ports_for_each() -> None:
    """The second database is reached two ports further."""
    found = derive(
        clouds.hosts(other_db=clouds.service("postgresql"), permits=clouds.service("app", uses=["other-db"]))
    ).variables

    clusters = found["entrance-east-1"]["haproxy_clusters"]
    assert [(c["service"], c["write_port"], c["read_port"]) for c in clusters] == [
        ("citizen-db", 5000, 5001),
        ("other-db", 5002, 5003),
    ]
    assert {entrance["port"] for entrance in found["permits-east-1"]["app_entrances"]} == {5002}


def test_entrance_prefers_active_sites_to_dr() -> None:
    """The first group of a name are the active sites' addresses, the second those at DR."""
    register = clouds.hosts()
    name = derive(register).variables["entrance-far-1"]["dns_names"][0]

    assert name["groups"] == [
        [register.by_name["permits-east-1"].address, register.by_name["permits-west-1"].address],
        [register.by_name["permits-far-1"].address],
    ]


def test_repositories_begin_at_the_own_site() -> None:
    """A host fetches from its own site while that one answers."""
    found = derive(clouds.hosts()).variables["quorum-far-1"]["base_repositories"]

    assert [row["url"] for row in found] == [f"https://packages-{site}-1" for site in ("far", "east", "west")]


def test_measurements_tell_the_declared_round_trips() -> None:
    """Each host measures to one host of each other site."""
    found = derive(clouds.hosts()).variables["files-west-1"]["metrics_targets"]

    assert [(row["site"], row["declared_ms"]) for row in found] == [("east", 2), ("far", 12)]
