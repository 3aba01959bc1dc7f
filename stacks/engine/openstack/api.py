"""The calls one operation makes before its deadline."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from stacks.engine.openstack.answers import Ask
from stacks.engine.openstack.client import Client
from stacks.engine.provider import AnswerLost, RefusedByApi

T = TypeVar("T")

_FIRST_PAUSE = 0.3
_LONGEST_PAUSE = 2.0
_GROWTH = 1.5


class Api:
    """A client with a deadline. `compute` microversions are given per call; none means 2.1."""

    def __init__(self, client: Client, seconds: float) -> None:
        self._client, self._until = client, time.monotonic() + seconds

    @property
    def site(self) -> str:
        return self._client.site

    @property
    def region(self) -> str:
        return self._client.region

    @property
    def project_id(self) -> str:
        """The project that the token is for."""
        return self._client.access(self._until).project_id

    @property
    def domain_id(self) -> str:
        """The domain of that project."""
        return self._client.access(self._until).domain_id

    @property
    def user_id(self) -> str:
        return self._client.access(self._until).user_id

    def clock_ahead(self, service: str) -> float | None:
        """Return how many seconds the service's clock is ahead of ours; None before its first answer with a date."""
        return self._client.clocks.get(service)

    def offers(self, service: str) -> bool:
        """Return whether the site's catalog has the service."""
        return service in self._client.access(self._until).endpoints

    def within(self, seconds: float) -> Api:
        """Return the same with at least this much time: for cleaning up when the time is used up."""
        return Api(self._client, max(seconds, self._until - time.monotonic()))

    def get(self, service: str, path: str, query: Mapping[str, Any] | None = None, version: str = "") -> Any:
        return self.send("GET", service, path, query=query, version=version)

    def send(
        self,
        method: str,
        service: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        version: str = "",
        upload: str = "",
        content_type: str = "",
    ) -> Any:
        """Return the decoded answer, {} when it has none."""
        headers = {"Content-Type": content_type} if content_type else {}
        if version:
            headers["OpenStack-API-Version"] = f"{'volume' if service == 'block-storage' else service} {version}"
        ask = Ask(method, service, path, query or {}, body, upload, headers)
        return self._client.call(ask, self._until)

    def get_or_none(self, service: str, path: str, query: Mapping[str, Any] | None = None, version: str = "") -> Any:
        """Return the answer, None for a 404."""
        try:
            return self.get(service, path, query, version)
        except RefusedByApi as refused:
            if refused.status == 404:
                return None
            raise

    def delete(self, service: str, path: str, version: str = "") -> bool:
        """Return whether there was something to delete."""
        try:
            self.send("DELETE", service, path, version=version)
        except RefusedByApi as refused:
            if refused.status == 404:
                return False
            raise
        return True

    def poll(self, probe: Callable[[], T | None], what: str, like: str = "") -> T:
        """Return the first answer of `probe` that is not None; AnswerLost when the time is used up.

        `like` names what is waited for here again and again: the first look is then made when it may well be there.
        """
        began, paces = time.monotonic(), self._client.paces
        if like:
            time.sleep(max(0.0, min(paces.first_pause(self.site, like), self._until - began)))
        pause = _FIRST_PAUSE
        while (found := probe()) is None:
            if time.monotonic() + pause >= self._until:
                raise AnswerLost(f"site {self.site}: {what} did not end in time")
            time.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * _GROWTH)
        if like:
            paces.note(self.site, like, time.monotonic() - began)
        return found

    def insist(self, action: Callable[[], T], seconds: float) -> T:
        """Repeat `action` while it is refused with 409 because something else is not gone yet, for so many seconds."""
        end = min(self._until, time.monotonic() + seconds)
        pause = _FIRST_PAUSE
        while True:
            try:
                return action()
            except RefusedByApi as refused:
                if refused.status != 409 or time.monotonic() + pause >= end:
                    raise
            time.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * _GROWTH)
