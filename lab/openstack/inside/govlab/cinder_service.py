"""Cinder of one site in one process: scheduler, volume service and API, on green threads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import eventlet

eventlet.monkey_patch()

import threading

import __original_module_threading as original_threading

original_threading.current_thread.__globals__["_active"] = threading._active  # noqa: SLF001 - as cinder's own commands

from cinder import coordination, i18n, objects, rpc, utils, version

i18n.enable_lazy()
objects.register_all()  # the modules below name its classes in their annotations

import cinder.api.contrib
import cinder.api.v3.router
import cinder.scheduler.manager
import cinder.volume.manager
import keystonemiddleware.auth_token
import MySQLdb
from cinder import service as cinder_service
from cinder.common import config, constants
from oslo_config import cfg
from oslo_log import log as logging
from oslo_service import service as oslo_service

from govlab import bus, volumes, web

if TYPE_CHECKING:
    from govlab.zygote import Seat


def serve(seat: Seat) -> None:
    """Run all of cinder until killed."""
    bus.wake_on_message()
    conf = cfg.CONF
    file = str(Path(seat.etc) / "cinder.conf")
    conf([], project="cinder", version=version.version_string(), default_config_files=[file])
    config.set_middleware_defaults()
    logging.setup(conf, "cinder")
    utils.monkey_patch()
    coordination.COORDINATOR.start()
    rpc.init(conf)
    launcher = oslo_service.ServiceLauncher(conf)
    launcher.launch_service(cinder_service.Service.create(binary="cinder-scheduler"))
    for backend in conf.enabled_backends:
        conf.register_opt(cfg.StrOpt("backend_host"), group=backend)
        worker = cinder_service.Service.create(
            host=f"{conf.host}@{backend}",
            service_name=backend,
            binary=constants.VOLUME_BINARY,
            coordination=True,
        )
        launcher.launch_service(worker)
    launcher.launch_service(cinder_service.WSGIService("osapi_volume"))
    web.settle()
    launcher.wait()
