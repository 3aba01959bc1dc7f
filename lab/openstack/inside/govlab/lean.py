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
