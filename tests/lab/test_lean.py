"""What the lab leaves out of OpenStack is there to be left out: a new release that renames it must not pass unseen."""

from __future__ import annotations

import json
from typing import Any

import openstack

from lab.commands import run
from lab.openstack.install import venv_path
from lab.openstack.template import inside_environment
from tests.lab.conftest import TestCity
from tests.lab.yard import LAB

pytestmark = LAB

REPLACED = """
import json
import neutron.plugins.ml2.plugin, neutron.services.l3_router.l3_router_plugin
from MySQLdb.cursors import BaseCursor
from neutron.api.rpc.agentnotifiers.l3_rpc_agent_api import L3AgentNotifyAPI
from neutron.db import securitygroups_db
from neutron.notifiers.nova import Notifier
from neutron.plugins.ml2 import ovo_rpc
from neutron.services.segments import plugin
from oslo_db.sqlalchemy import engines
from oslo_policy.policy import Enforcer
from sqlalchemy.dialects.mysql.mysqldb import MySQLDialect_mysqldb
from govlab import lean, round_trips

PLACES = [
    (ovo_rpc, "OVOServerRpcInterface"),
    (plugin, "NovaSegmentNotifier"),
    (L3AgentNotifyAPI, "_notification"),
    (securitygroups_db.SecurityGroupDbMixin, "_get_default_sg_id"),
    (Enforcer, "load_rules"),
    (Notifier, "send_network_change"),
    (BaseCursor, "nextset"),
    (MySQLDialect_mysqldb, "do_ping"),
    (engines, "_thread_yield"),
]
before = [getattr(*place) for place in PLACES]
for spare in (
    lean.skip_agent_pushes,
    lean.skip_segment_inventories,
    lean.skip_router_agents,
    lean.look_up_default_group,
    lean.keep_policies,
    lean.skip_echoes,
    round_trips.spare,
):
    spare()
print(json.dumps([getattr(*place) is not old for place, old in zip(PLACES, before)]))
"""
REPLACED_IN_NOVA = """
import json, os
os.environ["OS_NOVA_DISABLE_EVENTLET_PATCHING"] = "true"
from nova import monkey_patch
monkey_patch.patch()
from nova.network.neutron import API
from nova.scheduler.client.report import SchedulerReportClient
from govlab import lean

PLACES = [(API, "_get_physnet_tunneled_info"), (SchedulerReportClient, "get_allocations_for_provider_tree")]
before = [getattr(*place) for place in PLACES]
lean.remember_networks()
lean.skip_reshape_reading()
print(json.dumps([getattr(*place) is not old for place, old in zip(PLACES, before)]))
"""
READ = """
import json, sys
import neutron.plugins.ml2.plugin, neutron.services.l3_router.l3_router_plugin
from neutron_lib.api import definitions
from sqlalchemy.orm import configure_mappers
from govlab import relations

if sys.argv[1] == "lean":
    relations.read_what_there_is()
configure_mappers()
known = {definition.ALIAS for definition in definitions._ALL_API_DEFINITIONS}


def lazy(relation):
    found = relations.find(relation)
    return (found.mapper.relationships[found.back_populates or found.backref[0]] if relation.back else found).lazy


rows = [(row, how) for table, how in relations.CHOICES.items() for row in table]
print(json.dumps({
    "wanted": [how for _, how in rows],
    "read": [lazy(row) for row, _ in rows],
    "unused": sorted({row.of for row in relations.UNUSED}),
    "unknown": sorted({row.of for row in relations.UNUSED} - known),
}))
"""
TOKENS = """
import json, sys, tempfile
from pathlib import Path
from govlab.web import TokenCache

folder = Path(tempfile.mkdtemp()) / "tokens"
one, other = TokenCache(folder), TokenCache(folder)
one.set("tokens/fresh", b"fresh\\ntext", time=60)
one.set("tokens/old", b"old", time=-1)
print(json.dumps([str(other.get(f"tokens/{name}")) for name in ("fresh", "old", "unknown")]))
"""


def probed(testcity: TestCity, probe: str, *words: str) -> Any:
    """Return what a process of the lab's OpenStack finds."""
    venv = venv_path(testcity.place.cache)
    out = run(venv / "bin/python", "-c", probe, *words, seconds=60, environ=inside_environment(venv))
    return json.loads(out.splitlines()[-1])


def test_what_is_replaced_is_there(testcity: TestCity) -> None:
    """Each name that is replaced exists before."""
    assert probed(testcity, REPLACED) == [True] * 9
    assert probed(testcity, REPLACED_IN_NOVA) == [True] * 2


def test_relations_are_read_as_the_table_says(testcity: TestCity) -> None:
    """Every relation exists and is read in our way, and none of them is without us."""
    lean, plain = probed(testcity, READ, "lean"), probed(testcity, READ, "plain")

    assert len(lean["wanted"]) > 30
    assert lean["read"] == lean["wanted"]
    assert not any(read == wanted for read, wanted in zip(plain["read"], plain["wanted"], strict=True))


def test_what_is_not_read_cannot_be_written(testcity: TestCity) -> None:
    """No extension that writes what is left out is loaded, there are no agents, and no such name is misspelt."""
    loader = openstack.config.OpenStackConfig(config_files=[str(testcity.clouds_yaml)])
    site = loader.get_one(cloud=testcity.raised.sites[0].entry)
    with openstack.connection.Connection(config=site) as connection:
        loaded = {extension.alias for extension in connection.network.extensions()}
        agents = list(connection.network.agents())
    found = probed(testcity, READ, "lean")

    assert found["unknown"] == []
    assert "router" in loaded
    assert loaded.isdisjoint(found["unused"])
    assert agents == []


def test_token_that_one_service_asked_for_is_known_to_the_others(testcity: TestCity) -> None:
    """What one cache stored another finds, as long as it is not too old."""
    assert probed(testcity, TOKENS) == ["b'fresh\\ntext'", "None", "None"]
