"""The pages and the JSON interface over HTTP; health is the one thing answered without TLS."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from certificates.applications import Refused, read_application, read_number
from certificates.pages import (
    PAGES,
    choose_language,
    receipt_fields,
    receipt_page,
    start_page,
    state_fields,
    states_page,
)
from certificates.readiness import Readiness
from certificates.settings import Settings
from certificates.store import Indeterminate, KeyTaken, Store, Unavailable, Wanted
from certificates.words import REFUSALS, Language

LARGEST = 16 * 1024
HEADERS = {
    b"content-security-policy": (
        b"default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cache-control": b"no-store",
    b"strict-transport-security": b"max-age=31536000",
}
AGAIN = {"Retry-After": "1"}


class Guard:
    """Keeps citizens' data off the plain port and sets the headers every answer carries."""

    def __init__(self, app: ASGIApp, site: str) -> None:
        self.app = app
        self.headers = [*HEADERS.items(), (b"x-site", site.encode())]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *self.headers]
            await send(message)

        plain = scope["type"] == "http" and scope["scheme"] != "https" and scope["path"] != "/health"
        answer = PlainTextResponse("this port answers /health only\n", HTTPStatus.NOT_FOUND) if plain else self.app
        await answer(scope, receive, send_with_headers)


async def read_body(request: Request) -> bytes:
    """Return the body. Raises: Refused("size") before more than LARGEST bytes are held."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise Refused(("size",))
    return body


async def read_form(request: Request) -> dict[str, str]:
    try:
        return dict(parse_qsl((await read_body(request)).decode(), max_num_fields=20))
    except ValueError as wrong:
        raise Refused(("body",)) from wrong


async def read_json(request: Request) -> Mapping[str, Any]:
    try:
        fields = json.loads(await read_body(request))
    except ValueError as wrong:
        raise Refused(("body",)) from wrong
    if not isinstance(fields, dict):
        raise Refused(("body",))
    return fields


def waiting(request: Request) -> Wanted:
    """Return what tells whether the citizen has not hung up."""

    async def waits() -> bool:
        return not await request.is_disconnected()

    return waits


def language_of(request: Request) -> Language:
    return choose_language(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))


def problem(status: HTTPStatus, *fields: str, **more: str) -> JSONResponse:
    """Return what went wrong, as rows {field, zh, en}; a 503 asks to come again."""
    rows = [{"field": field, "zh": REFUSALS[field].zh, "en": REFUSALS[field].en} for field in fields]
    headers = AGAIN if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    return JSONResponse({"error": fields[0], "problems": rows} | more, status, headers)


class Service:
    """The handlers, over one store."""

    def __init__(self, store: Store, readiness: Readiness, settings: Settings) -> None:
        self.store, self.readiness, self.settings = store, readiness, settings

    async def health(self, _: Request) -> Response:
        state, primary = self.readiness.state(time.monotonic()), self.readiness.primary
        fields: dict[str, object] = {"state": state, "site": self.settings.site, "host": self.settings.host}
        if primary and state == "ready":
            fields |= {"primary": primary.address, "schema": primary.step}
        return JSONResponse(fields, HTTPStatus.OK if state == "ready" else HTTPStatus.SERVICE_UNAVAILABLE)

    async def receive(self, request: Request) -> Response:
        key = ""
        try:
            application = read_application(await read_json(request), request.headers.get("idempotency-key", ""))
            key = application.key
            receipt = await self.store.receive(application, waiting(request))
        except Refused as refused:
            return problem(HTTPStatus.UNPROCESSABLE_ENTITY, *refused.fields)
        except KeyTaken:
            return problem(HTTPStatus.CONFLICT, "taken", key=key)
        except Indeterminate:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, "indeterminate", key=key)
        status = HTTPStatus.OK if receipt.repeated else HTTPStatus.CREATED
        where = {"Location": f"/api/receipts/{receipt.number}"}
        return JSONResponse(receipt_fields(receipt, self.settings.site) | {"key": key}, status, where)

    async def find(self, request: Request) -> Response:
        number = read_number(request.path_params["number"])
        receipt = await self.store.find(number, waiting(request)) if number else None
        if not receipt:
            return problem(HTTPStatus.NOT_FOUND, "missing")
        return JSONResponse(receipt_fields(receipt, self.settings.site))

    async def states(self, request: Request) -> Response:
        counts = await self.store.count(waiting(request))
        return JSONResponse({"states": state_fields(counts), "answered_by": self.settings.site})

    async def start(self, request: Request) -> Response:
        return HTMLResponse(start_page(language_of(request)))

    async def send_form(self, request: Request) -> Response:
        language = language_of(request)
        fields: dict[str, str] = {}
        try:
            fields = await read_form(request)
            receipt = await self.store.receive(read_application(fields), waiting(request))
        except Refused as refused:
            return HTMLResponse(start_page(language, fields, refused.fields), HTTPStatus.UNPROCESSABLE_ENTITY)
        except KeyTaken:
            return HTMLResponse(start_page(language, fields, ["taken"]), HTTPStatus.CONFLICT)
        except Unavailable:
            return HTMLResponse(start_page(language, fields, notice="busy"), HTTPStatus.SERVICE_UNAVAILABLE, AGAIN)
        return RedirectResponse(f"/receipts/{receipt.number}?lang={language}", HTTPStatus.SEE_OTHER)

    async def show(self, request: Request) -> Response:
        language = language_of(request)
        asked = request.path_params.get("number") or request.query_params.get("number", "")
        number = read_number(asked)
        receipt = await self.store.find(number, waiting(request)) if number else None
        if not receipt:
            return HTMLResponse(start_page(language, {"number": asked}, notice="missing"), HTTPStatus.NOT_FOUND)
        return HTMLResponse(receipt_page(language, receipt))

    async def show_states(self, request: Request) -> Response:
        return HTMLResponse(states_page(language_of(request), await self.store.count(waiting(request))))

    async def style(self, _: Request) -> Response:
        return Response(PAGES.get_template("style.css").render(), media_type="text/css")


async def come_again(request: Request, _: Exception) -> Response:
    if request.url.path.startswith("/api/"):
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable")
    page = start_page(language_of(request), notice="later")
    return HTMLResponse(page, HTTPStatus.SERVICE_UNAVAILABLE, AGAIN)


def build_app(store: Store, readiness: Readiness, settings: Settings) -> Starlette:
    service = Service(store, readiness, settings)
    routes: list[tuple[str, Callable[[Request], Awaitable[Response]], str]] = [
        ("/health", service.health, "GET"),
        ("/api/applications", service.receive, "POST"),
        ("/api/receipts/{number}", service.find, "GET"),
        ("/api/states", service.states, "GET"),
        ("/", service.start, "GET"),
        ("/applications", service.send_form, "POST"),
        ("/receipts", service.show, "GET"),
        ("/receipts/{number}", service.show, "GET"),
        ("/states", service.show_states, "GET"),
        ("/style.css", service.style, "GET"),
    ]
    return Starlette(
        routes=[Route(path, handler, methods=[method]) for path, handler, method in routes],
        middleware=[Middleware(Guard, site=settings.site)],
        exception_handlers={Unavailable: come_again},
    )
