"""A cloud as if it had been built: the outputs of its stacks in a home, sealed as the engine seals them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from inventories.hosts import Host, Register, register
from stacks import names
from stacks.engine.secrets import Secrets
from stacks.engine.state import StackState
from stacks.engine.urns import STACK_TYPE
from stacks.engine.values import wrap
from stacks.rollout.home import Home
from stacks.rollout.sealing import open_secrets
from topology.ledger import plan_for
from topology.load import load_cloud

ROOT = Path(__file__).parents[2]
QUANZHOU = ROOT / "topology" / "quanzhou.yaml"


def quanzhou() -> Register:
    """Return the hosts of the shipped city."""
    cloud = load_cloud(QUANZHOU)
    return register(cloud, plan_for(cloud, QUANZHOU))


def server_of(host: Host) -> str:
    """Return the id that the host's server has in recorded outputs."""
    digits = hashlib.sha256(host.name.encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:32]}"


def record(home: Home, hosts: Register, key: str, *, only: tuple[str, ...] = ()) -> None:
    """Write the outputs of every department that has hosts, at the sites in `only` or all; `key` opens all hosts."""
    secrets = open_secrets(home, {"PULUMI_CONFIG_PASSPHRASE": "for tests"}, lambda _: None)
    for site, department in dict.fromkeys((host.site, host.department) for host in hosts.hosts):
        if not only or site in only:
            mine = [host for host in hosts.hosts if (host.site, host.department) == (site, department)]
            _write(home, secrets, names.stack_name(hosts.cloud.name, site, department), mine, key)


def _write(home: Home, secrets: Secrets, stack: str, hosts: list[Host], key: str) -> None:
    state = StackState.open(home.states, stack, secrets)
    outputs = {
        "project": "0123",
        "servers": [{"name": host.name, "id": server_of(host), "address": host.address} for host in hosts],
        "private_key": wrap(key),
    }
    urn = f"urn:pulumi:{stack}::govcloud::{STACK_TYPE}::govcloud-{stack}"
    state.put({"urn": urn, "type": STACK_TYPE, "custom": False, "outputs": outputs})
    state.compact()
    state.close()
