"""What the lab leaves out of OpenStack is there to be left out: a new release that renames it must not pass unseen."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lab.commands import run
from lab.openstack.install import venv_path
from lab.openstack.template import inside_environment
from tests.lab.conftest import TestCity
from tests.lab.yard import LAB

pytestmark = LAB

PROBE = """
import json, sys
import neutron.plugins.ml2.plugin, neutron.services.l3_router.l3_router_plugin
from neutron.api.rpc.agentnotifiers.l3_rpc_agent_api import L3AgentNotifyAPI
from neutron.db import securitygroups_db
from neutron.db.models_v2 import Port, Subnet
from neutron.plugins.ml2 import ovo_rpc
from neutron.services.segments import plugin
from oslo_policy.policy import Enforcer
from sqlalchemy import inspect
from govlab import lean

PLACES = [
    (ovo_rpc, "OVOServerRpcInterface"),
    (plugin, "NovaSegmentNotifier"),
    (L3AgentNotifyAPI, "_notification"),
    (securitygroups_db.SecurityGroupDbMixin, "_get_default_sg_id"),
    (Enforcer, "load_rules"),
]
before = [getattr(*place) for place in PLACES]
for spare in (
    lean.skip_agent_pushes,
    lean.skip_segment_inventories,
    lean.skip_router_agents,
    lean.look_up_default_group,
    lean.keep_policies,
):
    spare()
if sys.argv[1] == "lean":
    lean.join_what_is_small()
read = {
    f"{model.__name__}.{name}": inspect(model).relationships[name].lazy
    for model, names in ((Port, ("hints", "allowed_address_pairs", "dhcp_opts")), (Subnet, ("routes",)))
    for name in names
}
replaced = [getattr(*place) is not old for place, old in zip(PLACES, before)]
print(json.dumps({"replaced": replaced, "read": read}))
"""


def probed(testcity: TestCity, word: str) -> dict[str, Any]:
    """Return what a process of the lab's OpenStack finds."""
    venv = venv_path(testcity.place.cache)
    out = run(venv / "bin/python", "-c", PROBE, word, seconds=60, environ=inside_environment(venv))
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


@pytest.mark.parametrize(("word", "joined"), [("lean", 4), ("plain", 0)])
def test_what_is_left_out_is_there(testcity: TestCity, word: str, joined: int) -> None:
    """Each replaced name exists, and small things are joined only because we say so."""
    found = probed(testcity, word)

    assert found["replaced"] == [True] * 5
    assert list(found["read"].values()).count("joined") == joined
