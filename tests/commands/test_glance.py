"""The whole cloud at a glance, as `status` puts it together and prints it."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import dr_drills.glance.report
import stacks.rollout.status
from commands.glance import CloudStatus, glance_tables, look
from console import Voice
from dr_drills.glance.readings import Readings
from dr_drills.glance.report import assess
from failures import GateRefused, GovcloudError, SiteUnreachable, Text
from inventories.credentials import renewed
from inventories.hosts import register
from inventories.keys import SECRETS
from inventories.vault import Vault
from stacks.rollout.home import home_of
from stacks.rollout.sealing import open_secrets
from stacks.rollout.status import Seen, SiteStatus, StatusReport, status_of
from tests.dr_drills import city
from tests.dr_drills.city import NAME
from tests.dr_drills.pretence import NOW
from topology.ledger import plan_for
from topology.links import link_names

PHRASE = "a phrase of the tests"


def sites(*dark: str) -> StatusReport:
    rows = [
        SiteStatus(
            site=site,
            role="active",
            seen=Seen(),
            trouble=SiteUnreachable(Text("silent", "无应答"), where=site) if site in dark else None,
            stacks=Counter(),
            departments=0,
            deployed="",
        )
        for site in ("donghai", "anxi", "changle")
    ]
    return StatusReport("quanzhou", tuple(rows))


def seen(readings: Readings, *dark: str) -> CloudStatus:
    return CloudStatus(sites(*dark), assess(city.everyone(), readings, link_names(city.cloud())))


def printed(report: CloudStatus, lang: str) -> str:
    out = io.StringIO()
    Voice(lang, out=out, err=io.StringIO()).report(report, glance_tables)
    return " ".join(out.getvalue().split())


def test_status_that_is_well_prints_services_and_exits_zero() -> None:
    """Who is primary and what may be lost can be read; there is nothing to remark."""
    report = seen(city.well())

    assert report.exit_code == 0
    text = printed(report, "en")
    assert "citizen-db postgresql well 1 primary" in text
    assert "NOT WELL" not in text
    assert "rule" not in text


def test_status_with_a_failure_exits_one_and_says_why_in_both_languages() -> None:
    """The remark stands below the table, with its rule."""
    report = seen(city.swapped("patroni", {city.PRIMARY: city.patroni(city.PRIMARY, followers=())}))

    assert report.exit_code == 1
    assert "S02 NOT WELL citizen-db" in printed(report, "en")
    assert "没有同步副本" in printed(report, "zh")
    assert [error.what.en for error in report.messages] == ["some services are not well"]


def test_status_with_a_dark_site_is_unknown_and_says_it_once() -> None:
    """Hosts of which the same is to be said share a line; the exit code is that of something outside."""
    report = seen(city.dark("anxi"), "anxi")

    assert report.exit_code == 5
    hosts = [row for table in glance_tables(report) for row in table.rows if row[0] == "S71"]
    assert len(hosts) == 1
    assert str(hosts[0][3]).count("anxi") == 6


def test_status_document_adds_to_that_of_the_sites() -> None:
    """What scripts read of sites stays where it was; things and remarks stand beside it."""
    found = json.loads(json.dumps(seen(city.well()).document()))

    assert set(found["sites"]) == {"donghai", "anxi", "changle"}
    assert found["things"]["dns"][NAME]["facts"]["anxi"]["ttl"] == 5
    assert (found["ok"], found["exit_code"], found["remarks"]) == (True, 0, [])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, sites that answer nothing, hosts that are not asked."""
    monkeypatch.setenv("GOVCLOUD_HOME", str(tmp_path))
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", PHRASE)

    def silent(asked: Mapping[str, str], *_: Any) -> Mapping[str, bool | GovcloudError]:
        return {site: SiteUnreachable(Text("silent", "无应答"), where=site) for site in asked}

    monkeypatch.setattr(stacks.rollout.status, "status_of", lambda space, until: status_of(space, silent, until=until))
    monkeypatch.setattr(dr_drills.glance.report, "read_all", lambda *_: city.well())
    return tmp_path


def test_look_before_the_first_configuration_says_nothing_of_services(home: Path) -> None:
    """Without credentials no host was ever configured; sites are told as ever."""
    report = look(city.QUANZHOU)

    assert report.services is None
    assert report.document()["things"] is None
    assert report.exit_code == 5


@pytest.mark.slow
def test_look_after_configuring_reads_services_with_the_kept_keys(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The authority and passwords come from the sealed file; a wrong passphrase is told, and passes nothing."""
    keys: list[Any] = []
    environ = {"GOVCLOUD_HOME": str(home), "PULUMI_CONFIG_PASSPHRASE": PHRASE}
    place = home_of("quanzhou", environ)
    vault = Vault(place.folder / SECRETS, open_secrets(place, environ, lambda _: None))
    vault.write(renewed(register(city.cloud(), plan_for(city.cloud(), city.QUANZHOU)), None, NOW))
    monkeypatch.setattr(dr_drills.glance.report, "Web", lambda found, _: keys.append(found))

    report = look(city.QUANZHOU)

    assert report.services
    assert report.services.remarks == ()
    assert keys[0].authority.startswith("-----BEGIN CERTIFICATE")
    assert keys[0].passwords["certificates"]

    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "another phrase")
    wrong = look(city.QUANZHOU)

    assert wrong.trouble
    assert keys[1] is None
    assert isinstance(wrong.trouble, GovcloudError | GateRefused)
    assert wrong.trouble in wrong.messages
