"""ML2 mechanism driver without agents: every port on any host binds at once and is ACTIVE."""

from __future__ import annotations

from typing import Any

from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.callbacks import events, registry, resources
from neutron_lib.plugins import constants as plugin_constants
from neutron_lib.plugins import directory
from neutron_lib.plugins.ml2 import api

from govlab.nudge import Nudges

ROUTED = ("network:router", "network:floatingip")


class InstantMechanismDriver(api.MechanismDriver):
    """Does at once what an agent on the host would report a moment later."""

    def initialize(self) -> None:
        self._nudges = Nudges()
        for event in (events.AFTER_CREATE, events.AFTER_UPDATE):
            registry.subscribe(self._floating_changed, resources.FLOATING_IP, event)

    def _floating_changed(self, _resource: str, _event: str, _trigger: Any, payload: Any) -> None:
        """Give a floating address the status a router agent would report."""
        latest = payload.latest_state or {}
        bound = latest.get("port_id") or latest.get("fixed_port_id")
        status = constants.FLOATINGIP_STATUS_ACTIVE if bound else constants.FLOATINGIP_STATUS_DOWN
        plugin = directory.get_plugin(plugin_constants.L3)
        identity = payload.resource_id or latest.get("id") or latest["floating_ip_id"]
        plugin.update_floatingip_status(payload.context.elevated(), identity, status)

    @property
    def connectivity(self) -> str:
        return portbindings.CONNECTIVITY_L2

    def create_port_postcommit(self, context: Any) -> None:
        port = context.current
        if port["device_owner"].startswith(ROUTED):
            context._plugin.update_port_status(  # noqa: SLF001 - the context has no public way to its plug-in
                context.plugin_context,
                port["id"],
                constants.PORT_STATUS_ACTIVE,
            )

    def update_port_postcommit(self, context: Any) -> None:
        if context.current["device_owner"] != context.original["device_owner"]:
            self.create_port_postcommit(context)

    def bind_port(self, context: Any) -> None:
        if context.current[portbindings.VNIC_TYPE] != portbindings.VNIC_NORMAL or not context.segments_to_bind:
            return
        context.set_binding(
            context.segments_to_bind[0][api.ID],
            portbindings.VIF_TYPE_OVS,
            {portbindings.CAP_PORT_FILTER: True},
            status=constants.PORT_STATUS_ACTIVE,
        )
