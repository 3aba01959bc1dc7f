"""Who uses Quanzhou from outside during a drill."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dr_drills.clients.attempts import Kind, Outcome
from dr_drills.clients.clients import clients_of
from dr_drills.clients.databases import DatabaseClient
from dr_drills.clients.markers import table_of
from dr_drills.probes.scene import Scene
from tests.dr_drills.city import everyone
from tests.dr_drills.pretence import KEYS


def test_clients_of_a_city_are_of_every_kind_from_each_active_site() -> None:
    """The DR site has none of its own: nobody lives there while the city stands."""
    found = {client.name: (client.kind, client.service) for client in clients_of(everyone(), KEYS, "run")}

    assert found == {
        "certificates-writer-donghai": (Kind.WRITER, "certificates"),
        "certificates-reader-donghai": (Kind.READER, "certificates"),
        "certificates-writer-anxi": (Kind.WRITER, "certificates"),
        "certificates-reader-anxi": (Kind.READER, "certificates"),
        "certificates-resolver": (Kind.RESOLVER, "entrance"),
        "certificates-citizen": (Kind.CITIZEN, "certificates"),
    }


def test_clients_of_a_database_know_every_proxy_their_own_first() -> None:
    """The way at DR too: after a failover of the city it is the one that is left."""
    found = {c.name: c for c in clients_of(everyone(), KEYS, "run") if isinstance(c, DatabaseClient)}
    writer, reader = (found[f"certificates-{kind}-anxi"].lines._ways for kind in (Kind.WRITER, Kind.READER))

    assert [(way.address, way.port) for way in writer] == [
        ("10.66.210.197", 5000),
        ("10.64.210.197", 5000),
        ("10.68.210.197", 5000),
    ]
    assert [way.port for way in reader] == [5001] * 3
    assert all(way.proxied for way in (*writer, *reader))


def test_clients_of_a_cloud_without_applications_are_none() -> None:
    """Then there is nothing that an outside client could use."""
    places = tuple(place for place in everyone().places if place.kind != "app")

    assert clients_of(Scene(places), KEYS, "run") == ()


@given(st.text(max_size=80))
def test_table_of_any_run_is_a_plain_name(run: str) -> None:
    """A run's name is data; what is made of it fits a table and an applicant."""
    name = table_of(run)

    assert name.replace("_", "a").isalnum()
    assert name.islower()
    assert len(name) <= 60


@pytest.mark.parametrize("kind", Kind)
def test_kind_that_writes_nothing_has_nothing_in_doubt(kind: Kind) -> None:
    """A question that was not answered changed nothing."""
    writes = kind in {Kind.WRITER, Kind.CITIZEN}

    assert kind.writes == writes
    assert kind.doubt is (Outcome.INDETERMINATE if writes else Outcome.REFUSED)
