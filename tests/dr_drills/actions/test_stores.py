"""A real store of three members, of which two are lost for good and taken in again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from dr_drills.actions import stores
from dr_drills.actions.refused import Refused
from dr_drills.actions.stores import add_member, force_store, joining, wipe_member
from dr_drills.actions.tools import Tools
from dr_drills.planning.rows_city import ADD_MEMBER, FORCE_STORE, WIPE_MEMBER
from dr_drills.planning.steps import Case
from dr_drills.probes import etcd as probe
from dr_drills.probes.budget import NoAnswer
from dr_drills.probes.etcd import call, get, put
from dr_drills.probes.scene import Place
from failures import OutsideFailed
from tests.dr_drills.actions.hostlike import Said
from tests.dr_drills.actions.scripted import LOST, step, tools
from tests.dr_drills.actions.units import Units, install
from tests.dr_drills.pretence import AUTHORITY, certified
from tests.ports import free_port

pytestmark = pytest.mark.slow

CASE = Case(("donghai", "changle"), "anxi")


@dataclass
class Store:
    """The store's hosts by site, their units, and tools that enter them."""

    places: dict[str, Place]
    units: Units
    tools: Tools

    def address(self, site: str) -> str:
        return str(self.places[site].own["etcd_address"])

    def systemctl(self, site: str, *words: str) -> None:
        self.units.run(self.places[site].host, ("systemctl", *words, "etcd"), 30)

    def folder(self, site: str) -> Path:
        return self.units.folders[self.places[site].host]

    def members(self, site: str) -> set[str]:
        said = call(self.tools.web(3), self.address(site), "cluster/member/list", {})
        return {row.get("name", "") for row in said["members"]}


