"""Services that prove themselves, in a cloud of local servers; its databases answer from memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest

from dr_drills.probes import entrance, etcd, exporter, patroni
from dr_drills.probes.budget import NoAnswer
from dr_drills.probes.database import Login
from dr_drills.probes.trust import Keys
from dr_drills.verdicts import Row, Verdict
from dr_drills.verify import proof, proofs, tools
from dr_drills.verify.verify import VerifyReport, verify
from failures import Text
from tests.dr_drills.pretence import KEYS, Answer, answering, certified, serving
from tests.dr_drills.probes.test_etcd import Member
from tests.dr_drills.probes.test_exporter import PAGE
from tests.dr_drills.probes.test_patroni import PRIMARY

NAME = "permits.testcity.internal"
A, B, C = "127.0.0.2", "127.0.0.3", "127.0.0.4"


class Town:
    """What the pretended cloud holds and says; tests make it wrong."""

    def __init__(self) -> None:
        self.receipts: dict[str, str] = {}
        self.lost: set[str] = set()
        self.alone = False
        self.states = {A: "ready", B: "ready"}
        self.deleted: list[str] = []
        self.removable = True
        self.member = Member()
        self.writable = True

    def app(self, site: str, address: str) -> Any:
        def handle(method: str, path: str, body: Any) -> Answer:
            if path == "/health":
                return 200, {"state": self.states[address], "site": site, "primary": A}
            if method == "POST":
                number = self.receipts.setdefault(body["key"], f"R{len(self.receipts)}")
                return 201, {"receipt": number, "site": site, "answered_by": site}
            number = path.rpartition("/")[2]
            if site in self.lost or number not in self.receipts.values():
                return 404, {"error": "missing"}
            return 200, {"receipt": number, "site": "a", "answered_by": site}

        return handle

    def database(self, role: str) -> Any:
        def handle(*_: Any) -> Answer:
            followers = [] if self.alone else PRIMARY["replication"]
            return 200, {**PRIMARY, "role": role, "replication": followers}

        return handle

    def query(
        self, login: Login, _keys: Keys, statement: str, values: Sequence[Any], _seconds: float, *, writes: bool = False
    ) -> tuple[Any, ...]:
        """Answer for the databases of the town, as `query` of the readers does."""
        if writes:
            if not self.removable:
                raise NoAnswer(Text("read-only", "只读"))
            self.deleted += values[0]
            return (len(values[0]),)
        if "recovery" in statement:
            return (self.writable,)
        return (values[0] in self.receipts.values() and login.address not in self.lost,)


def host(service: str, kind: str, site: str, address: str, **own: Any) -> dict[str, Any]:
    role = "dr" if site == "c" else "active"
    base = {"site": site, "service": service, "kind": kind, "address": address, "site_role": role}
    return {f"govcloud_{name}": value for name, value in base.items()} | own


def database(site: str, address: str, **own: Any) -> dict[str, Any]:
    mine = {"patroni_scope": "db", "patroni_synchronous": True, "patroni_standby_of": []}
    named = {"patroni_databases": [{"name": "permits", "owner": "permits"}]}
    return host("db", "postgresql", site, address, **{**mine, **named, **own})


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
def cloud(town: Town, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Serve the town at three addresses and return the variables of its hosts."""
    monkeypatch.setattr(proof, "PAUSE", 0.1)
    monkeypatch.setattr(proofs, "COPY_SECONDS", 0.3)
    monkeypatch.setattr(proofs, "FOLLOW_SECONDS", 0.3)
    monkeypatch.setattr(tools, "query", town.query)
    with ExitStack() as stack:

        def serve(handle: Any, address: str, port: int = 0) -> int:
            pair = certified(address)
            return stack.enter_context(serving(handle, pair, address=address, port=port))

        def plain(handle: Any, address: str, port: int = 0) -> int:
            return stack.enter_context(serving(handle, address=address, port=port))

        apps = {address: serve(town.app(site, address), address) for site, address in (("a", A), ("b", B))}
        health = plain(town.app("a", A), A)
        plain(town.app("b", B), B, health)
        rest = serve(town.database("primary"), A)
        serve(town.database("replica"), B, rest)
        store, names = serve(town.member, A), stack.enter_context(answering({NAME: [A, B]}, address=A))
        index = serve(lambda *_: (200, "Package: a\n\nPackage: b\n"), C)
        metrics = plain(lambda *_: (200, PAGE), C)
        for module, port in ((patroni, rest), (etcd, store), (entrance, names), (exporter, metrics)):
            monkeypatch.setattr(module, "PORT", port)
        yield {
            **{f"permits-{site}-1": _app(site, address, apps[address]) for site, address in (("a", A), ("b", B))},
            "db-a-1": database("a", A),
            "db-b-1": database("b", B),
            "db-c-1": database("c", C, patroni_scope="db-c", patroni_synchronous=False, patroni_standby_of=[{}]),
            "quorum-a-1": host("quorum", "etcd", "a", A, etcd_cluster="quorum", etcd_name="quorum-a-1"),
            "door-a-1": _door(health),
            "packages-c-1": host("packages", "repository", "c", f"{C}:{index}", repository_address=C),
            "files-c-1": host("files", "object-store", "c", C, backup_stanzas=[{"name": "db"}]),
        }


