"""Neutron of one site, without agents."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import keystonemiddleware.auth_token
import MySQLdb
import neutron.pecan_wsgi.startup
import neutron.plugins.ml2.plugin
import neutron.services.l3_router.l3_router_plugin
import neutron.services.qos.qos_plugin
from neutron import policy, server
from neutron.server import api

from govlab import lean, relations, web

if TYPE_CHECKING:
    from govlab.zygote import Seat

LEAN = (
    lean.skip_agent_pushes,
    lean.skip_segment_inventories,
    lean.skip_router_agents,
    lean.skip_echoes,
    lean.look_up_default_group,
    lean.keep_policies,
    relations.read_what_there_is,
)


def serve(seat: Seat) -> None:
    """Answer network requests until killed."""
    os.environ["OS_NEUTRON_CONFIG_DIR"] = seat.etc
    os.environ["OS_NEUTRON_CONFIG_FILES"] = "neutron.conf"
    for spare in LEAN:  # before the plug-ins are made: they keep what they find
        spare()
    application = server.boot_server(api.api_server)
    policy.init()  # first requests that come together would find the rules half loaded and answer 403
    web.serve(application, seat)
