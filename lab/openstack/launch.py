"""Starts the services that are not running and waits until every site answers."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Collection, Sequence
from pathlib import Path

from failures import OutsideFailed, Text
from lab import namespaces
from lab.openstack.probe import ask, ask_all
from lab.openstack.template import INSIDE, inside_environment
from lab.processes import holder, kill
from lab.services import SERVICES, Service
from lab.site import LabSite

READY_S = 180.0
ZYGOTE = INSIDE / "govlab/zygote.py"


def missing(sites: Sequence[LabSite]) -> dict[Service, list[LabSite]]:
    """Return for every service the sites where no process serves it."""
    absent = {service: [site for site in sites if holder(site.lock(service)) is None] for service in SERVICES}
    return {service: where for service, where in absent.items() if where}


def start(absent: dict[Service, list[LabSite]], venv: Path, log: Path) -> None:
    """Start one zygote per service; it imports once, forks into every site and ends."""
    zygotes = {service: _zygote(service, sites, venv, log) for service, sites in absent.items()}
    end = time.monotonic() + READY_S
    for service, zygote in zygotes.items():
        while zygote.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        if zygote.returncode != 0:
            raise OutsideFailed(
                Text(f"{service.name} cannot be started", f"{service.name} 无法启动"),
                where=service.name,
                fix=Text(f"see {log}", f"请查看 {log}"),
            )


def _zygote(service: Service, sites: Sequence[LabSite], venv: Path, log: Path) -> subprocess.Popen[str]:
    seats = [
        {
            "namespace": site.namespace,
            "title": f"govlab {service.name} {site.folder}/",
            "etc": str(site.etc),
            "address": site.address,
            "port": service.port,
            "lock": str(site.lock(service)),
            "log": str(site.log / f"{service.name}.log"),
        }
        for site in sites
    ]
    home = sites[0].folder.parent
    with log.open("a") as output:
        zygote = subprocess.Popen(
            [venv / "bin/python", ZYGOTE, service.name, f"{home}/"],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
            text=True,
            env={**os.environ, **inside_environment(venv)},
        )
    assert zygote.stdin
    with zygote.stdin as pipe:
        json.dump(seats, pipe)
    return zygote


def wait(site: LabSite, service: Service) -> None:
    """Return when the service answers inside its site; OutsideFailed when its process ends or time runs out."""
    end = time.monotonic() + READY_S
    while namespaces.within(site.namespace, lambda: ask(site, service)) is None:
        if holder(site.lock(service)) is None or time.monotonic() > end:
            log = site.log / f"{service.name}.log"
            raise OutsideFailed(
                Text(f"{service.name} does not answer", f"{service.name} 没有应答"),
                where=site.name,
                fix=Text(f"see {log}, then run `govcloud lab up` again", f"请查看 {log}，然后重新执行 govcloud lab up"),
            )
        time.sleep(0.1)


def warm(site: LabSite, password: str) -> None:
    """Send every service a first request of its own; parallel first requests to a fresh neutron answer 403."""
    namespaces.within(site.namespace, lambda: ask_all(site, password), seconds=READY_S)


def await_site(site: LabSite, password: str) -> None:
    """Return when every service of the site has answered a request with a token."""
    for service in SERVICES:
        wait(site, service)
    warm(site, password)


def stop(site: LabSite, services: Collection[Service]) -> None:
    """Kill the processes of these services at one site."""
    kill({pid for service in services if (pid := holder(site.lock(service)))})
