"""Leaves out work that only agents and unusual drivers need; each function replaces one thing, once per process."""

from __future__ import annotations

from typing import Any


def skip_reshape_reading() -> None:
    """Nova: spare a call per server of the host at every change of it; only a driver that reshapes needs the answer."""
    from nova.scheduler.client import report  # noqa: PLC0415 - only in nova's process

    report.SchedulerReportClient.get_allocations_for_provider_tree = lambda *_: {}


def remember_networks() -> None:
    """Nova: spare two calls for what carries a network, thrice for each new server; no network changes that."""
    from nova.network import neutron  # noqa: PLC0415 - only in nova's process

    ask = neutron.API._get_physnet_tunneled_info  # noqa: SLF001 - what is replaced
    known: dict[str, tuple[str | None, bool]] = {}

    def _get_physnet_tunneled_info(self: Any, context: Any, client: Any, net_id: str) -> tuple[str | None, bool]:
        carried = known.get(net_id) or ask(self, context, client, net_id)
        if any(carried):  # neither is told to who may not see it
            known[net_id] = carried
        return carried

    neutron.API._get_physnet_tunneled_info = _get_physnet_tunneled_info  # noqa: SLF001 - as above


def skip_echoes() -> None:
    """Neutron: spare telling Nova of a port that Nova has just taken for a server, and reads again for being told."""
    from neutron.notifiers import nova  # noqa: PLC0415 - only in neutron's process

    tell = nova.Notifier.send_network_change

    def send_network_change(self: Any, action: str, before: Any, after: Any) -> None:
        if action != "update_port" or before.get("device_id") == after["port"]["device_id"]:
            tell(self, action, before, after)

    nova.Notifier.send_network_change = send_network_change


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
