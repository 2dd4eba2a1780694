"""What holds for every call: the contract's version, the body's size, problems as RFC 9457."""

import logging
import time
import traceback

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clerk_client.hall.errors import (
    ContractTooOld,
    DatabaseUnusable,
    HallError,
    MethodNotAllowed,
    RequestInvalid,
    RequestTooLarge,
    RouteUnknown,
)
from clerk_client.wire.messages import CONTRACT, Problem
from ukey.errors import CertificateUnfit

log = logging.getLogger(__name__)

BODY_LIMIT = 2 * 1024 * 1024
# A little more is read and dropped, so that the caller hears the answer instead of a reset.
_DROPPED_AT_MOST = 8 * BODY_LIMIT
_ALWAYS_TAKEN = ("POST", "/api/v1/records")


class ContractLayer:
    """Around the whole application: nothing comes in unchecked, nothing goes out unnamed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, answered = time.monotonic(), 0

        async def send_marked(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = message["status"]
                message["headers"] = [
                    *message["headers"],
                    (b"clerk-contract", CONTRACT.encode()),
                    (b"cache-control", b"no-store"),
                ]
            await send(message)

        try:
            _ensure_spoken(scope)
            body = await _whole_body(receive)
            if body is None:
                return
            await self._app(scope, _given(body, receive), send_marked)
        except HallError as error:
            await problem_response(error)(scope, receive, send_marked)
        except Exception as error:  # noqa: BLE001 - the service's own hook: told, logged, no crash
            # Without the exception's text: it may quote what was sent, and that is a person's.
            where = "".join(traceback.format_tb(error.__traceback__))
            log.error("%s failed: %s\n%s", _route(scope), type(error).__name__, where)
            if not answered:
                await problem_response(HallError())(scope, receive, send_marked)
        # The route's pattern, not the path: a path holds appointment numbers.
        spent = (time.monotonic() - started) * 1000
        log.info("%s %s %d %.0f ms", scope["method"], _route(scope), answered, spent)


def problem_response(error: HallError | CertificateUnfit) -> JSONResponse:
    """RFC 9457, without anything of the program's inside."""
    status = error.status if isinstance(error, HallError) else 401
    problem = Problem(
        title=(type(error).__doc__ or "").partition("\n")[0],
        status=status,
        code=error.code,
        detail=error.detail if isinstance(error, HallError) else "",
        facts=error.facts if isinstance(error, HallError) else {},
    )
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'DPoP algs="EdDSA"'
    if status == 429:
        headers["Retry-After"] = "60"
    return JSONResponse(
        problem.model_dump(),
        status_code=status,
        headers=headers,
        media_type="application/problem+json",
    )


def answer_with_problems(app: FastAPI) -> None:
    """Every error of the framework and of ours leaves as a problem document."""

    @app.exception_handler(HallError)
    @app.exception_handler(CertificateUnfit)
    async def refuse(_: Request, error: HallError | CertificateUnfit) -> JSONResponse:
        return problem_response(error)

    @app.exception_handler(OperationalError)
    @app.exception_handler(NoConnectionFree)
    async def tell_database(_: Request, error: OperationalError | NoConnectionFree) -> JSONResponse:
        log.error("database: %s", error.orig if isinstance(error, OperationalError) else error)
        return problem_response(DatabaseUnusable())

    @app.exception_handler(RequestValidationError)
    async def tell_fields(_: Request, error: RequestValidationError) -> JSONResponse:
        # Where and why, never the value: it may be a person's.
        places = [".".join(map(str, each["loc"]))[:80] for each in error.errors()[:20]]
        safe = [place.encode("ascii", "backslashreplace").decode() for place in places]
        facts = dict(zip(safe, [each["type"] for each in error.errors()], strict=False))
        return problem_response(RequestInvalid(**facts))

    @app.exception_handler(HTTPException)
    async def tell_route(_: Request, error: HTTPException) -> JSONResponse:
        known = {404: RouteUnknown, 405: MethodNotAllowed}
        return problem_response(known.get(error.status_code, RequestInvalid)())


def _ensure_spoken(scope: Scope) -> None:
    headers = dict(scope["headers"])
    theirs = headers.get(b"clerk-contract", CONTRACT.encode()).decode("latin-1")
    if (scope["method"], scope["path"]) == _ALWAYS_TAKEN:
        return
    if theirs.partition(".")[0] != CONTRACT.partition(".")[0]:
        raise ContractTooOld(supported=CONTRACT)


async def _whole_body(receive: Receive) -> bytes | None:
    """The body, read to its end; None when the caller left. Raises RequestTooLarge."""
    body, size, more = bytearray(), 0, True
    while more and size <= _DROPPED_AT_MOST:
        message = await receive()
        if message["type"] != "http.request":
            return None
        size += len(message.get("body", b""))
        if size <= BODY_LIMIT:
            body += message.get("body", b"")
        more = message.get("more_body", False)
    if size > BODY_LIMIT:
        raise RequestTooLarge(bytes=str(BODY_LIMIT))
    return bytes(body)


def _given(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again


def _route(scope: Scope) -> str:
    route = scope.get("route")
    return getattr(route, "path", "(no such route)")
