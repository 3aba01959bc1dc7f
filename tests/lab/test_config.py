"""Configuration files of the services."""

from __future__ import annotations

import configparser
import json
from pathlib import Path

import pytest

from lab.openstack.config import Hosting, ini, render
from lab.place import find_place
from lab.services import SERVICES
from lab.site import LabSite, plan_sites
from tests.lab.conftest import read_city

HOSTING = Hosting("services", Path("/cache"))


@pytest.fixture
def site() -> LabSite:
    """The first site of the test city, placed."""
    return plan_sites(read_city(), find_place("testcity", {}), 0, {})[0]


def parse(text: str) -> configparser.ConfigParser:
    """Return an ini file as oslo.config would read it."""
    parser = configparser.ConfigParser(interpolation=None, default_section="none")
    parser.read_string(text)
    return parser


def test_ini_renders_sections_and_options() -> None:
    """One blank line between sections, one option per line."""
    assert ini({"a": {"x": 1}, "b": {"y": "z"}}) == "[a]\nx = 1\n\n[b]\ny = z\n"


def test_render_every_service_has_its_file(site: LabSite) -> None:
    """A service restarts when the file that begins with its name changes, so each must have exactly one."""
    files = render(site, Path("/venv"), "secret", HOSTING)

    assert all(sum(name.startswith(service.name) for name in files) == 1 for service in SERVICES)


def test_render_nova_hosts_carry_the_declared_capacity(site: LabSite) -> None:
    """What nova offers is what the topology declares."""
    nova = parse(render(site, Path("/venv"), "secret", HOSTING)["nova.conf"])
    hosts = json.loads(nova["govlab"]["hosts"])

    assert sum(host["vcpus"] for host in hosts.values()) == site.capacity.vcpus
    assert [nova["DEFAULT"][f"{kind}_allocation_ratio"] for kind in ("cpu", "ram", "disk")] == ["1.0"] * 3


def test_render_cinder_pool_carries_the_declared_capacity(site: LabSite) -> None:
    """A TiB of the topology is 1024 GiB of the pool."""
    cinder = parse(render(site, Path("/venv"), "secret", HOSTING)["cinder.conf"])

    assert cinder["govlab"]["govlab_capacity_gb"] == str(site.capacity.disk_tb * 1024)


def test_render_all_addresses_are_the_sites_own(site: LabSite) -> None:
    """No service of a site asks another site, or the machine itself."""
    text = "".join(render(site, Path("/venv"), "secret", HOSTING).values())

    assert f"http://{site.address}:5000/v3" in text
    assert "127.0.0.1" not in text
