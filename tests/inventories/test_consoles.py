"""Consoles of all sites are read at once, within a time limit."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from inventories import consoles
from inventories.consoles import Shown, collect
from tests.inventories.test_hostkeys import block, key


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask again at once."""
    monkeypatch.setattr(consoles, "PAUSE_SECONDS", 0.01)


def wanted(*hosts: str) -> dict[str, list[Shown]]:
    """Return servers at one site, ids as the hosts' names with `id-` before."""
    return {"east": [Shown(host, f"10.0.0.{n}", f"id-{host}") for n, host in enumerate(hosts, 2)]}


def test_collect_waits_until_a_server_has_booted() -> None:
    """The third look finds the keys."""
    looks: list[str] = []

    def read(server: str) -> str:
        looks.append(server)
        return block(key(1)) if len(looks) >= 3 else "booting"

    found = collect(wanted("db-1"), 5, threading.Event(), lambda _: read)

    assert [(k.host, k.address, k.server, k.keys) for k in found.keys] == [("db-1", "10.0.0.2", "id-db-1", (key(1),))]
    assert found.failures == {}


def test_collect_of_a_server_that_never_shows_keys_names_it() -> None:
    """The others' keys are there nevertheless."""
    texts = {"id-db-1": "kernel panic", "id-db-2": block(key(2))}

    found = collect(wanted("db-1", "db-2"), 0.05, threading.Event(), lambda _: texts.__getitem__)

    assert [k.host for k in found.keys] == ["db-2"]
    assert "id-db-1 has not shown its host keys" in found.failures["db-1"].what.en


def test_collect_from_a_dead_site_says_so_for_its_hosts_only() -> None:
    """One site that does not answer holds nobody up."""

    def connect(entry: str) -> Callable[[str], str]:
        if entry == "west":
            raise OSError("connection refused")
        return lambda _: block(key(1))

    both = {**wanted("db-1"), "west": [Shown("db-9", "10.0.1.2", "id-db-9")]}
    found = collect(both, 0.05, threading.Event(), connect)

    assert [k.host for k in found.keys] == ["db-1"]
    assert "does not answer" in found.failures["db-9"].what.en


def test_collect_when_stopped_ends_at_once() -> None:
    """Ctrl-C does not wait for a boot."""
    stop = threading.Event()
    stop.set()

    found = collect(wanted("db-1"), 300, stop, lambda _: lambda _: "booting")

    assert list(found.failures) == ["db-1"]


def test_collect_from_a_site_that_stays_dead_gives_up_early() -> None:
    """Three silent rounds are enough, however long a boot may take."""
    asked: list[str] = []

    def read(server: str) -> str:
        asked.append(server)
        raise OSError("no route to host")

    found = collect(wanted("db-1", "db-2"), 300, threading.Event(), lambda _: read)

    assert asked == ["id-db-1"] * 3
    assert {failure.where for failure in found.failures.values()} == {"db-1", "db-2"}
