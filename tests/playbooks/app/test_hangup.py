"""Citizens who hang up while they wait: over a real server, and at the pool."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from hypercorn.asyncio import serve
from hypercorn.config import Config
from hypercorn.typing import ASGIFramework
from starlette.types import Receive, Scope, Send

from certificates.applications import Application, Receipt
from certificates.postgres import Database
from certificates.readiness import Readiness
from certificates.store import Unavailable, Wanted, always
from certificates.web import build_app
from tests.playbooks.app.shelf import SETTINGS, Shelf
from tests.ports import free_port

BODY = json.dumps({"kind": "residence", "applicant": "张三丰"}).encode()
ASKED = b"POST /api/applications HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


class Queue(Shelf):
    """Lets an application wait for its turn, then asks whether it is still wanted."""

    def __init__(self) -> None:
        super().__init__()
        self.came, self.turn = asyncio.Event(), asyncio.Event()
        self.wanted: list[bool] = []

    async def receive(self, application: Application, wanted: Wanted = always) -> Receipt:
        self.came.set()
        await self.turn.wait()
        self.wanted.append(await wanted())
        return await super().receive(application, wanted)


class Pool:
    """Gives out one line, on which nothing may be asked; `given` counts how often."""

    given = 0

    @asynccontextmanager
    async def connection(self, timeout: float) -> AsyncIterator[Any]:  # noqa: ASYNC109 - the pool's own word
        self.given += timeout > 0
        yield object()


async def asked(queue: Queue, *, hangs_up: bool) -> bytes:
    """Return what a citizen is answered over a real server, "" for one who hangs up before the turn comes."""
    config, stopped, port = Config(), asyncio.Event(), free_port()
    config.bind, config.errorlog = [f"127.0.0.1:{port}"], None
    app = build_app(queue, Readiness(serves=True, fresh=3), SETTINGS)

    async def as_over_tls(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "scheme": "https"}, receive, send)

    server = asyncio.create_task(serve(cast("ASGIFramework", as_over_tls), config, shutdown_trigger=stopped.wait))
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            break
        except OSError:
            await asyncio.sleep(0.02)
    writer.write(ASKED)
    await asyncio.wait_for(queue.came.wait(), 10)
    if hangs_up:
        writer.close()
        await writer.wait_closed()
        await asyncio.sleep(0.3)
    queue.turn.set()
    answer = b"" if hangs_up else await asyncio.wait_for(reader.read(100), 10)
    writer.close()
    await writer.wait_closed()
    stopped.set()
    await asyncio.wait_for(server, 30)
    return answer


def test_citizen_who_waits_is_answered_and_who_hung_up_is_not_wanted() -> None:
    """The server tells the one from the other while the request waits."""

    async def both() -> tuple[bytes, list[bool], list[bool], int]:
        waits, gone = Queue(), Queue()
        answer = await asked(waits, hangs_up=False)
        await asked(gone, hangs_up=True)
        return answer, waits.wanted, gone.wanted, len(gone.receipts)

    answer, waited, hung_up, receipts = asyncio.run(both())

    assert b" 201" in answer
    assert (waited, hung_up, receipts) == ([True], [False], 0)


def test_database_asks_nothing_for_who_has_gone() -> None:
    """The line goes to the next in the queue at once."""

    async def gone() -> bool:
        return False

    async def session() -> int:
        database, pool = Database(SETTINGS), Pool()
        database.pool = cast("Any", pool)
        with pytest.raises(Unavailable, match="gone"):
            await database.find("20260301-WJQ3RQAJS9-M", gone)
        with pytest.raises(AttributeError):  # negative control: for who waits, the line is used
            await database.find("20260301-WJQ3RQAJS9-M", always)
        return pool.given

    assert asyncio.run(session()) == 2
