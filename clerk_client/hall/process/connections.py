"""One connection's bounds: how long headers may take, how many connections there are at once.

uvicorn waits for a request's headers and for a slow reader for ever, answers garbage in plain text,
and may then go on with it; this is its protocol with an end to each of these.
"""

import asyncio
from http import HTTPStatus
from typing import Any

import h11
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from clerk_client.hall.bodies import HEADERS_LIMIT
from clerk_client.hall.errors import (
    HallBusy,
    HallError,
    HeadersTooLarge,
    RequestMalformed,
    RequestSlow,
)
from clerk_client.hall.problems import problem_response

HEADERS_WITHIN = 10.0
"""Seconds, from a connection's beginning or a further request's first byte."""
READ_WITHIN = 30.0
"""Seconds that a caller may leave an answer unread."""
MOST_CONNECTIONS = 800
"""A worker's, unless told otherwise. With the database's they stay below the usual 1024 files."""
# Beyond the bound these many are still told so; further ones are cut off unheard.
_TOLD_BEYOND = 100


class BoundedProtocol(H11Protocol):
    """`limit_concurrency` of uvicorn's configuration is the number of connections."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._most = self.limit_concurrency or MOST_CONNECTIONS
        self.limit_concurrency = None
        self._headers_due: asyncio.TimerHandle | None = None
        self._reading_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        beyond = len(self.connections) - self._most
        if beyond > _TOLD_BEYOND:
            transport.abort()
        elif beyond > 0:
            self.app = _tell_busy
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._headers_due, self._reading_due):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        super().data_received(data)
        self._await_headers()

    def send_400_response(self, msg: str) -> None:
        """Bytes that are no HTTP: told if nothing else was answered yet, and then the end."""
        unread, _ = self.conn.trailing_data
        is_too_large = self.conn.their_state is h11.ERROR and len(unread) > HEADERS_LIMIT
        self._end_with(HeadersTooLarge() if is_too_large else RequestMalformed())

    def pause_writing(self) -> None:
        super().pause_writing()
        self._reading_due = self.loop.call_later(READ_WITHIN, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._reading_due is not None:
            self._reading_due.cancel()
            self._reading_due = None

    def _await_headers(self) -> None:
        if self.conn.their_state is not h11.IDLE or self.transport.is_closing():
            if self._headers_due is not None:
                self._headers_due.cancel()
                self._headers_due = None
        elif self._headers_due is None:
            self._headers_due = self.loop.call_later(HEADERS_WITHIN, self._give_up)

    def _give_up(self) -> None:
        self._headers_due = None
        if self.conn.their_state is not h11.IDLE or self.transport.is_closing():
            return
        unread, _ = self.conn.trailing_data
        if unread:
            self._end_with(RequestSlow())
        else:
            self.transport.close()

    def _end_with(self, error: HallError) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            # The call whose body turned to garbage must not answer as well.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.abort()
            return
        answer = _closing(error)
        events: list[h11.Event] = [
            h11.Response(
                status_code=answer.status_code,
                headers=answer.raw_headers,
                reason=HTTPStatus(answer.status_code).phrase,
            ),
            h11.Data(data=bytes(answer.body)),
            h11.EndOfMessage(),
        ]
        for event in events:
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


async def _tell_busy(scope: Scope, receive: Receive, send: Send) -> None:
    await _closing(HallBusy())(scope, receive, send)


def _closing(error: HallError) -> Response:
    answer = problem_response(error)
    answer.headers["Connection"] = "close"
    return answer
