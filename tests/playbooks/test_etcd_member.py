"""A member without data starts only where that cannot break what a majority agreed."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

import etcd_member
from etcd_member import Gateway, Member, Refused, Settings, Unanswered, admit, first, restart

MEMBERS = tuple(Member(name, f"10.0.0.{number}") for number, name in enumerate(("a", "b", "c"), 1))


class Cluster(Gateway):
    """The living members of a cluster, and what was asked of them."""

    def __init__(self, living: str, known: list[dict[str, Any]], refusals: int = 0) -> None:
        super().__init__(None)
        self.living, self.known, self.refusals = living, known, refusals
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def call(self, url: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if not any(m.name in self.living and m.address in url for m in MEMBERS):
            raise Unanswered("dark")
        if path.startswith("cluster/member/a") and self.refusals:
            self.refusals -= 1
            raise Unanswered("reconfigure breaks active quorum")
        if path not in {"kv/range", "cluster/member/list"}:
            self.calls.append((path, body))
        if path == "cluster/member/remove":
            self.known = [m for m in self.known if m["ID"] != body["ID"]]
        return {"members": self.known}


def known(*names: str) -> list[dict[str, Any]]:
    """Return members as the store lists them."""
    return [
        {"ID": m.name * 3, "name": m.name, "peerURLs": [f"https://{m.address}:2380"]}
        for m in MEMBERS
        if m.name in names
    ]


@pytest.fixture
def lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Give member a, without data, on a host whose service manager obeys."""
    monkeypatch.setattr(etcd_member, "FIRST_START", tmp_path / "lib" / "etcd-first-start")
    monkeypatch.setattr(etcd_member, "RUNS_WITH", tmp_path / "lib" / "etcd-runs-with")
    monkeypatch.setattr(etcd_member, "READ", (tmp_path / "etcd.json", tmp_path / "etcd.env"))
    monkeypatch.setattr(etcd_member, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(etcd_member, "system", lambda *_: None)
    return Settings("a", "quorum", MEMBERS, tmp_path / "data", 2379, 2380)


def soon() -> float:
    """Return a deadline that a test can wait for."""
    return time.time() + 0.3


def started(settings: Settings) -> str | None:
    """Return the state that the member was started in."""
    token = etcd_member.FIRST_START
    return token.read_text() if token.exists() else None


def test_admit_starts_a_new_cluster_when_no_member_has_data(lost: Settings) -> None:
    """The first run of all."""
    admit(lost, Cluster("", []), {"a", "b", "c"}, soon())
    assert started(lost) == first("new")


@pytest.mark.slow
def test_admit_is_refused_when_another_may_have_data_and_no_majority_answers(lost: Settings) -> None:
    """A second cluster beside the first would be the end of both."""
    with pytest.raises(Refused, match="b, c may have"):
        admit(lost, Cluster("", []), {"a"}, soon())
    assert started(lost) is None


def test_admit_removes_and_adds_a_member_that_lost_its_data(lost: Settings) -> None:
    """Its old identity has promised things it no longer knows."""
    cluster = Cluster("abc", known("a", "b", "c"))

    admit(lost, cluster, {"a"}, soon())

    added = ("cluster/member/add", {"peerURLs": ["https://10.0.0.1:2380"]})
    assert cluster.calls == [("cluster/member/remove", {"ID": "aaa"}), added]


def test_admit_asks_again_while_the_store_refuses_a_change(lost: Settings) -> None:
    """The store refuses a second change for some seconds."""
    cluster = Cluster("abc", known("b", "c"), refusals=3)
    admit(lost, cluster, {"a"}, time.time() + 5)
    assert [path for path, _ in cluster.calls] == ["cluster/member/add"]


def test_admit_after_a_kill_between_adding_and_starting_adds_nothing_twice(lost: Settings) -> None:
    """A member that was added and never started has no name yet."""
    unstarted = {"ID": "new", "peerURLs": ["https://10.0.0.1:2380"]}
    cluster = Cluster("abc", [*known("b", "c"), unstarted])
    admit(lost, cluster, {"a"}, soon())
    assert cluster.calls == []


def test_data_of_a_first_start_that_never_served_is_none(lost: Settings) -> None:
    """A play killed before the first majority can be run again."""
    (lost.data_dir / "member" / "wal").mkdir(parents=True)
    assert lost.has_data
    etcd_member.FIRST_START.parent.mkdir()
    etcd_member.FIRST_START.write_text(first("new"))
    assert not lost.has_data


def test_restart_is_refused_when_the_others_are_no_majority(lost: Settings) -> None:
    """New settings wait rather than stop the store."""
    with pytest.raises(Refused, match="only 1 of the 2"):
        restart(lost, Cluster("ab", []), soon())


def test_restart_ends_when_the_member_serves_again(lost: Settings) -> None:
    """With both others up one may go."""
    assert restart(lost, Cluster("abc", []), soon()) == "a serves"


def renewed(settings: Settings) -> bool:
    """Tell what the play is told: whether the member began with other settings."""
    return bool(json.loads(etcd_member.look(settings))["renewed"])


def test_look_tells_of_settings_that_the_member_does_not_run_with(lost: Settings, tmp_path: Path) -> None:
    """A play that died between the settings and the restart restarts the member the next time, and once."""
    admit(lost, Cluster("", []), {"a", "b", "c"}, soon())
    assert not renewed(lost)
    (tmp_path / "etcd.env").write_text("ETCD_HEARTBEAT_INTERVAL=200\n")
    assert renewed(lost)
    with pytest.raises(Refused):
        restart(lost, Cluster("ab", []), soon())
    assert renewed(lost)
    restart(lost, Cluster("abc", []), soon())
    assert not renewed(lost)
