"""What holds for every call: the contract's version, the body's bounds, a line in the log."""

import logging
import re
import time
import uuid
from contextlib import suppress

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clerk_client.hall.bodies import Body, Room, fault_of, is_attachment
from clerk_client.hall.calling import PREFIX
from clerk_client.hall.errors import ContractTooOld, HallError
from clerk_client.hall.problems import CODE, COMMON_HEADERS, problem_response
from clerk_client.hall.process import metrics
from clerk_client.hall.process.log_lines import request_id, without_text
from clerk_client.wire.messages import CONTRACT

log = logging.getLogger(__name__)

_ALWAYS_TAKEN = ("POST", "/api/v1/records")
_VERSION = re.compile(rb"([0-9]{1,4})\.[0-9]{1,4}")
_OURS = CONTRACT.partition(".")[0].encode()
_RAW_HEADERS = [(name.lower().encode(), text.encode()) for name, text in COMMON_HEADERS.items()]
_RAW_NAMES = {name for name, _ in _RAW_HEADERS}


class ContractLayer:
    """Around the whole application: nothing comes in unchecked, nothing goes out unnamed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._room = Room()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        call = _Call(scope, receive, send, self._room)
        token = request_id.set(call.id)
        try:
            await call.answered_by(self._app)
            call.note()
        finally:
            call.end()
            request_id.reset(token)


class _Call:
    def __init__(self, scope: Scope, receive: Receive, send: Send, room: Room) -> None:
        self.id = uuid.uuid4().hex
        self._scope, self._receive, self._send = scope, receive, send
        self._body = Body(scope, receive, room)
        self._started = time.monotonic()
        self._status = 0

    async def answered_by(self, app: ASGIApp) -> None:
        try:
            fault = _unspoken(self._scope) or fault_of(self._scope)
            if fault is not None:
                await self._body.drop()
                raise fault
            if is_attachment(self._scope):
                # Handed on as it comes: the route decides what it holds.
                await app(self._scope, self._body.receive, self._send_marked)
                return
            body = await self._body.whole()
            if body is not None:
                await app(self._scope, _given(body, self._receive), self._send_marked)
        except HallError as error:
            await self._refuse(error)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - the service's own hook: told, logged, no crash
            log.error("%s failed: %s", self._route, without_text(error))
            await self._refuse(HallError())

    def end(self) -> None:
        """Its body needs no room any more."""
        self._body.release()

    def note(self) -> None:
        """The route's pattern, not the path: a path holds appointment numbers."""
        spent = time.monotonic() - self._started
        method, code = self._scope["method"], self._scope.get(CODE, "")
        metrics.answered(self._route, method, self._status, spent, code)
        session = self._scope.get("state", {}).get("session")
        facts = {
            "route": self._route,
            "method": method if method in metrics.METHODS else "other",
            "status": self._status,
            "ms": round(spent * 1000),
            "station": session.station if session is not None else "",
            "code": code,
        }
        shown = {name: fact for name, fact in facts.items() if fact != ""}
        log.info("answered" if self._status else "the caller left", extra=shown)

    @property
    def _route(self) -> str:
        path = getattr(self._scope.get("route"), "path", None)
        if path is None:
            return "(no such route)"
        # Whether FastAPI tells the prefix depends on its version.
        return PREFIX + str(path).removeprefix(PREFIX)

    async def _refuse(self, error: HallError) -> None:
        if self._status:
            return
        self._scope[CODE] = error.code
        await problem_response(error)(self._scope, self._receive, self._send_marked)

    async def _send_marked(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            # One that is too slow to send the rest hears its answer and the end of the connection.
            with suppress(HallError):
                await self._body.drop()
            self._status = message["status"]
            own = [pair for pair in message["headers"] if pair[0] not in _RAW_NAMES]
            message["headers"] = [*own, *_RAW_HEADERS, (b"x-request-id", self.id.encode())]
            if not self._body.is_read:
                # What is left of the body would be taken for the next call.
                message["headers"].append((b"connection", b"close"))
        await self._send(message)


def _unspoken(scope: Scope) -> HallError | None:
    if (scope["method"], scope["path"]) == _ALWAYS_TAKEN:
        return None
    theirs = [value for name, value in scope["headers"] if name == b"clerk-contract"]
    if not theirs:
        return None
    spoken = _VERSION.fullmatch(theirs[0])
    if spoken is not None and spoken[1] == _OURS:
        return None
    return ContractTooOld(supported=CONTRACT)


def _given(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again
