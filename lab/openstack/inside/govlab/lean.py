"""Leaves out work that only agents and unusual drivers need; each function replaces one thing, once per process."""

from __future__ import annotations

from typing import Any


def skip_reshape_reading() -> None:
    """Nova: spare a call per server of the host at every change of it; only a driver that reshapes needs the answer."""
    from nova.scheduler.client import report  # noqa: PLC0415 - only in nova's process

    report.SchedulerReportClient.get_allocations_for_provider_tree = lambda *_: {}


def skip_agent_pushes() -> None:
    """Neutron: spare reading every changed object again to push it to agents that do not exist."""
    from neutron.plugins.ml2 import ovo_rpc  # noqa: PLC0415 - only in neutron's process

    ovo_rpc.OVOServerRpcInterface = lambda: None


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


def join_port_extras() -> None:
    """Neutron: three extras of every port are read by a query each that asks for the port again; join them to it."""
    from neutron.db.models import port_hardware_offload_type, port_hints, port_trusted  # noqa: PLC0415 - as above

    for model in (port_hardware_offload_type.PortHardwareOffloadType, port_hints.PortHints, port_trusted.PortTrusted):
        _, how = model.port.comparator.prop.backref
        how["lazy"] = "joined"


def read_routers_shallow() -> None:
    """Neutron: every step of a router's change reads its ports with all that hangs on them; read what is used."""
    from neutron.db.models.l3 import Router, RouterPort  # noqa: PLC0415 - only in neutron's process
    from neutron.db.models_v2 import Port  # noqa: PLC0415 - as above
    from sqlalchemy import event  # noqa: PLC0415 - as above
    from sqlalchemy.orm import Session, joinedload, lazyload, selectinload  # noqa: PLC0415 - as above

    def bare(port: Any) -> Any:
        return port.options(lazyload("*"), joinedload(Port.standard_attr), selectinload(Port.fixed_ips).lazyload("*"))

    options = (
        bare(joinedload(Router.gw_port)),
        bare(selectinload(Router.attached_ports).options(lazyload("*")).joinedload(RouterPort.port)),
    )

    def shallow(state: Any) -> None:
        if state.is_select and state.bind_mapper is not None and state.bind_mapper.class_ is Router:
            state.statement = state.statement.options(*options)

    event.listen(Session, "do_orm_execute", shallow)
