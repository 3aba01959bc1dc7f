"""Tokens and endpoints: one per account and project, fetched on first use, shared by the whole process."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stacks.engine.openstack.answers import NotReached
from stacks.engine.openstack.login import Login, login_of
from stacks.engine.provider import AnswerLost, RefusedByApi

if TYPE_CHECKING:
    from requests import PreparedRequest, Response

CONNECT_SECONDS = 5.0
"""A site that does not take a connection in this time is down: its work must fail fast, the other sites go on."""

_LOGIN_SECONDS = 60.0
_SERVICES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "identity": (("identity",), "/v3"),
    "network": (("network",), "/v2.0"),
    "compute": (("compute",), ""),
    "image": (("image",), "/v2"),
    "block-storage": (("block-storage", "volumev3"), ""),
}
"""Service: its names in catalogs, and the version that its catalog address may lack."""


@dataclass(frozen=True)
class Access:
    """A token and what it is good for."""

    token: str
    project_id: str
    domain_id: str
    user_id: str
    endpoints: Mapping[str, str]


class Identity:
    """One account in one scope of one site. Thread-safe; nothing is read or sent before `access`."""

    def __init__(self, inputs: Mapping[str, Any]) -> None:
        self._inputs, self._lock = inputs, threading.Lock()
        self._login: Login | None = None
        self._plugin: Any = None
        self._access: Access | None = None
        self._failure: tuple[float, RefusedByApi | AnswerLost] | None = None

    @property
    def login(self) -> Login:
        """How it logs in; the first use reads clouds.yaml."""
        if self._login is None:
            self._login = login_of(self._inputs)
        return self._login

    def access(self, until: float, turn: Callable[[], AbstractContextManager[None]], stale: Access | None) -> Access:
        """Return a token, a new one if the last is `stale`; a login happens within `turn`."""
        found, asked = self._access, time.monotonic()
        if found is not None and found is not stale:
            return found
        with self._lock:
            if self._access is None or self._access is stale:
                self._raise_if_failed_since(asked)
                try:
                    with turn():
                        self._access = self._log_in(until)
                except (RefusedByApi, AnswerLost) as error:
                    self._failure = (time.monotonic(), error)
                    raise
            return self._access

    def _raise_if_failed_since(self, asked: float) -> None:
        """Many may wait for one login: when it fails, each must not try in its turn and wait as long again."""
        if self._failure and self._failure[0] > asked:
            raise self._failure[1]

    def _log_in(self, until: float) -> Access:
        from keystoneauth1 import exceptions, loading  # noqa: PLC0415 - a quarter second, only when a site is used

        site = site_name(self._inputs)
        try:
            if self._plugin is None:
                self._plugin = loading.get_plugin_loader(self.login.method).load_from_options(**self.login.auth)
            self._plugin.invalidate()
            session = _session(self.login)
            session.timeout = max(1.0, min(_LOGIN_SECONDS, until - time.monotonic()))
            found = self._plugin.get_access(session)
        except (exceptions.ConnectFailure, exceptions.DiscoveryFailure) as error:
            raise NotReached(unreachable(site, "identity", self.login.auth_url)) from error
        except exceptions.HttpError as error:
            status = error.http_status or 500
            told = f"site {site}: identity POST /auth/tokens: HTTP {status}: {error.message}"
            raise (RefusedByApi(status, told) if status < 500 else AnswerLost(told)) from error
        except exceptions.ClientException as error:
            raise NotReached(f"site {site}: cannot log in: {error}") from error
        domain_id = found.project_domain_id or found.domain_id or ""
        return Access(found.auth_token, found.project_id or "", domain_id, found.user_id or "", self._endpoints(found))

    def _endpoints(self, found: Any) -> dict[str, str]:
        login, urls = self.login, {}
        for service, (names, version) in _SERVICES.items():
            urls_of = (_catalog_url(found, name, login) for name in names)
            url = login.overrides.get(service) or next((url for url in urls_of if url), "")
            if url:
                plain = url.rstrip("/")
                urls[service] = plain if not version or plain.endswith(version) else plain + version
        return urls


def _catalog_url(found: Any, name: str, login: Login) -> str:
    url = found.service_catalog.get_urls(service_type=name, interface=login.interface, region_name=login.region or None)
    return str(url[0]) if url else ""


def site_name(inputs: Mapping[str, Any]) -> str:
    return str(inputs.get("cloud") or inputs.get("authUrl") or "")


def unreachable(site: str, service: str, url: str) -> str:
    return f"site {site}: {service} API at {url} does not answer (connect timeout {CONNECT_SECONDS:g} s)"


_SHARED: dict[object, Identity] = {}
_SESSIONS: dict[object, Any] = {}
_SHARED_LOCK = threading.Lock()


def shared_identity(inputs: Mapping[str, Any]) -> Identity:
    """Return the process's one identity for these provider inputs."""
    key = (os.environ.get("OS_CLIENT_CONFIG_FILE"), repr(sorted(inputs.items(), key=lambda item: item[0])))
    with _SHARED_LOCK:
        return _SHARED.setdefault(key, Identity(dict(inputs)))


def _session(login: Login) -> Any:
    """Return the Keystone session of a site: one per address, because it caches what discovery found."""
    from keystoneauth1.session import Session, TCPKeepAliveAdapter  # noqa: PLC0415 - as in `_log_in`

    class ShortConnect(TCPKeepAliveAdapter):
        def send(
            self,
            request: PreparedRequest,
            stream: bool = False,  # noqa: FBT001, FBT002 - the signature of requests
            timeout: Any = None,
            verify: bool | str = True,  # noqa: FBT001, FBT002 - as above
            cert: Any = None,
            proxies: Any = None,
        ) -> Response:
            return super().send(request, stream, (CONNECT_SECONDS, timeout), verify, cert, proxies)

    key = (login.auth_url, login.verify, login.cert)
    with _SHARED_LOCK:
        if key not in _SESSIONS:
            session = Session(verify=login.verify, cert=login.cert)
            session.session.mount("http://", ShortConnect())
            session.session.mount("https://", ShortConnect())
            _SESSIONS[key] = session
        return _SESSIONS[key]
