"""Tests of the planned addresses of service servers."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks.fixed import fixed_addresses
from tests.stacks import small
from topology.addresses import fixed_range

service_names = st.lists(st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True), min_size=1, max_size=8, unique=True)


def with_services(names: list[str]) -> dict[str, Any]:
    data = small.topology()
    data["services"] = {n: {"kind": "app", "department": "data", "placement": {"east": 1}} for n in names}
    return data


def addresses_of(names: list[str]) -> dict[tuple[str, int], str]:
    cloud, addresses = small.planned(with_services(names))
    return dict(fixed_addresses(cloud, addresses, "data", "extranet", "east"))


@pytest.mark.slow
@given(names=service_names)
def test_fixed_addresses_are_apart_and_kept_for_services(names: list[str]) -> None:
    """Each server has its own address, none that OpenStack may give to another."""
    _, addresses = small.planned()
    kept = fixed_range(addresses.subnet("extranet", "east", "data"))
    found = addresses_of(names)

    assert len(set(found.values())) == len(names)
    assert all(kept.first <= IPv4Address(address) <= kept.last for address in found.values())


@pytest.mark.slow
@given(names=service_names)
def test_fixed_addresses_last_service_gone_moves_nobody(names: list[str]) -> None:
    """A service at the end of the file comes and goes without moving the others."""
    before = addresses_of(names)

    assert addresses_of(names[:-1]) == {who: address for who, address in before.items() if who[0] != names[-1]}
