"""A store in memory that fails when told to, and a client of the service over it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeVar

import httpx

from certificates.applications import Application, Receipt, new_number
from certificates.readiness import Readiness
from certificates.settings import Entrance, Settings
from certificates.store import KeyTaken, Primary, Unavailable, Wanted, always
from certificates.web import build_app

Result = TypeVar("Result")
NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
SETTINGS = Settings(
    host="app-1",
    site="donghai",
    address="127.0.0.1",
    port=443,
    health_port=8080,
    serves=True,
    certificate="host.crt",
    key="host.key",
    authority="ca.crt",
    database="certificates",
    user="certificates",
    password_file="/dev/null",
    entrances=(Entrance("near", "10.0.0.1", 5000), Entrance("far", "10.1.0.1", 5001)),
)


@dataclass
class Shelf:
    """Keeps receipts by key; raises `failure` instead, while there is one."""

    receipts: dict[str, tuple[Application, Receipt]] = field(default_factory=dict)
    failure: Exception | None = None
    looks: int = 0

    def fail(self) -> None:
        if self.failure:
            raise self.failure

    async def receive(self, application: Application, wanted: Wanted = always) -> Receipt:
        self.fail()
        if not await wanted():
            raise Unavailable
        known = self.receipts.get(application.key)
        if known and known[0] != application:
            raise KeyTaken
        if known:
            return replace(known[1], repeated=True)
        number = new_number(NOON.date())
        receipt = Receipt(number, application.kind, application.applicant, "received", "donghai", NOON)
        self.receipts[application.key] = application, receipt
        return receipt

    async def find(self, number: str, wanted: Wanted = always) -> Receipt | None:
        self.fail()
        return next((receipt for _, receipt in self.receipts.values() if receipt.number == number), None)

    async def count(self, wanted: Wanted = always) -> dict[str, int]:
        self.fail()
        return {"received": len(self.receipts)}

    async def look(self) -> Primary:
        self.looks += 1
        self.fail()
        return Primary("10.2.0.1", 2)


def visit(
    shelf: Shelf,
    talk: Callable[[httpx.AsyncClient], Awaitable[Result]],
    *,
    readiness: Readiness | None = None,
    scheme: str = "https",
) -> Result:
    """Return what `talk` makes of a client of the service over `shelf`."""

    async def session() -> Result:
        app = build_app(shelf, readiness or Readiness(serves=True, fresh=3), SETTINGS)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=f"{scheme}://service") as client:
            return await talk(client)

    return asyncio.run(session())
