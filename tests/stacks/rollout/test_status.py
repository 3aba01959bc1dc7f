"""Status of all sites."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from failures import GovcloudError, SiteUnreachable, Text
from stacks.rollout.deploy import deploy
from stacks.rollout.options import RunOptions
from stacks.rollout.plan import Standing
from stacks.rollout.sites import Connection, ask_all
from stacks.rollout.status import Seen, count, counted, status, status_of
from stacks.rollout.workspace import open_workspace
from tests.stacks.city import FakeTerminal, World, backends, write_city

Question = Callable[[str, Connection], bool]


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GOVCLOUD_HOME", str(tmp_path / "home"))
    return write_city(tmp_path, {"health": 4, "roads": 4})


def silent(sites: Mapping[str, str], _question: Question, _seconds: float) -> Mapping[str, bool | GovcloudError]:
    return {site: SiteUnreachable(Text("silent", "无应答"), where=site) for site in sites}


def answering(sites: Mapping[str, str], _question: Question, _seconds: float) -> Mapping[str, bool | GovcloudError]:
    return dict.fromkeys(sites, True)


def test_status_of_dark_sites_is_unknown_with_what_is_known_here(city: Path) -> None:
    """A dark site has no numbers of its own, never zeros; the records still speak."""
    deploy(city, RunOptions(yes=True), FakeTerminal(), backends(World()))
    report = status(city, silent)
    assert report.exit_code == 5
    for site in report.sites:
        assert site.trouble
        assert (site.seen.servers, site.seen.projects) == (None, None)
        assert site.stacks[Standing.UNCHANGED] == 3
        assert site.deployed
    assert report.document()["sites"]["east"]["servers"] == {"active": None, "total": None}


def test_status_by_a_time_gives_sites_what_is_left_of_it(city: Path) -> None:
    """Reading and importing come off the sites' time; a slow machine still asks them for a second."""
    given: list[float] = []

    def ask(sites: Mapping[str, str], question: Question, seconds: float) -> Mapping[str, bool | GovcloudError]:
        given.append(seconds)
        return silent(sites, question, seconds)

    space = open_workspace(city, os.environ)
    status_of(space, ask, until=time.monotonic() + 60)
    status_of(space, ask, until=time.monotonic() - 5)
    assert 30 < given[0] <= 60
    assert given[1] == 1.0


def test_status_of_a_changed_topology_counts_stacks_by_standing(city: Path, tmp_path: Path) -> None:
    """Deployed, changed, never deployed and removed are told apart."""
    deploy(city, RunOptions(yes=True), FakeTerminal(), backends(World()))
    write_city(tmp_path, {"health": 5, "schools": 4})
    east = status(city, answering).sites[0]
    assert dict(east.stacks) == {
        Standing.UNCHANGED: 1,
        Standing.CHANGED: 1,
        Standing.NEW: 1,
        Standing.GONE: 1,
    }


def test_status_never_deployed_says_so(city: Path) -> None:
    """Before the first deploy nothing is claimed."""
    east = status(city, answering).sites[0]
    assert (east.deployed, east.stacks[Standing.NEW]) == ("", 3)


class Pages:
    """Answers with one page after the other, as Keystone or as Nova links them."""

    def __init__(self, *pages: Mapping[str, Any]) -> None:
        self._pages, self.asked = list(pages), list[tuple[str, Mapping[str, str]]]()

    def get(self, url: str, params: Mapping[str, str]) -> SimpleNamespace:
        self.asked.append((url, params))
        page = self._pages.pop(0)
        return SimpleNamespace(json=lambda: page)


@pytest.mark.parametrize(
    "link", [{"servers_links": [{"rel": "next", "href": "http://nova/2"}]}, {"links": {"next": "http://nova/2"}}]
)
def test_servers_on_more_than_one_page_are_all_counted(link: Mapping[str, Any]) -> None:
    """The page after is asked for as it was given, without the words of the first."""
    pages = Pages({"servers": [{}, {}], **link}, {"servers": [{}], "links": {"next": None}})
    seen = Seen()

    count(SimpleNamespace(compute=pages), counted("quanzhou")[2], seen)

    assert seen.active == 3
    assert pages.asked == [("/servers", {"all_tenants": "true", "status": "ACTIVE"}), ("http://nova/2", {})]


def test_projects_are_counted_by_the_tags_of_the_cloud() -> None:
    """Another cloud's departments at the same site are not ours."""
    pages = Pages({"projects": [{}]})
    seen = Seen()

    count(SimpleNamespace(identity=pages), counted("quanzhou")[0], seen)

    assert (seen.projects, pages.asked) == (1, [("/projects", {"tags": "govcloud,quanzhou"})])


@pytest.mark.slow
def test_ask_all_with_a_site_that_hangs_is_over_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit holds for all sites together, and the quick one's answer is kept."""
    monkeypatch.setattr("stacks.rollout.sites.connect", lambda entry, _seconds: entry)

    def question(_: str, connection: Any) -> str:
        if connection == "slow":
            time.sleep(5)
        return "well"

    ask_all({}, question, 0.1)
    began = time.monotonic()
    answers = ask_all({"a": "quick", "b": "slow"}, question, 1.0)
    assert time.monotonic() - began < 3
    assert answers["a"] == "well"
    assert isinstance(answers["b"], SiteUnreachable)


def test_ask_all_without_an_entry_in_clouds_yaml_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing entry is an input to correct, not a dead site."""
    (tmp_path / "clouds.yaml").write_text("clouds: {}\n")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    answer = ask_all({"a": "none"}, lambda *_: True, 10.0)["a"]
    assert isinstance(answer, GovcloudError)
    assert answer.exit_code == 3
    assert "OS_CLIENT_CONFIG_FILE" in answer.say("en")


def test_ask_all_at_a_closed_port_is_unreachable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens: the site does not answer."""
    auth = "{auth_url: 'http://127.0.0.1:9/v3', username: a, password: b, project_name: c}"
    (tmp_path / "clouds.yaml").write_text(f"clouds:\n  shut: {{auth: {auth}, region_name: r}}\n")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    answer = ask_all({"a": "shut"}, lambda _, c: bool(c.session.get_token()), 20.0)["a"]
    assert isinstance(answer, SiteUnreachable)
