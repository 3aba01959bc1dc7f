"""Bare HTTP questions to a site's services, for readiness and answer times."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from collections.abc import Mapping
from http.client import HTTPMessage

from failures import OutsideFailed, Text
from lab.namespaces import within
from lab.services import PORTS, SERVICES, Service
from lab.site import LabSite

ANSWER_S = 5.0
FIRST_S = 60.0
FIRST_REQUESTS = {
    "keystone": "/v3/projects",
    "placement": "/resource_providers",
    "glance": "/v2/images",
    "neutron": "/v2.0/networks",
    "nova": "/v2.1/servers",
    "cinder": "/v3/types",
}


def ask(site: LabSite, service: Service, seconds: float = ANSWER_S) -> float | None:
    """Return in how many seconds the service answered, None when it did not."""
    began = time.monotonic()
    line = http.client.HTTPConnection(site.address, service.port, timeout=seconds)
    try:
        line.request("GET", "/")
        line.getresponse().read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        line.close()
    return time.monotonic() - began


def ask_all(site: LabSite, password: str) -> None:
    """Get a token and send one real request to each service; OutsideFailed with the first wrong answer."""
    token = _token(site, password)
    for service in SERVICES:
        _call(site, service, "GET", FIRST_REQUESTS[service.name], {"X-Auth-Token": token})


def start_server(site: LabSite, password: str, server: str) -> bool:
    """Ask Nova, from inside the site, to start a server that is off; False while Nova has not seen that it is."""

    def ask_nova() -> bool:
        headers = {"X-Auth-Token": _token(site, password), "Content-Type": "application/json"}
        line = http.client.HTTPConnection(site.address, PORTS["nova"], timeout=FIRST_S)
        with contextlib.closing(line):
            line.request("POST", f"/v2.1/servers/{server}/action", json.dumps({"os-start": None}), headers)
            return line.getresponse().status == http.client.ACCEPTED

    return within(site.namespace, ask_nova)


def _token(site: LabSite, password: str) -> str:
    domain = {"id": "default"}
    user = {"name": "admin", "domain": domain, "password": password}
    scope = {"project": {"name": "admin", "domain": domain}}
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}
    headers = {"Content-Type": "application/json"}
    return _call(site, SERVICES[0], "POST", "/v3/auth/tokens", headers, json.dumps(body))["X-Subject-Token"] or ""


def _call(
    site: LabSite,
    service: Service,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: str | None = None,
) -> HTTPMessage:
    line = http.client.HTTPConnection(site.address, service.port, timeout=FIRST_S)
    try:
        line.request(method, path, body, dict(headers))
        answer = line.getresponse()
        said = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise _wrong(site, service, str(error)) from error
    finally:
        line.close()
    if answer.status >= http.client.BAD_REQUEST:
        raise _wrong(site, service, f"{answer.status} {said.decode(errors='replace')[:300]}")
    return answer.headers


def _wrong(site: LabSite, service: Service, said: str) -> OutsideFailed:
    log = site.log / f"{service.name}.log"
    return OutsideFailed(
        Text(f"{service.name} answered its first request with: {said}", f"{service.name} 对首个请求的应答：{said}"),
        where=site.name,
        fix=Text(f"see {log}", f"请查看 {log}"),
    )
