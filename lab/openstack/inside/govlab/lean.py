"""Leaves out work that only agents and unusual drivers need; each function replaces one thing, once per process."""

from __future__ import annotations

import importlib
from typing import Any


def skip_reshape_reading() -> None:
    """Nova: spare a call per server of the host at every change of it; only a driver that reshapes needs the answer."""
    from nova.scheduler.client import report  # noqa: PLC0415 - only in nova's process

    report.SchedulerReportClient.get_allocations_for_provider_tree = lambda *_: {}


def skip_agent_pushes() -> None:
    """Neutron: spare reading every changed object again to push it to agents that do not exist."""
    from neutron.plugins.ml2 import ovo_rpc  # noqa: PLC0415 - only in neutron's process

    ovo_rpc.OVOServerRpcInterface = lambda: None


def keep_policies() -> None:
    """Neutron: spare looking for new policy files at each of the many checks of a call; a started site gets none."""
    from oslo_policy import policy  # noqa: PLC0415 - only in neutron's process

    load = policy.Enforcer.load_rules

    def _load_rules(self: Any, *forced: bool) -> None:
        if any(forced) or not self.rules:
            load(self, *forced)

    policy.Enforcer.load_rules = _load_rules


def look_up_default_group() -> None:
    """Neutron: every port and network asks for its project's default group; read its id, not all its rules."""
    from neutron.db import securitygroups_db  # noqa: PLC0415 - only in neutron's process
    from neutron.db.models.securitygroup import DefaultSecurityGroup as Row  # noqa: PLC0415 - as above
    from neutron.objects.securitygroup import DefaultSecurityGroup  # noqa: PLC0415 - as above

    def _get_default_sg_id(_self: Any, context: Any, project_id: str) -> str | None:
        admin = context.elevated()
        with DefaultSecurityGroup.db_context_reader(admin):
            return admin.session.query(Row.security_group_id).filter_by(project_id=project_id).scalar()

    securitygroups_db.SecurityGroupDbMixin._get_default_sg_id = _get_default_sg_id  # noqa: SLF001 - what is replaced


def skip_router_agents() -> None:
    """Neutron: spare looking for the agents that a changed router is on; there are none."""
    from neutron.api.rpc.agentnotifiers import l3_rpc_agent_api  # noqa: PLC0415 - only in neutron's process

    l3_rpc_agent_api.L3AgentNotifyAPI._notification = lambda *_, **__: None  # noqa: SLF001 - what is replaced


def skip_segment_inventories() -> None:
    """Neutron: spare reading the subnet of every changed port for the inventory of routed segments; there are none."""
    from neutron.services.segments import plugin  # noqa: PLC0415 - only in neutron's process

    plugin.NovaSegmentNotifier = lambda: None


FROM_BELOW = (
    ("db.models.tag", "Tag", "standard_attr"),
    ("db.models.allowed_address_pair", "AllowedAddressPair", "port"),
    ("db.models.port_forwarding", "PortForwarding", "port"),
    ("db.models.port_forwarding", "PortForwarding", "floating_ip"),
    ("db.models.port_hardware_offload_type", "PortHardwareOffloadType", "port"),
    ("db.models.port_hints", "PortHints", "port"),
    ("db.models.port_trusted", "PortTrusted", "port"),
    ("db.extra_dhcp_opt.models", "ExtraDhcpOpt", "ports"),
    ("plugins.ml2.models", "PortBindingLevel", "port"),
    ("db.models.subnet_service_type", "SubnetServiceType", "subnet"),
    ("db.models.segment", "SegmentHostMapping", "network_segment"),
    ("db.models.conntrack_helper", "ConntrackHelper", "router"),
    ("db.models.ndp_proxy", "RouterNDPProxyState", "router"),
    ("db.models.l3", "RouterRoute", "router"),
)
"""Module, model and relation to what it hangs on, of what every port, subnet or router has at most a row or two of."""
FROM_ABOVE = (
    ("db.models_v2", "Subnet", "routes", "joined"),
    ("db.models_v2", "Subnet", "dns_nameservers", "joined"),
    ("db.models_v2", "Subnet", "allocation_pools", "joined"),
    # Whether it is of a default group is asked of each rule; the group with all its rules is not.
    ("db.models.securitygroup", "DefaultSecurityGroup", "security_group", "select"),
    ("db.models.securitygroup", "DefaultSecurityGroup", "security_group_rule", "select"),
)
"""Module, model, relation to what hangs on it, and how that is read."""


def join_what_is_small() -> None:
    """Neutron: reads each of these by a query of its own for every object; with the object's own, a call costs half."""
    for module, model, name in FROM_BELOW:
        _relation(module, model, name).backref[1]["lazy"] = "joined"
    for module, model, name, how in FROM_ABOVE:
        relation = _relation(module, model, name)
        relation.lazy, relation.strategy_key = how, (("lazy", how),)


def _relation(module: str, model: str, name: str) -> Any:
    owner = getattr(importlib.import_module(f"neutron.{module}"), model)
    return getattr(owner, name).comparator.prop
