"""What is waited for again and again is first looked at when it may well be there."""

from __future__ import annotations

import time
from itertools import count

import pytest

from stacks.engine.openstack.api import Api
from stacks.engine.openstack.client import Client, Gates
from stacks.engine.openstack.identity import Identity
from stacks.engine.openstack.paces import LONGEST, SHARE, Paces
from stacks.engine.provider import AnswerLost
from tests.stacks.engine.openstack.fake_site import FakeSite

KIND = "server creation"


def api_of(site: FakeSite, gates: Gates, seconds: float = 10.0) -> Api:
    given = site.inputs()
    return Api(Client(given, Identity(given), gates, lambda _site: None), seconds)


def test_first_pause_is_a_share_of_the_last_time_at_that_site() -> None:
    """Another site, another kind, and what was never waited for begin at once."""
    paces = Paces()
    paces.note("east", KIND, 8.0)
    paces.note("east", KIND, 4.0)
    assert paces.first_pause("east", KIND) == pytest.approx(4.0 * SHARE)
    assert (paces.first_pause("west", KIND), paces.first_pause("east", "resize")) == (0.0, 0.0)


def test_first_pause_has_an_end() -> None:
    """One server that took minutes does not make the next ones wait so long."""
    paces = Paces()
    paces.note("east", KIND, 600.0)
    assert paces.first_pause("east", KIND) == LONGEST


def test_poll_of_a_known_kind_looks_later(site: FakeSite) -> None:
    """Two clients of a site learn from each other; a poll that names no kind looks at once."""
    gates = Gates({})
    looks = count(1)
    api_of(site, gates).poll(lambda: True if next(looks) == 4 else None, "the first", like=KIND)

    began = time.monotonic()
    assert api_of(site, gates).poll(lambda: time.monotonic() - began, "the second", like=KIND) >= 0.9
    began = time.monotonic()
    assert api_of(site, gates).poll(lambda: time.monotonic() - began, "the third") < 0.3


def test_poll_of_a_known_kind_keeps_to_its_time(site: FakeSite) -> None:
    """The last look is made when the time is over, however long it took the last time."""
    gates = Gates({})
    api = api_of(site, gates, seconds=0.4)
    gates.paces.note(api.site, KIND, 600.0)
    began = time.monotonic()
    with pytest.raises(AnswerLost, match="the server did not end in time"):
        api.poll(lambda: None, "the server", like=KIND)
    assert time.monotonic() - began < 2.0
