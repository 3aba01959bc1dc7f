"""The real Pulumi CLI as engine at a real site: what it builds, keeps and hands over."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import census, town
from tests.lab.conftest import TestCity
from tests.lab.yard import LAB, Yard, active_sites

NAME = "clitown"
PLUGIN = "pulumi-resource-openstack"
ENGINE = ("--engine", "pulumi")


def has_cli() -> bool:
    """Return whether the CLI is here, with a provider for OpenStack on PATH or among its plug-ins."""
    if not shutil.which("pulumi"):
        return False
    if shutil.which(PLUGIN):
        return True
    listed = subprocess.run(
        ["pulumi", "plugin", "ls", "--json"], capture_output=True, text=True, timeout=60, check=True
    )
    return any(plugin["name"] == "openstack" for plugin in json.loads(listed.stdout))


pytestmark = [
    *LAB,
    pytest.mark.pulumi_cli,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        not has_cli(), reason=f"no pulumi CLI with {PLUGIN} on PATH: --engine pulumi was NOT tested on this machine"
    ),
]


@pytest.fixture
def yard(testcity: TestCity, tmp_path: Path) -> Iterator[Yard]:
    made = Yard(tmp_path, testcity.clouds_yaml, testcity.cloud, active_sites(testcity.cloud)[0])
    try:
        yield made
    finally:
        made.destroy()


def but_defaults(found: census.Census) -> census.Census:
    """Return a census without the groups that Neutron makes by itself: the CLI leaves them, and their rules."""
    return {kind: [name for name in names if "/default" not in name] for kind, names in found.items()}


def wanted(yard: Yard, testcity: TestCity, **more: str) -> town.Topology:
    """Return a topology of one department with servers, volumes and floating addresses, and more of some template."""
    departments = {"c-desk": town.department("pair", "high")}
    departments |= {name.replace("_", "-"): town.department(template) for name, template in more.items()}
    return town.topology(NAME, testcity.cloud, (yard.site,), departments)


def test_cli_builds_what_the_embedded_engine_builds(yard: Yard, testcity: TestCity) -> None:
    """Counted through the OpenStack API: both engines leave the same things; a second run changes nothing."""
    content = wanted(yard, testcity)
    built = yard.deploy(content, *ENGINE, "--json").document
    by_cli = yard.census()
    again = yard.deploy(content, "--refresh", "--json").document
    yard.destroy()
    gone = yard.census()
    yard.deploy(content, "--engine", "embedded")

    assert built["errors"] == []
    assert census.differences(but_defaults(by_cli), but_defaults(yard.census())) == []
    assert [change for row in again["stacks"] for change in row.get("changes", ())] == []
    assert not any(but_defaults(gone)[kind] for kind in census.UNIQUE)


def test_cli_takes_over_a_state_and_hands_it_back(yard: Yard, testcity: TestCity, tmp_path: Path) -> None:
    """What one engine built the other finds unchanged."""
    yard.deploy(wanted(yard, testcity))
    before = yard.census()
    for engine in ("pulumi", "embedded"):
        for shard in ("foundation", "c-desk"):
            stack = f"{NAME}.{yard.site}.{shard}"
            file = tmp_path / f"{stack}.{engine}.json"
            file.write_text(yard.govcloud.run("state", "export", stack).out, encoding="utf-8")
            yard.govcloud.run("state", "import", stack, file, "--engine", engine, "--yes")
        moved = yard.deploy(wanted(yard, testcity), "--json").document
        assert moved["errors"] == []
        assert census.differences(before, yard.census()) == []
        assert {
            row["engine"] for row in yard.govcloud.run("state", "list", yard.path, "--json").document["stacks"]
        } == {engine}


def test_cli_destroys_nothing_that_holds_data_unnamed(yard: Yard, testcity: TestCity) -> None:
    """A department that left is refused with exit 4 until it is named, and then gone."""
    yard.deploy(wanted(yard, testcity, c_gone="plain"), *ENGINE)
    before = yard.census()

    refused = yard.deploy(wanted(yard, testcity), expect=4)
    kept = yard.census()
    yard.deploy(wanted(yard, testcity), "--delete", f"{NAME}.{yard.site}.c-gone")

    assert f"{NAME}.{yard.site}.c-gone" in refused.out + refused.err
    assert census.differences(before, kept) == []
    assert "c-gone" not in yard.census()["projects"]
