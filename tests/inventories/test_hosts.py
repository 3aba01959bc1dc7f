"""Hosts are named once, and only where their department lives."""

from __future__ import annotations

import pytest

from failures import InputInvalid
from tests.inventories import clouds


def test_register_with_two_services_of_one_member_name_is_refused() -> None:
    """Services `a-east` at `west` and `a` at a site `east-west` would share a member's name."""
    data = clouds.topology()
    data["sites"]["east-west"] = {**data["sites"]["west"], "openstack": "other"}
    data["services"] = {
        "a-east": {"kind": "etcd", "department": "data", "placement": {"west": 1}},
        "a": {"kind": "etcd", "department": "data", "placement": {"east-west": 1}},
    }

    with pytest.raises(InputInvalid, match="a-east and a would both have a member named a-east-west-1"):
        clouds.hosts(data)


def test_register_with_a_service_away_from_its_department_is_refused() -> None:
    """A department that does not live at a site cannot have servers there."""
    data = clouds.topology(quorum={**clouds.service("etcd"), "department": "empty"})

    with pytest.raises(InputInvalid, match="placed at west, where its department empty does not live"):
        clouds.hosts(data)


def test_register_of_several_servers_keeps_the_order_of_the_file() -> None:
    """Hosts come by service, then site, then number."""
    register = clouds.hosts(quorum=clouds.service("etcd", 2, 1, 0))

    assert [h.name for h in register.of("quorum")] == ["quorum-east-1", "quorum-east-2", "quorum-west-1"]
    assert len({h.address for h in register.hosts}) == len(register.hosts)
