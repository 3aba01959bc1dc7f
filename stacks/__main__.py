"""The program that `pulumi up` runs: reads its config, loads the topology, builds one shard."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Pulumi puts this folder first on the path, where its modules would hide others of the same name.
sys.path[:] = [str(ROOT), *(entry for entry in sys.path if Path(entry or ".").resolve() != ROOT / "stacks")]

import pulumi  # noqa: E402 - the path must be set first

from failures import GovcloudError  # noqa: E402 - as above
from stacks.program import build  # noqa: E402 - as above
from topology.ledger import plan_for  # noqa: E402 - as above
from topology.load import load_cloud  # noqa: E402 - as above


def main() -> None:
    """Build the shard that the stack's config names."""
    config = pulumi.Config("govcloud")
    topology = ROOT / config.require("topology")
    try:
        cloud = load_cloud(topology)
        folder = topology if topology.is_dir() else topology.parent
        build(cloud, plan_for(cloud, topology), config.require("site"), config.require("shard"), folder)
    except GovcloudError as error:
        raise pulumi.RunError(error.say("en")) from error


main()
