"""Reading what a call brings along: no more bytes and no longer than the hall allows."""

import asyncio
from urllib.parse import parse_qsl

from starlette.types import Message, Receive, Scope

from clerk_client.hall.errors import (
    BodyCoded,
    HallBusy,
    HallError,
    HeadersTooLarge,
    RequestInvalid,
    RequestMalformed,
    RequestSlow,
    RequestTooLarge,
)

HEADERS_LIMIT = 16 * 1024
BODY_LIMIT = 2 * 1024 * 1024
ATTACHMENT_LIMIT = 10_485_760
# What all bodies of a process may hold at once, small ones aside: 800 connections could bring 8 GB.
HELD_AT_ONCE = 256 * 1024 * 1024
_SMALL = 64 * 1024
# A little more is read and dropped, so that the caller hears the answer instead of a reset.
_DROPPED_BEYOND = 14 * 1024 * 1024
# Seconds for the whole body. An attachment over a line of 1 Mbit/s takes 84.
_BODY_WITHIN = 20.0
_ATTACHMENT_WITHIN = 120.0
_ATTACHMENTS = "/api/v1/attachments/"
_ONCE = frozenset(
    {
        b"authorization",
        b"clerk-contract",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"dpop",
        b"transfer-encoding",
    }
)


def is_attachment(scope: Scope) -> bool:
    """The one call whose body is too large to be held twice."""
    return bool(scope["method"] == "PUT" and scope["path"].startswith(_ATTACHMENTS))


def fault_of(scope: Scope) -> HallError | None:
    """What the headers alone show to be wrong with a call."""
    size = len(scope["raw_path"]) + len(scope["query_string"])
    if size + sum(len(name) + len(value) for name, value in scope["headers"]) > HEADERS_LIMIT:
        return HeadersTooLarge(bytes=str(HEADERS_LIMIT))
    names = [name for name, _ in scope["headers"]]
    headers = dict(scope["headers"])
    asked = [name for name, _ in parse_qsl(scope["query_string"].decode("latin-1"), True)]
    if len(set(asked)) < len(asked):
        # A proxy, or another hall, may take the other one.
        return RequestMalformed(field="query repeated")
    if any(names.count(name) > 1 for name in _ONCE):
        return RequestMalformed(field="header repeated")
    if b"content-length" in headers and b"transfer-encoding" in headers:
        # Two lengths: a proxy may believe the other one than we do.
        return RequestMalformed(field="length")
    if headers.get(b"content-encoding", b"identity").strip().lower() not in (b"identity", b""):
        return BodyCoded()
    if "\0" in scope["path"] or b"%00" in scope["query_string"]:
        # PostgreSQL stores none, and no name holds one.
        return RequestInvalid(field="NUL")
    limit = ATTACHMENT_LIMIT if is_attachment(scope) else BODY_LIMIT
    # h11 has made sure that these are digits.
    if int(headers.get(b"content-length", b"0")) > limit:
        return RequestTooLarge(bytes=str(limit))
    return None


class Room:
    """Bytes of large bodies that this process holds. For the event loop alone."""

    def __init__(self, most: int = HELD_AT_ONCE) -> None:
        self.most = most
        self.held = 0


class Body:
    """A call's body on its way in. One deadline from its first byte to its last.

    `release` is due when the call has ended.
    """

    def __init__(self, scope: Scope, receive: Receive, room: Room) -> None:
        is_large = is_attachment(scope)
        self._receive = receive
        self._limit = ATTACHMENT_LIMIT if is_large else BODY_LIMIT
        within = _ATTACHMENT_WITHIN if is_large else _BODY_WITHIN
        self._due = asyncio.get_running_loop().time() + within
        self._size = 0
        self._room, self._held = room, 0
        self._is_asked_for = (b"expect", b"100-continue") not in [
            (name, value.lower()) for name, value in scope["headers"]
        ]
        self.is_read = False

    async def receive(self) -> Message:
        """The next part as it came. Raises RequestTooLarge, RequestSlow, HallBusy."""
        if self.is_read:
            return await self._receive()
        message = await self._next()
        if self._size > self._limit:
            await self.drop()
            raise RequestTooLarge(bytes=str(self._limit))
        if not self._has_room():
            await self.drop()
            raise HallBusy
        return message

    def release(self) -> None:
        """Nothing of it is held any more."""
        self._room.held -= self._held
        self._held = 0

    def _has_room(self) -> bool:
        more = self._size - self._held if self._size > _SMALL else 0
        if self._room.held + more > self._room.most:
            return False
        self._room.held += more
        self._held += more
        return True

    async def whole(self) -> bytes | None:
        """All of it; None when the caller left. Raises RequestTooLarge, RequestSlow, HallBusy."""
        body = bytearray()
        while not self.is_read:
            message = await self.receive()
            if message["type"] != "http.request":
                return None
            body += message.get("body", b"")
        return bytes(body)

    async def drop(self) -> None:
        """Reads on without keeping anything, so that a caller who sends first hears the answer.

        Not when the caller waits to be asked for the body. Raises RequestSlow.
        """
        most = self._limit + _DROPPED_BEYOND
        while self._is_asked_for and not self.is_read and self._size <= most:
            if (await self._next())["type"] != "http.request":
                return

    async def _next(self) -> Message:
        try:
            async with asyncio.timeout_at(self._due):
                message = await self._receive()
        except TimeoutError as error:
            self._is_asked_for = False
            raise RequestSlow from error
        # To be asked for more is what `Expect: 100-continue` waits for.
        self._is_asked_for = message["type"] == "http.request"
        self._size += len(message.get("body", b""))
        self.is_read = not message.get("more_body", False)
        return message
