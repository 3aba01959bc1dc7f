"""Placing the sites of a cloud on the machine."""

from __future__ import annotations

import pytest

from lab.place import find_place
from lab.site import plan_sites, share
from tests.lab.conftest import read_city
from topology.model import Capacity

IFNAMSIZ = 15


@pytest.mark.parametrize("vcpus", [1, 2, 3, 4, 7, 4000])
def test_share_adds_up_to_the_declared_capacity(vcpus: int) -> None:
    """No vCPU, MiB or GiB is lost or made up, and no host is without a vCPU."""
    hosts = share(Capacity(vcpus=vcpus, ram_gb=21, disk_tb=3), "east")

    assert sum(host["vcpus"] for host in hosts.values()) == vcpus
    assert sum(host["memory_mb"] for host in hosts.values()) == 21 * 1024
    assert sum(host["local_gb"] for host in hosts.values()) == 3 * 1024
    assert all(host["vcpus"] for host in hosts.values())


def test_share_ample_capacity_has_hosts_for_anti_affinity() -> None:
    """Four hosts let groups of up to four servers keep apart."""
    assert len(share(Capacity(vcpus=100, ram_gb=100, disk_tb=1), "east")) == 4


def test_plan_sites_names_fit_the_kernel() -> None:
    """Interface names stay within the kernel's 15 characters in the highest slot."""
    sites = plan_sites(read_city(), find_place("testcity", {}), 511, {"east": 7})

    names = [name for site in sites for name in (site.link, site.operator_link)]

    assert all(len(name) <= IFNAMSIZ for name in names)
    assert len(set(names)) == 2 * len(sites)


def test_plan_sites_sockets_fit_the_kernel() -> None:
    """A unix socket's path has at most 107 characters, also for the longest names."""
    cloud = read_city()
    long = cloud.model_copy(update={"sites": {"s" * 31: cloud.sites["east"]}})
    [site] = plan_sites(long, find_place("c" * 31, {}), 0, {})

    assert len(str(site.socket)) <= 107
