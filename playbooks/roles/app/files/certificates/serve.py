"""The process: TLS for citizens, plain HTTP for health, and a stop that nobody notices."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import cast

from hypercorn.asyncio import serve
from hypercorn.config import Config
from hypercorn.typing import ASGIFramework

from certificates.postgres import Database
from certificates.readiness import Readiness, watch
from certificates.settings import Settings, load_settings
from certificates.web import build_app


def tell_systemd(word: str) -> None:
    """Send `word` to the service manager, if one started this process."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.sendto(word.encode(), address.replace("@", "\0", 1) if address.startswith("@") else address)


def listeners(settings: Settings) -> Config:
    config = Config()
    config.bind = [f"{settings.address}:{settings.port}"]
    config.insecure_bind = [f"{settings.address}:{settings.health_port}"]
    config.certfile, config.keyfile = settings.certificate, settings.key
    config.graceful_timeout = settings.request_seconds + 1
    config.include_server_header = False
    config.errorlog = logging.getLogger("hypercorn")
    return config


async def drain(stop: asyncio.Event, readiness: Readiness, seconds: float, stopped: asyncio.Event) -> None:
    """Once asked to stop, say so in the health answer and go on serving until the entrance has noticed."""
    await stop.wait()
    tell_systemd("STOPPING=1")
    readiness.draining = True
    await asyncio.sleep(seconds)
    stopped.set()


async def run(settings: Settings) -> None:
    database = Database(settings)
    readiness = Readiness(settings.serves, fresh=settings.probe_seconds * 3)
    stop, stopped = asyncio.Event(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await database.open()

    def looked() -> None:
        # started only when the first look is over, so that a rolling restart takes the next copy down with this one up
        tell_systemd("READY=1\nWATCHDOG=1")

    watching = asyncio.create_task(watch(database, readiness, settings.probe_seconds, time.monotonic, looked))
    draining = asyncio.create_task(drain(stop, readiness, settings.drain_seconds, stopped))

    async def shutdown() -> None:
        await asyncio.wait([asyncio.create_task(stopped.wait()), watching], return_when=asyncio.FIRST_COMPLETED)

    app = cast("ASGIFramework", build_app(database, readiness, settings))
    await serve(app, listeners(settings), shutdown_trigger=shutdown)
    failed = watching.done() and watching.exception()
    watching.cancel()
    draining.cancel()
    await database.close()
    if failed:
        raise failed


def main() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # readiness says the same once, not once a second
    asyncio.run(run(load_settings(Path(sys.argv[1]))))
