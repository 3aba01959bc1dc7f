"""Who looks at a site of Quanzhou, at what, and whose silence counts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from dr_drills.detection.eyes import observers, targets, told
from dr_drills.detection.watch import Eye, Sighting
from dr_drills.detection.witnesses import agreed
from dr_drills.planning.world import Seen
from dr_drills.probes.scene import Scene, scene
from dr_drills.probes.web import Web
from tests.dr_drills import city


def quanzhou() -> Scene:
    return scene(city.variables())


class AllHosts:
    """Hosts from which everything answers that is in `seen`."""

    def __init__(self, seen: Sequence[str]) -> None:
        self.seen, self.asked = " ".join(seen), set[str]()

    def run(self, host: str, words: Sequence[str], seconds: float) -> str:
        del words, seconds
        self.asked.add(host)
        return self.seen


def test_observers_of_a_site_are_the_seat_and_one_host_at_each_other_site() -> None:
    """Nobody at the lost site is asked."""
    found = observers(quanzhou(), ["donghai"], Web(None, 0.1), AllHosts(()))

    assert [(one.witness, one.where) for one in found] == [
        ("outside", "operator"),
        ("inside", "anxi"),
        ("inside", "changle"),
    ]


def test_observers_without_a_way_into_hosts_are_proxies() -> None:
    """A proxy looks at the databases by itself, at its own pace."""
    found = observers(quanzhou(), ["donghai"], Web(None, 0.1), None)

    assert {one.witness for one in found} == {"outside", "proxy"}


def test_silence_counts_only_from_one_who_sees_another_site() -> None:
    """An observer that is cut off itself knows nothing."""
    sites = {"a": ("a:1", "a:2"), "b": ("b:1",)}

    assert told(sites, ["a"], {"b:1"}) == {"a": False}
    assert told(sites, ["a"], {"a:2", "b:1"}) == {"a": True}
    assert told(sites, ["a"], set()) == {"a": None}
    assert told({"a": ("a:1",)}, ["a"], set()) == {"a": None}


@pytest.mark.slow
def test_observers_inside_two_sites_that_miss_a_third_agree_within_two_seconds() -> None:
    """Each look takes as long as one at a dark site does."""
    lost = "donghai"
    others = [target for site, rows in targets(quanzhou()).items() if site != lost for target in rows]
    hosts = AllHosts(others)
    inside = [one for one in observers(quanzhou(), [lost], Web(None, 0.1), hosts) if one.witness == "inside"]
    began = time.monotonic()
    with Sighting([replace(one, look=slowly(one.look)) for one in inside]) as sighting:
        while agreed(sighting.heard(lost)) is not Seen.YES and time.monotonic() - began < 5:
            time.sleep(0.05)
        found = agreed(sighting.heard(lost))

    assert found is Seen.YES
    assert 0.8 <= time.monotonic() - began < 2.0
    assert len(hosts.asked) == 2


def slowly(look: Eye) -> Eye:
    def wait() -> dict[str, bool | None]:
        time.sleep(0.3)
        return dict(look())

    return wait
