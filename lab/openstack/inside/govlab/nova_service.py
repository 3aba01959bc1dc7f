"""Nova of one site in one process: conductor, scheduler, every compute host and the API."""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

os.environ["OS_NOVA_DISABLE_EVENTLET_PATCHING"] = "true"  # read when nova is first imported

from nova import monkey_patch

monkey_patch.patch()  # chooses native threads; every other import of nova comes after

import keystonemiddleware.auth_token
import MySQLdb
import nova.api.openstack.compute.routes
import nova.compute.manager
import nova.conductor.manager
import nova.conf
import nova.scheduler.manager
import os_vif
from nova import config, context, objects
from nova import service as nova_service
from nova.api.openstack import wsgi_app
from nova.compute import rpcapi as compute_rpcapi
from nova.conductor import rpcapi as conductor_rpcapi
from nova.objects import host_mapping
from nova.scheduler import rpcapi as scheduler_rpcapi
from nova.virt import node
from oslo_log import log as logging

from govlab import booting, bus, hosts, lean, web

if TYPE_CHECKING:
    from govlab.zygote import Seat

NEEDS = (5000, 8778)  # the scheduler gives up where keystone or placement does not answer yet
PATIENCE = 60.0

sys.modules["nova.virt.govlab"] = booting  # compute_driver names a module below nova.virt


def wait_for(address: str, port: int) -> None:
    """Return once something listens there; TimeoutError after a minute."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection((address, port), 1).close()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return


def start_workers() -> list[nova_service.Service]:
    """Start conductor, scheduler and one compute service per declared host."""
    workers = [
        nova_service.Service.create(binary="nova-conductor", topic=conductor_rpcapi.RPC_TOPIC),
        nova_service.Service.create(binary="nova-scheduler", topic=scheduler_rpcapi.RPC_TOPIC),
    ]
    for worker in workers:
        worker.start()
    for host in hosts.declared():
        worker = nova_service.Service.create(
            host=host,
            binary="nova-compute",
            topic=compute_rpcapi.RPC_TOPIC,
            topic_alt=compute_rpcapi.RPC_TOPIC_ALT,
        )
        worker.start()
        workers.append(worker)
    return workers


def serve(seat: Seat) -> None:
    """Run all of nova until killed."""
    etc = Path(seat.etc)
    os.environ["OS_NOVA_CONFIG_DIR"] = seat.etc
    os.environ["OS_NOVA_CONFIG_FILES"] = f"{sys.prefix}/etc/nova/api-paste.ini;nova.conf"
    bus.wake_on_message()
    conf = nova.conf.CONF
    hosts.register(conf)
    config.parse_args(sys.argv, default_config_files=[str(etc / "nova.conf")])
    logging.setup(conf, "nova")
    objects.register_all()
    os_vif.initialize()
    node.get_local_node_uuid()  # writes the identity without which nova refuses its second start
    for port in NEEDS:
        wait_for(seat.address, port)
    lean.skip_reshape_reading()
    lean.remember_networks()
    hosts.own_every_host()
    workers = start_workers()
    host_mapping.discover_hosts(context.get_admin_context())
    wsgi_app.init_global_data = lambda *_: conf.register_opts(wsgi_app.service_opts.service_opts)  # parsed above
    web.serve(wsgi_app.init_application("osapi_compute", "nova-api-os-compute"), seat)
    del workers
