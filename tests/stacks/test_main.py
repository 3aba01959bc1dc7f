"""Tests of the program as `pulumi up` starts it: from its folder, with config, under any working directory."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import pulumi
import pytest
import yaml

from tests.stacks import small
from tests.stacks.recorder import Recording, record, run_recorded

ROOT = Path(__file__).parent.parent.parent
CLOUDS = {"clouds": {"east": {"auth": {"auth_url": "https://east.test/v3"}, "region_name": "r1"}}}


@pytest.fixture
def topology(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A topology file and a clouds.yaml on a desk that is not the repository."""
    path = tmp_path / "small.yaml"
    data = small.topology()
    # A file is checked: its database needs an etcd, which stands where no tested shard sees it.
    data["services"]["quorum"] = {"kind": "etcd", "department": "empty", "placement": {"east": 1}}
    path.write_text(yaml.safe_dump(json.loads(json.dumps(data)), allow_unicode=True), encoding="utf-8")
    clouds = tmp_path / "clouds.yaml"
    clouds.write_text(yaml.safe_dump(CLOUDS), encoding="utf-8")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(clouds))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    return path


def up(topology: Path, site: str, shard: str) -> Recording:
    """Run the program in its folder as Pulumi's language host does."""
    config = {"govcloud:topology": str(topology), "govcloud:site": site, "govcloud:shard": shard}
    foundation = next(s for s in small.shards() if s.stack == f"smallcity.{site}.foundation").typed
    return run_recorded(_run_folder, foundation, config=config)


def _run_folder() -> None:
    runpy.run_path(str(ROOT / "stacks"), run_name="__main__")


@pytest.mark.slow
def test_main_config_names_a_shard_builds_what_the_plan_has(topology: Path) -> None:
    """The CLI builds the same resources as the plan would, with the site's Keystone from clouds.yaml."""
    shards = {shard.stack: shard for shard in small.shards()}
    wanted = record(shards["smallcity.east.data"].typed, shards["smallcity.east.foundation"].typed)
    built = up(topology, "east", "data")
    (own,) = [e for e in built.entries if e.type == "pulumi:providers:openstack" and e.name == "data"]

    assert sorted((e.type, e.name) for e in built.entries) == sorted((e.type, e.name) for e in wanted.entries)
    assert own.inputs["authUrl"] == "https://east.test/v3"


def test_main_unknown_shard_ends_with_one_message(topology: Path) -> None:
    """A wrong config is told in one line, without a traceback of ours."""
    with pytest.raises(pulumi.RunError, match="smallcity has no shard nobody at site east"):
        up(topology, "east", "nobody")


def test_project_file_points_at_the_program() -> None:
    """Pulumi.yaml names the project of the stack references, this program and its three settings."""
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))

    assert project["name"] == "govcloud"
    assert project["runtime"] == {"name": "python", "options": {"virtualenv": ".venv"}}
    assert (ROOT / project["main"] / "__main__.py").is_file()
    assert sorted(project["config"]) == ["shard", "site", "topology"]
