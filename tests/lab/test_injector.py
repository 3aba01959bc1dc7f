"""Faults and fences by name, against real namespaces and lines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dr_drills.faults.table import BY_ID
from failures import WrongUsage
from lab.fence import LabBorders, fence_rules
from lab.injector import LabInjector
from lab.namespaces import inside
from tests.lab.wires import answers, eventually, latency, silent
from tests.lab.wiretown import Town, raised_town

HOST = {"one": "10.96.1.3", "two": "10.96.2.3", "three": "10.96.3.3"}
OPEN = "10.96.1.2"
"""A host of the first site that takes connections to port 22 from seats."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with raised_town(tmp_path_factory.mktemp("injector")) as town:
        yield town


@pytest.fixture
def injector(town: Town) -> Iterator[LabInjector]:
    made = LabInjector(town.cloud, town.place)
    yield made
    for applied in made.in_force():
        made.heal(*applied)


def test_injector_and_table_of_faults_know_the_same() -> None:
    """What a scenario may say the lab can do, and nothing else."""
    assert LabInjector(None, None).faults == set(BY_ID)  # type: ignore[arg-type]  # it touches nothing before it is asked


def test_fence_text_resets_and_drops_in_both_directions() -> None:
    """What comes from the site is dropped; who talks to it is told at once."""
    text = fence_rules("anxi", ["10.1.0.0/16"])

    assert text.count("ip saddr { 10.1.0.0/16 } drop") == 3
    assert text.count("reject with tcp reset") == 3


@pytest.mark.parametrize(("fault", "kind", "name"), [("cut", "site", "one"), ("cut", "carrier", "red")])
@pytest.mark.lab
def test_injector_cut_that_is_repeated_and_healed_leaves_nothing(
    town: Town, injector: LabInjector, fault: str, kind: str, name: str
) -> None:
    """Injecting twice is once; it is in force until it is healed, and healing twice is once."""
    for _ in range(2):
        injector.inject(fault, kind, name)
    assert injector.in_force() == {(fault, kind, name)}
    for _ in range(2):
        injector.heal(fault, kind, name)

    assert injector.in_force() == set()
    assert eventually(lambda: latency(town.host("one", "h2"), HOST["two"]) is not None)


@pytest.mark.lab
def test_injector_slowness_of_a_line_is_felt_and_named(town: Town, injector: LabInjector) -> None:
    """Both direct lines take 50 ms longer each way; what is in force has the drill's own name."""
    before = latency(town.host("one", "h2"), HOST["two"])
    for line in ("one-two-red", "one-two-blue"):
        injector.inject("slow-50ms", "link", line)
    slow = latency(town.host("one", "h2"), HOST["two"])

    assert before is not None
    assert slow is not None
    assert slow - before > 90
    assert injector.in_force() == {("slow-50ms", "link", "one-two-red"), ("slow-50ms", "link", "one-two-blue")}


@pytest.mark.lab
def test_injector_api_outage_mutes_the_control_plane_alone(town: Town, injector: LabInjector) -> None:
    """Keystone's address says nothing while hosts of the site go on."""
    site = town.sites["one"]
    assert not silent(town.sites["two"].seat, site.address)
    injector.inject("api-outage", "site", "one")

    assert silent(town.sites["two"].seat, site.address)
    assert latency(town.host("two", "h2"), HOST["one"]) is not None
    injector.heal("api-outage", "site", "one")
    assert "govcloud_api_outage" not in inside(site.namespace, "nft", "list", "tables")


@pytest.mark.lab
def test_injector_of_a_fault_there_is_not_says_what_there_is(town: Town, injector: LabInjector) -> None:
    """Nothing is noted of what cannot be done."""
    with pytest.raises(WrongUsage):
        injector.inject("earthquake", "site", "one")

    assert injector.in_force() == set()


@pytest.mark.lab
def test_fence_around_a_site_stops_it_and_is_read_back(town: Town) -> None:
    """The others refuse it at once and say so; others still meet; nothing is left once it is lifted."""
    borders = LabBorders(town.place)
    assert borders.fenced("one") == {"two": False, "three": False}
    assert answers(town.sites["two"].seat, town.host("one", "h1"), OPEN, 22)
    for _ in range(2):
        borders.fence("one")
    try:
        assert borders.fenced("one") == {"two": True, "three": True}
        assert borders.fenced("two") == {"one": False, "three": False}
        assert silent(town.host("one", "h2"), HOST["two"])
        assert not answers(town.sites["two"].seat, town.host("one", "h1"), OPEN, 22)
        assert latency(town.host("two", "h2"), HOST["three"]) is not None
    finally:
        for _ in range(2):
            borders.unfence("one")

    assert borders.fenced("one") == {"two": False, "three": False}
    assert latency(town.host("one", "h2"), HOST["two"]) is not None
    assert all("govcloud_fence_" not in inside(site.edge, "nft", "list", "tables") for site in town.sites.values())


@pytest.mark.lab
def test_fence_of_a_site_there_is_not_is_wrong_usage(town: Town) -> None:
    """A slip of the hand fences nobody."""
    with pytest.raises(WrongUsage):
        LabBorders(town.place).fence("four")
