"""Tests of the flagship topology: true to Quanzhou, and small enough for what it declares."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest
import yaml

from topology import ledger
from topology.load import read
from topology.model import Cloud, FlavorSize, ServiceKind, SiteRole
from topology.values import Titles

FILE = Path(__file__).parents[2] / "topology" / "quanzhou.yaml"
READING = read(FILE)


@pytest.fixture(name="cloud")
def quanzhou() -> Cloud:
    assert READING.cloud is not None
    return READING.cloud


def placed(cloud: Cloud) -> Iterator[tuple[str, str, Counter[str]]]:
    """Yield (department, site, what one application or service takes there), with the names of the quota's fields."""
    for department, tenant in cloud.departments.items():
        for site in cloud.sites_of(department):
            for application in tenant.applications.values():
                template = cloud.templates[application.template]
                count = cloud.servers_of(application, site)
                needs = weigh(count, template.flavor, template.volume_gb)
                yield department, site, needs + Counter(floating_addresses=count * template.floating)
    for service in cloud.services.values():
        for site, count in service.placement.items():
            yield service.department, site, weigh(count, service.flavor, service.volume_gb)


def weigh(count: int, flavor: FlavorSize, volume_gb: int) -> Counter[str]:
    """Return the needs of some servers; disk_gb counts system disks too, which some clouds boot from volumes."""
    disk_gb = flavor.disk_gb + volume_gb
    needs = {"servers": 1, "vcpus": flavor.vcpus, "ram_gb": flavor.ram_gb, "disk_gb": disk_gb, "volumes": volume_gb > 0}
    return Counter({name: count * need for name, need in needs.items()})


def over_quota(cloud: Cloud) -> list[tuple[str, str, str]]:
    taken: dict[tuple[str, str], Counter[str]] = {}
    for department, site, needs in placed(cloud):
        taken[department, site] = taken.get((department, site), Counter()) + needs
    return [
        (department, site, name)
        for (department, site), needs in taken.items()
        for name, need in needs.items()
        if need > getattr(cloud.departments[department].quota, name)
    ]


def over_capacity(cloud: Cloud) -> list[tuple[str, str]]:
    found = []
    for name, site in cloud.sites.items():
        needs = sum((needs for _, at, needs in placed(cloud) if at == name), Counter[str]())
        room = {"vcpus": site.capacity.vcpus, "ram_gb": site.capacity.ram_gb, "disk_gb": site.capacity.disk_tb * 1024}
        found += [(name, field) for field, most in room.items() if needs[field] > most]
    return found


def test_quanzhou_when_read_has_no_finding() -> None:
    """The flagship is the example to learn from: not even a note."""
    assert READING.findings == ()


def test_quanzhou_is_two_cities_and_three_centres(cloud: Cloud) -> None:
    """Donghai and Anxi are active in Quanzhou, Changle waits in Fuzhou."""
    assert {name: (site.role, site.city) for name, site in cloud.sites.items()} == {
        "donghai": (SiteRole.ACTIVE, "quanzhou"),
        "anxi": (SiteRole.ACTIVE, "quanzhou"),
        "changle": (SiteRole.DR, "fuzhou"),
    }
    assert not set.intersection(*(set(site.power) for site in cloud.sites.values()))


def test_quanzhou_direct_lines_share_neither_carrier_nor_duct(cloud: Cloud) -> None:
    """The two government-direct lines inside the city do not fail together."""
    one, other = (link for link in cloud.links if link.kind == "government-direct")

    assert set(one.between) == set(other.between) == {"donghai", "anxi"}
    assert one.carrier != other.carrier
    assert one.duct != other.duct


def test_quanzhou_both_active_sites_feed_the_dr_site(cloud: Cloud) -> None:
    """Changle has a leased line of its own from each active site, slower than the lines inside the city."""
    leased = [link for link in cloud.links if link.kind == "leased"]
    direct = max(link.latency_ms for link in cloud.links if link.kind == "government-direct")

    assert sorted(sorted(link.between) for link in leased) == [["anxi", "changle"], ["changle", "donghai"]]
    assert min(link.latency_ms for link in leased) > direct
    assert len({link.duct for link in cloud.links}) == len(cloud.links)


def test_quanzhou_departments_live_at_all_sites(cloud: Cloud) -> None:
    """More than forty departments, each at all three sites."""
    assert len(cloud.departments) >= 40
    assert {cloud.sites_of(department) for department in cloud.departments} == {("donghai", "anxi", "changle")}


def test_quanzhou_departments_are_named_in_both_languages(cloud: Cloud) -> None:
    """Departments and their one to three applications have Chinese and English titles, and short names."""
    for name, tenant in cloud.departments.items():
        assert 1 <= len(tenant.applications) <= 3
        for titles in (tenant.title, *(application.title for application in tenant.applications.values())):
            assert titles.zh
            assert titles.en
        assert max(len(name + application) for application in tenant.applications) <= 45
    assert len({tenant.title for tenant in cloud.departments.values()} - {Titles()}) == len(cloud.departments)


def test_quanzhou_critical_applications_run_at_every_site(cloud: Cloud) -> None:
    """What may lose nothing is at both active sites, and has a server waiting at the DR site."""
    critical = [a for d in cloud.departments.values() for a in d.applications.values() if a.tier == "critical"]

    assert len(critical) >= 5
    assert all(cloud.servers_of(application, site) for application in critical for site in cloud.sites)