def _app(site: str, address: str, port: int) -> dict[str, Any]:
    way = [{"address": A, "port": 5000}]
    own = {"app_port": port, "app_database": "permits", "app_database_user": "permits", "app_entrances": way}
    return host("permits", "app", site, address, **own)


def _door(health: int) -> dict[str, Any]:
    name = {"name": "permits", "port": health, "path": "/health", "groups": [[A, B], []]}
    clusters = [{"service": "db", "write_port": 5000}]
    own = {"dns_names": [name], "dns_domain": "testcity.internal", "haproxy_clusters": clusters}
    return host("door", "dns", "a", A, **own)


def verdicts(report: VerifyReport, rule: str) -> dict[str, Verdict]:
    return {row.where: row.verdict for row in report.rows if row.rule == rule}


def wrong(report: VerifyReport) -> set[str]:
    return {row.rule for row in report.rows if row.verdict is not Verdict.PASS}


def test_verify_of_a_cloud_that_is_well_passes_every_proof(cloud: dict[str, Any], town: Town) -> None:
    """Each row of the table is proved, and what was written is taken away."""
    report = verify(cloud, KEYS, 10)

    assert wrong(report) == set()
    assert {row.rule for row in report.rows} == {rule.id for rule in proofs.PROOFS}
    assert (report.exit_code, report.messages) == (0, ())
    assert verdicts(report, "V01") == {"a -> b": Verdict.PASS, "b -> a": Verdict.PASS}
    assert sorted(town.deleted) == sorted(town.receipts)


@pytest.mark.slow
def test_verify_refuses_a_write_that_only_one_copy_holds(cloud: dict[str, Any], town: Town) -> None:
    """Everything answers, the receipt is read at the other site, and still it is no proof."""
    town.alone = True
    report = verify(cloud, KEYS, 0.5)

    assert set(verdicts(report, "V01").values()) == {Verdict.FAIL}
    assert "not synchronous" in next(row.message.en for row in report.rows if row.rule == "V01")
    assert report.exit_code == 1


@pytest.mark.slow
def test_verify_of_a_write_that_does_not_arrive_fails_where_it_is_missing(cloud: dict[str, Any], town: Town) -> None:
    """The other active site, the synchronous copy and the DR site are looked at, each for itself."""
    town.lost = {"b"}
    assert verdicts(verify(cloud, KEYS, 0.5), "V01") == {"a -> b": Verdict.FAIL, "b -> a": Verdict.PASS}

    town.lost = {B}
    report = verify(cloud, KEYS, 0.5)
    assert (verdicts(report, "V02"), verdicts(report, "V03")) == (
        {"db": Verdict.FAIL},
        {"db-c-1": Verdict.PASS},
    )

    town.lost = {C}
    report = verify(cloud, KEYS, 0.5)
    assert (verdicts(report, "V02"), verdicts(report, "V03")) == ({"db": Verdict.PASS}, {"db-c-1": Verdict.FAIL})


@pytest.mark.slow
def test_verify_of_an_entrance_that_leads_astray_fails(cloud: dict[str, Any], town: Town) -> None:
    """An address that answers and is not ready is no way in."""
    town.states[B] = "draining"

    assert wrong(verify(cloud, KEYS, 0.5)) == {"V04"}


@pytest.mark.slow
def test_verify_of_a_proxy_to_a_replica_fails(cloud: dict[str, Any], town: Town) -> None:
    """A proxy that leads to a server that takes no writes is of no use."""
    town.writable = False

    assert wrong(verify(cloud, KEYS, 0.5)) == {"V05"}


@pytest.mark.slow
def test_verify_of_a_shut_store_fails_and_of_some_services_asks_no_other(cloud: dict[str, Any]) -> None:
    """Nobody listens at the member's port: that is a failure; what is not asked for is not proved."""
    cloud["quorum-a-1"]["govcloud_address"] = "127.0.0.9"
    report = verify(cloud, KEYS, 0.5, only=["quorum"])

    assert [(row.rule, row.verdict) for row in report.rows] == [("V06", Verdict.FAIL)]


def test_verify_that_cannot_clean_up_says_what_remains(cloud: dict[str, Any], town: Town) -> None:
    """Nobody is left to wonder where an application came from."""
    town.removable = False
    report = verify(cloud, KEYS, 0.5, only=["permits"])

    (row,) = [row for row in report.rows if row.rule == "V09"]
    assert row.verdict is Verdict.UNKNOWN
    assert all(key in row.message.en for key in town.receipts)
    assert report.exit_code == 5


def test_verify_message_names_the_proof_and_the_next_step() -> None:
    """A user learns what failed, where, and what to do."""
    report = VerifyReport((Row("V06", Verdict.FAIL, "quorum", "quorum-a-1", Text("lost", "丢失")),))

    (message,) = report.messages
    assert message.say("en").startswith("quorum (quorum-a-1): V06 lost\n  -> ")
    assert report.document()["rows"][0]["verdict"] == "fail"
