"""Asks a site's Neutron as its administrator, with a token that is kept as long as it is good."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from failures import OutsideFailed, Text
from lab.services import PORTS

ANSWER_S = 15.0


class Api:
    """Works wherever the calling thread is: inside the site's control plane it works for a site that is cut, too."""

    def __init__(self, address: str, passwords: Path) -> None:
        self._address = address
        self._passwords = passwords
        self._token = ""

    def ask(self, resource: str, filters: Mapping[str, Sequence[str]], fields: Sequence[str]) -> list[dict[str, Any]]:
        """Return the rows of a resource; OutsideFailed with the wrong answer."""
        query = urlencode([*((key, value) for key, row in filters.items() for value in row), *_fields(fields)])
        path = f"/v2.0/{resource}?{query}"
        status, body, _ = self._call("neutron", "GET", path, {"X-Auth-Token": self._token or self._login()})
        if status == http.client.UNAUTHORIZED:
            status, body, _ = self._call("neutron", "GET", path, {"X-Auth-Token": self._login()})
        rows: list[dict[str, Any]] = _checked("neutron", status, body)[resource.replace("-", "_")]
        return rows

    def _login(self) -> str:
        domain = {"id": "default"}
        user = {"name": "admin", "domain": domain, "password": json.loads(self._passwords.read_text())["admin"]}
        scope = {"project": {"name": "admin", "domain": domain}}
        told = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}
        headers = {"Content-Type": "application/json"}
        status, body, heads = self._call("keystone", "POST", "/v3/auth/tokens", headers, json.dumps(told))
        _checked("keystone", status, body)
        self._token = heads["X-Subject-Token"] or ""
        return self._token

    def _call(
        self, service: str, method: str, path: str, headers: Mapping[str, str], body: str | None = None
    ) -> tuple[int, bytes, http.client.HTTPMessage]:
        line = http.client.HTTPConnection(self._address, PORTS[service], timeout=ANSWER_S)
        try:
            line.request(method, path, body, dict(headers))
            answer = line.getresponse()
            return answer.status, answer.read(), answer.headers
        finally:
            line.close()


def _fields(fields: Sequence[str]) -> list[tuple[str, str]]:
    return [("fields", field) for field in fields]


def _checked(service: str, status: int, body: bytes) -> dict[str, Any]:
    if status >= http.client.BAD_REQUEST:
        said = body.decode(errors="replace")[:300]
        raise OutsideFailed(Text(f"{status} {said}", f"{status} {said}"), where=service)
    document: dict[str, Any] = json.loads(body)
    return document