def test_quanzhou_every_application_runs_at_both_active_sites(cloud: Cloud) -> None:
    """Same-city dual-active means that nothing lives in one centre alone."""
    for tenant in cloud.departments.values():
        for application in tenant.applications.values():
            assert cloud.servers_of(application, "donghai") == cloud.servers_of(application, "anxi") >= 1


def test_quanzhou_services_stand_at_all_sites(cloud: Cloud) -> None:
    """Each kind of service is there, with one server at each site; the database is synchronous in the city."""
    assert {service.kind for service in cloud.services.values()} == set(get_args(ServiceKind))
    assert all(service.placement == dict.fromkeys(cloud.sites, 1) for service in cloud.services.values())
    database = cloud.services["citizen-db"]
    assert (database.sync, database.tier, cloud.tiers["critical"].rpo) == ("city", "critical", 0)


def test_quanzhou_tiers_promise_less_step_by_step(cloud: Cloud) -> None:
    """Each tier allows a longer outage and more loss than the one before, at a lower level claimed."""
    for stricter, looser in pairwise(cloud.tiers.values()):
        assert stricter.rto < looser.rto
        assert stricter.rpo < looser.rpo
        assert stricter.gbt20988 > looser.gbt20988


def test_quanzhou_duties_are_held_apart(cloud: Cloud) -> None:
    """Supervising, operating and using are held by different parties."""
    duties = [set(cloud.duties.supervise), set(cloud.duties.operate), set(cloud.duties.use)]

    assert all(duties)
    assert sum(map(len, duties)) == len(set.union(*duties))


def test_quanzhou_fits_its_quotas(cloud: Cloud) -> None:
    """What each department places at each site is within its quota."""
    assert over_quota(cloud) == []


def test_quanzhou_fits_its_capacity(cloud: Cloud) -> None:
    """What is placed at each site is within the site's capacity."""
    assert over_capacity(cloud) == []


@pytest.mark.parametrize("field", ["servers", "vcpus", "ram_gb", "disk_gb", "volumes", "floating_addresses"])
def test_quanzhou_with_tiny_quota_is_seen(cloud: Cloud, field: str) -> None:
    """The quota test can fail: one unit for everyone is too little of anything."""
    tiny = {
        name: tenant.model_copy(update={"quota": tenant.quota.model_copy(update={field: 1})})
        for name, tenant in cloud.departments.items()
    }

    assert {name for _, _, name in over_quota(cloud.model_copy(update={"departments": tiny}))} == {field}


def test_quanzhou_with_tiny_sites_is_seen(cloud: Cloud) -> None:
    """The capacity test can fail: a site of one unit holds nothing."""
    tiny = {
        name: site.model_copy(
            update={"capacity": site.capacity.model_copy(update={"vcpus": 1, "ram_gb": 1, "disk_tb": 1})}
        )
        for name, site in cloud.sites.items()
    }

    assert len(over_capacity(cloud.model_copy(update={"sites": tiny}))) == 9


def test_quanzhou_stays_small_enough_for_a_lab(cloud: Cloud) -> None:
    """The whole city is built on two cores in minutes, so its size is watched."""
    total = sum((needs for _, _, needs in placed(cloud)), Counter[str]())

    assert 120 <= total["servers"] <= 150
    assert 35 <= total["volumes"] <= 50
    assert 15 <= total["floating_addresses"] <= 25


def test_quanzhou_uses_all_it_declares(cloud: Cloud) -> None:
    """No template, tier, tenant zone or image is there for show."""
    applications = [a for tenant in cloud.departments.values() for a in tenant.applications.values()]

    assert {a.template for a in applications} == set(cloud.templates)
    assert {a.tier for a in applications} == set(cloud.tiers)
    tenants = {name for name, zone in cloud.zones.items() if zone.kind == "tenant"}
    assert {template.zone for template in cloud.templates.values()} == tenants
    assert {template.image for template in cloud.templates.values()} == set(cloud.images)


def test_quanzhou_ledger_is_up_to_date(cloud: Cloud) -> None:
    """The committed address ledger holds exactly the names of the file, so planning writes nothing."""
    planned = ledger.plan_for(cloud, FILE)

    assert ledger.read(ledger.path_for(FILE)) == planned.ledger
    assert planned.ledger.sites == {"donghai": 0, "anxi": 1, "changle": 2}


def test_quanzhou_images_are_recipes_beside_it(cloud: Cloud) -> None:
    """Each image file is there and names a Debian suite and its packages, each once."""
    for image in cloud.images.values():
        recipe = yaml.safe_load((FILE.parent / image.file).read_text(encoding="utf-8"))
        assert recipe["suite"] == "bookworm"
        assert len(set(recipe["packages"])) == len(recipe["packages"]) > 10


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")
def test_quanzhou_drill_schedules_are_calendar_expressions(cloud: Cloud) -> None:
    """Systemd understands when each drill is due."""
    schedules = [drill.schedule for drill in cloud.drills.values() if drill.schedule]
    run = subprocess.run(
        ["systemd-analyze", "calendar", *schedules], capture_output=True, text=True, timeout=20, check=False
    )

    assert schedules
    assert run.returncode == 0, run.stderr