@pytest.fixture
def store(etcd_program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Run three members, each at a loopback address of its own."""
    client, peers = _ports()
    monkeypatch.setattr(probe, "PORT", client)
    monkeypatch.setattr(stores, "PEER_PORT", peers)
    made = tools()
    members = tuple(
        replace(p, own={**p.own, "etcd_address": f"127.0.43.{n}"}) for n, p in enumerate(made.database.city.members, 1)
    )
    addresses = tuple(str(p.own["etcd_address"]) for p in members)
    made.database = replace(made.database, city=replace(made.database.city, members=members, stores=addresses))
    found = Store({p.site: p for p in members}, Units({p.host: tmp_path / p.host for p in members}), made)
    made.hosts = found.units
    for place in members:
        _lay(found.folder(place.site), place, members, etcd_program, client, peers)
    try:
        for site in found.places:
            found.systemctl(site, "start", "--no-block")
        _await_majority(found)
        yield found
    finally:
        for site in found.places:
            with suppress(OutsideFailed):
                found.systemctl(site, "stop")


def test_store_of_a_survivor_is_forced_then_takes_both_others_in_again(store: Store) -> None:
    """It keeps what it had; the next start is an ordinary one; the second to join is refused for some seconds."""
    put(store.tools.web(3), store.address("anxi"), "key", "kept")
    for site in CASE.lost:
        store.systemctl(site, "stop")
    with pytest.raises(NoAnswer):
        get(store.tools.web(2), store.address("anxi"), "key")

    force_store(store.tools, LOST, CASE, step(FORCE_STORE, "anxi"))
    assert store.members("anxi") == {"quorum-anxi-1"}
    assert get(store.tools.web(3), store.address("anxi"), "key") == "kept"
    assert not (store.folder("anxi") / "token").exists()
    assert len(list(store.folder("anxi").glob("data.before-force-*/member/wal"))) == 1

    for site in CASE.lost:
        wipe_member(store.tools, LOST, CASE, step(WIPE_MEMBER, site))
        with pytest.raises(OutsideFailed, match="assertion failed"):
            store.systemctl(site, "start")
    assert store.tools.proven.wiped == set(CASE.lost)

    for site in CASE.lost:
        _add(store, site)
        assert not (store.folder(site) / "token").exists()
        assert get(store.tools.web(3), store.address(site), "key") == "kept"
    assert store.members("changle") == {"quorum-anxi-1", "quorum-donghai-1", "quorum-changle-1"}
    assert not store.tools.proven.wiped

    store.systemctl("anxi", "stop")
    store.systemctl("anxi", "start")
    assert len(store.members("anxi")) == 3


def test_member_with_data_of_another_store_is_not_added(store: Store) -> None:
    """What was not wiped stays out, and the running store does not wait for it."""
    for site in CASE.lost:
        store.systemctl(site, "stop")
    force_store(store.tools, LOST, CASE, step(FORCE_STORE, "anxi"))

    with pytest.raises(OutsideFailed, match="data of another store"):
        add_member(store.tools, LOST, CASE, step(ADD_MEMBER, "donghai"))
    assert store.members("anxi") == {"quorum-anxi-1"}


def test_store_is_not_forced_while_a_member_elsewhere_is_not_given_up() -> None:
    """The third member and the lost one may be the majority."""
    made = tools()
    made.hosts = hosts = Said()

    with pytest.raises(Refused, match="changle"):
        force_store(made, LOST, Case(("donghai",), "anxi"), step(FORCE_STORE, "anxi"))
    assert not hosts.ran


def test_member_joins_those_that_are_there_and_no_others() -> None:
    """One that was declared and is not in the store would make the new one refuse to start."""
    place = next(p for p in tools().database.city.members if p.site == "changle")
    rows = [{"name": "quorum-anxi-1", "peerURLs": ["https://a:2380"]}]

    assert joining(rows, place) == f"quorum-anxi-1=https://a:2380,quorum-changle-1={stores.peer(place)}"


def _add(store: Store, site: str) -> None:
    """Try as the executor does, within the step's budget."""
    until = time.monotonic() + ADD_MEMBER.timeout_s
    while True:
        try:
            add_member(store.tools, LOST, CASE, step(ADD_MEMBER, site))
        except NoAnswer:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return


def _await_majority(store: Store) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            for site in store.places:
                get(store.tools.web(2), store.address(site), "key")
        except NoAnswer:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            break
    for site in store.places:
        (store.folder(site) / "token").unlink()


def _lay(folder: Path, place: Place, members: tuple[Place, ...], program: str, client: int, peers: int) -> None:
    """Lay a host out as the role does: its settings, its key, and the token of its first start."""
    install(folder)
    (folder / "tls").mkdir()
    address = str(place.own["etcd_address"])
    pair = certified("localhost", address)
    for name, text in (("ca.crt", AUTHORITY.certificate), ("host.crt", pair.certificate), ("host.key", pair.key)):
        (folder / "tls" / name).write_text(text, encoding="ascii")
    near, far = f"https://{address}:{client}", f"https://{address}:{peers}"
    every = ",".join(f"{p.own['etcd_name']}=https://{p.own['etcd_address']}:{peers}" for p in members)
    said = {
        "PROGRAM": program,
        "ETCD_NAME": place.own["etcd_name"],
        "ETCD_DATA_DIR": folder / "data",
        "ETCD_LISTEN_CLIENT_URLS": near,
        "ETCD_ADVERTISE_CLIENT_URLS": near,
        "ETCD_LISTEN_PEER_URLS": far,
        "ETCD_INITIAL_ADVERTISE_PEER_URLS": far,
        "ETCD_INITIAL_CLUSTER": every,
        "ETCD_INITIAL_CLUSTER_STATE": "existing",
    }
    for use in ("", "PEER_"):
        said |= {f"ETCD_{use}{name}": folder / "tls" / file for name, file in _TLS.items()}
        said[f"ETCD_{use}CLIENT_CERT_AUTH"] = "true"
    (folder / "default").write_text("".join(f"{name}={value}\n" for name, value in said.items()), encoding="utf-8")
    (folder / "token").write_text("ETCD_INITIAL_CLUSTER_STATE=new\n", encoding="utf-8")
    rows = [{"name": p.own["etcd_name"], "address": p.own["etcd_address"]} for p in members]
    told = {"name": place.own["etcd_name"], "cluster": "city", "members": rows, "data_dir": str(folder / "data")}
    (folder / "etcd.json").write_text(json.dumps({**told, "client_port": client, "peer_port": peers}), encoding="utf-8")


_TLS = {"TRUSTED_CA_FILE": "ca.crt", "CERT_FILE": "host.crt", "KEY_FILE": "host.key"}


def _ports() -> tuple[int, int]:
    return free_port("127.0.43.1"), free_port("127.0.43.1")
