"""Members of a consensus store, as their JSON gateway speaks."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from dr_drills.probes import etcd
from dr_drills.probes.budget import NoAnswer
from dr_drills.probes.web import Web
from tests.dr_drills.pretence import KEYS, Answer, certified, serving

STATUS = {
    "header": {"cluster_id": "1", "member_id": "10501334649042878790", "revision": "5", "raft_term": "3"},
    "version": "3.4.23",
    "dbSize": "40960",
    "leader": "10501334649042878790",
    "raftTerm": "3",
}


class Member:
    """The gateway of a member that keeps keys in a dictionary; `status` is what it says of itself."""

    def __init__(self, **status: Any) -> None:
        self.status, self.held = {**STATUS, **status}, dict[str, str]()

    def __call__(self, _method: str, path: str, body: Any) -> Answer:
        key = b64decode(body.get("key", "")).decode()
        if path == "/v3/maintenance/status":
            return 200, self.status
        if path == "/v3/kv/put":
            self.held[key] = body["value"]
            return 200, {"header": {}}
        if path == "/v3/kv/range":
            found = [{"key": b64encode(key.encode()).decode(), "value": self.held[key]}] if key in self.held else []
            return 200, {"header": {}, **({"kvs": found} if found else {})}
        return 200, {"header": {}, **({"deleted": "1"} if self.held.pop(key, None) else {})}


@pytest.fixture
def member(monkeypatch: pytest.MonkeyPatch) -> Iterator[Member]:
    made = Member()
    with serving(made, certified("127.0.0.1"), client=True) as port:
        monkeypatch.setattr(etcd, "PORT", port)
        yield made


def test_member_that_leads_says_so(member: Member) -> None:
    """Its own id is the leader's."""
    told = etcd.read_etcd(Web(KEYS, 5), "127.0.0.1")

    assert told.member == told.leader == "10501334649042878790"
    assert (told.term, told.version, told.size_bytes, told.alarms) == (3, "3.4.23", 40960, ())


@pytest.mark.parametrize("leader", [{"leader": "0"}, {"leader": None}])
def test_member_without_a_leader_has_none(member: Member, leader: dict[str, Any]) -> None:
    """The gateway leaves a zero out, or writes it."""
    member.status |= leader

    assert etcd.read_etcd(Web(KEYS, 5), "127.0.0.1").leader == ""


def test_marker_is_written_read_and_gone(member: Member) -> None:
    """What was put is got, and after deleting it is not."""
    web = Web(KEYS, 5)
    etcd.put(web, "127.0.0.1", "/k", "值")

    assert etcd.get(web, "127.0.0.1", "/k") == "值"
    assert etcd.delete(web, "127.0.0.1", "/k") == 1
    assert etcd.get(web, "127.0.0.1", "/k") is None
    assert etcd.delete(web, "127.0.0.1", "/k") == 0


def test_member_without_a_majority_refuses_in_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error is no answer, whatever its status."""
    said = {"error": "etcdserver: request timed out", "code": 14}
    with serving(lambda *_: (503, said), certified("127.0.0.1")) as port:
        monkeypatch.setattr(etcd, "PORT", port)
        with pytest.raises(NoAnswer, match="request timed out"):
            etcd.get(Web(KEYS, 5), "127.0.0.1", "/k")
