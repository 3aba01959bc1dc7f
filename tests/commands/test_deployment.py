"""The phases of `deploy` and what they come to together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from commands import deployment
from commands.deployment import DeployReport, deploy
from commands.plays import PlayTerminal
from console import Voice
from failures import OutsideFailed, Text
from playbooks.report import ConfigureReport, HostEnd, Verdict
from stacks.rollout.options import RunOptions
from stacks.rollout.plan import StackPlan, Standing
from stacks.rollout.report import RunReport
from stacks.rollout.run import Ended
from stacks.rollout.run import Verdict as RunVerdict

BUILT = RunReport("city", "deploy", ("east",), (), (), 1.0)
DONE = ConfigureReport("city", (HostEnd("a", "east", Verdict.CONFIGURED),), (), 1.0)
FAILED = ConfigureReport(
    "city", (HostEnd("a", "east", Verdict.FAILED, error=OutsideFailed(Text("no room", "没有空间"))),), (), 1.0
)
EMPTY = ConfigureReport("city", (), (), 0.0)


@pytest.fixture
def phases(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Let each phase answer what the test says, and note which were asked."""
    answers: dict[str, Any] = {"build": BUILT, "configure": DONE, "asked": []}

    def answer(phase: str) -> Any:
        def give(*_: Any) -> Any:
            answers["asked"].append(phase)
            return answers.get(phase)

        return give

    monkeypatch.setattr("stacks.rollout.deploy.deploy", answer("build"))
    monkeypatch.setattr("playbooks.configure.configure", answer("configure"))
    monkeypatch.setattr(deployment, "prove", answer("verify"))
    return answers


def go(until: str = "verify") -> DeployReport:
    return deploy(Path("city.yaml"), RunOptions(until=until, yes=True), (), PlayTerminal(Voice()))


@pytest.mark.parametrize(
    ("until", "asked"),
    [
        ("build", ["build"]),
        ("configure", ["build", "configure"]),
        ("verify", ["build", "configure", "verify"]),
    ],
)
def test_deploy_goes_as_far_as_it_is_told(phases: dict[str, Any], until: str, asked: list[str]) -> None:
    """Each word names the last phase."""
    assert go(until).exit_code == 0
    assert phases["asked"] == asked


def test_deploy_after_a_failed_host_proves_nothing(phases: dict[str, Any]) -> None:
    """Exit code 5, and no word about services that were not configured."""
    phases["configure"] = FAILED

    found = go()
    assert found.exit_code == 5
    assert phases["asked"] == ["build", "configure"]
    assert found.document()["ok"] is False


def test_deploy_interrupted_while_building_ends_there(phases: dict[str, Any]) -> None:
    """Ctrl-C is not followed by a second phase."""
    phases["build"] = RunReport("city", "deploy", ("east",), (), (), 1.0, interrupted=True)

    assert go().exit_code == 130
    assert phases["asked"] == ["build"]


def test_deploy_of_a_city_without_services_has_nothing_to_configure(phases: dict[str, Any]) -> None:
    """No hosts, no proofs, no failure."""
    phases["configure"] = EMPTY

    assert go().exit_code == 0
    assert phases["asked"] == ["build", "configure"]


def test_deploy_tells_of_the_sites_while_it_configures(
    phases: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Their table stands with the progress as soon as they are built; where nothing was built there is nothing to tell."""
    go()
    assert capsys.readouterr() == ("", "")

    stack = StackPlan("city.east.parks", "east", "department", Standing.NEW)
    phases["build"] = RunReport("city", "deploy", ("east",), (Ended(stack, RunVerdict.DONE),), (), 1.0)
    go()
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.split()[0] for line in err.splitlines()] == ["city:", "site", "east"]
