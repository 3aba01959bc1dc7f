"""Names of links."""

from __future__ import annotations

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from tests.house.sources import ROOT
from topology.links import link_names
from topology.load import load_cloud
from topology.model import Cloud, Link

QUANZHOU = ROOT / "topology" / "quanzhou.yaml"


@cache
def quanzhou() -> Cloud:
    return load_cloud(QUANZHOU)


def with_links(*rows: tuple[str, str, str, str | None]) -> Cloud:
    """Return Quanzhou with other links: two sites, carrier and duct each."""
    links = tuple(
        Link(between=(a, b), kind="leased", latency_ms=1, bandwidth_mbps=1, carrier=carrier, duct=duct)
        for a, b, carrier, duct in rows
    )
    return quanzhou().model_copy(update={"links": links})


def test_link_names_of_quanzhou_say_sites_and_carrier() -> None:
    """Sites and carrier are enough where no two links share them."""
    names = ["donghai-anxi-unicom", "donghai-anxi-telecom", "donghai-changle-telecom", "anxi-changle-mobile"]

    assert list(link_names(quanzhou())) == names


def test_link_names_of_one_carrier_add_the_duct() -> None:
    """Two lines of one carrier differ by their ducts."""
    cloud = with_links(("donghai", "anxi", "unicom", "d1"), ("donghai", "anxi", "unicom", "d2"))

    assert list(link_names(cloud)) == ["donghai-anxi-unicom-d1", "donghai-anxi-unicom-d2"]


def test_link_names_without_ducts_are_numbered() -> None:
    """Lines that nothing tells apart get numbers in the order of the file."""
    cloud = with_links(*[("donghai", "anxi", "unicom", None)] * 2)

    assert list(link_names(cloud)) == ["donghai-anxi-unicom-1", "donghai-anxi-unicom-2"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "a-b", "b"]),
            st.sampled_from(["c", "b-c", "c-x"]),
            st.sampled_from(["x", "c-x", "x-1"]),
            st.sampled_from([None, "x", "x-1", "d"]),
        ),
        max_size=8,
    )
)
def test_link_names_of_any_links_are_all_different(rows: list[tuple[str, str, str, str | None]]) -> None:
    """Every link has a name of its own, whatever dashes and digits the names are made of."""
    cloud = with_links(*rows)

    assert list(link_names(cloud).values()) == list(cloud.links)
