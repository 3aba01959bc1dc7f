"""Opens the inventory of a cloud: derived from its topology, with the doors to what is built of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from failures import InputInvalid, Text
from inventories.ansible import Door
from inventories.derive import Inventory, derive
from inventories.hosts import Register, register
from inventories.outputs import Built, Outputs, built
from inventories.runtime import runtime_folder, write_private
from stacks.rollout.engines import PULUMI
from stacks.rollout.home import Home, home_of
from stacks.rollout.sealing import open_secrets
from stacks.rollout.stack_index import known_stacks
from topology.ledger import plan_for
from topology.load import load_cloud
from topology.model import Cloud

KNOWN_HOSTS = "known_hosts"
PLAIN_PATH = re.compile(r"^[A-Za-z0-9_./+-]+$")

FindBundle = Callable[[Cloud, Path], Path | None]
"""Returns the folder of packages for a cloud, whose topology lies in the given folder; None when there is none."""


def no_bundle(_: Cloud, __: Path) -> Path | None:
    return None


@dataclass(frozen=True)
class Opened:
    """A cloud's inventory on this machine; `folder` is where its keys lie while they are used."""

    register: Register
    inventory: Inventory
    built: Built
    doors: Mapping[str, Door]
    home: Home
    folder: Path

    @property
    def cloud(self) -> Cloud:
        return self.register.cloud


def open_inventory(
    source: Path, environ: Mapping[str, str], note: Callable[[Text], None], find_bundle: FindBundle = no_bundle
) -> Opened:
    """Read the topology and what was built, lay the departments' private keys in the runtime folder.

    Raises:
        TopologyInvalid: the topology has errors.
        InputInvalid: it leaves open who stands on what; the passphrase does not open the state.
        GateRefused: the passphrase is missing, or no folder is in memory only.
    """
    cloud = load_cloud(source)
    hosts = register(cloud, plan_for(cloud, source))
    beside = source if source.is_dir() else source.parent
    inventory = derive(hosts, find_bundle(cloud, beside))
    home = home_of(cloud.name, environ)
    found = built(hosts, outputs_of(home, beside, environ, note))
    folder = runtime_folder(runtime_name(home), environ)
    return Opened(hosts, inventory, found, _doors(hosts, found, home, folder), home, folder)


def runtime_name(home: Home) -> str:
    """Return the name of a cloud's runtime folder: one for each home, as there is one lock for each."""
    return f"{home.cloud}-{sha256(str(home.folder).encode()).hexdigest()[:8]}"


def outputs_of(home: Home, source: Path, environ: Mapping[str, str], note: Callable[[Text], None]) -> Outputs:
    """Return what answers for the outputs of stacks; nothing is opened or written as long as nothing was built."""
    records = known_stacks(home)

    def outputs(stack: str) -> Mapping[str, Any]:
        if stack not in records:
            return {}
        if records[stack].engine == PULUMI:
            from stacks.rollout.automation import pulumi_engine  # noqa: PLC0415 - the Pulumi SDK, only where it is used

            return pulumi_engine(home, source).outputs(stack)
        from stacks.engine.state import StackState  # noqa: PLC0415 - only where something was built

        return StackState.open(home.states, stack, open_secrets(home, environ, note)).outputs()

    return outputs


def _doors(hosts: Register, found: Built, home: Home, folder: Path) -> dict[str, Door]:
    """Write each department's key into the runtime folder and return how each host is entered."""
    _refuse_odd(folder)
    _refuse_odd(home.folder)
    for (site, department), key in found.keys.items():
        write_private(_key_file(folder, site, department), key if key.endswith("\n") else key + "\n")
    known = home.folder / KNOWN_HOSTS
    return {
        host.name: Door(_key_file(folder, host.site, host.department), known, found.servers.get(host.name))
        for host in hosts.hosts
    }


def _key_file(folder: Path, site: str, department: str) -> Path:
    return folder / f"{site}.{department}.key"


def _refuse_odd(folder: Path) -> None:
    """Refuse a path that ssh or Ansible would take apart or expand."""
    if not PLAIN_PATH.match(str(folder)):
        raise InputInvalid(
            Text(
                "ssh cannot be told of this path: use letters, digits and . _ + - only",
                "ssh 无法使用该路径：仅限字母、数字及 . _ + -",
            ),
            where=str(folder),
            fix=Text(
                "set GOVCLOUD_HOME or XDG_RUNTIME_DIR to a plain path",
                "请把 GOVCLOUD_HOME 或 XDG_RUNTIME_DIR 设为普通路径",
            ),
        )
