"""Questions to an entrance, answered by a name server of the test."""

from __future__ import annotations

import pytest

from dr_drills.probes import entrance
from dr_drills.probes.budget import NoAnswer
from dr_drills.probes.entrance import EntranceReading, resolve
from tests.dr_drills.pretence import answering

NAME = "certificates.testcity.internal"


def asked(monkeypatch: pytest.MonkeyPatch, port: int, seconds: float = 5) -> EntranceReading:
    monkeypatch.setattr(entrance, "PORT", port)
    return resolve("127.0.0.1", NAME, seconds)


def test_resolve_gives_the_addresses_sorted_with_the_ttl(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a citizen's resolver would get."""
    with answering({NAME: ["10.66.0.2", "10.64.0.2"]}, ttl=5) as port:
        assert asked(monkeypatch, port) == EntranceReading(("10.64.0.2", "10.66.0.2"), 5)


def test_resolve_of_a_name_without_addresses_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """No address is an answer, and not a good one."""
    with answering({NAME: []}) as port:
        assert asked(monkeypatch, port) == EntranceReading((), None)


def test_resolve_of_an_unknown_name_is_refused_by_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's own word is told."""
    with answering({}) as port, pytest.raises(NoAnswer, match="NXDOMAIN"):
        asked(monkeypatch, port)


@pytest.mark.slow
def test_resolve_asks_again_after_a_lost_datagram(monkeypatch: pytest.MonkeyPatch) -> None:
    """One lost datagram is no silence; two are."""
    with answering({NAME: ["10.64.0.2"]}, deaf=1) as port:
        assert asked(monkeypatch, port, 2).addresses == ("10.64.0.2",)
    with answering({NAME: ["10.64.0.2"]}, deaf=9) as port, pytest.raises(NoAnswer, match=r"within 0\.4 s"):
        asked(monkeypatch, port, 0.4)
