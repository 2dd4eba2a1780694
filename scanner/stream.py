"""A camera that streams pictures over HTTP (multipart/x-mixed-replace, "MJPEG").

Read here and not through OpenCV, whose reader cannot be woken from outside.
"""

import contextlib
import http
import http.client
import itertools
import re
import socket
import threading
import time
import urllib.parse

from scanner.adjustment import Adjustment
from scanner.encoded import Frames
from scanner.errors import CameraAbsent, CameraStalled, PictureUnreadable, SourceUnknown
from scanner.frames import STALL_S, UNADJUSTED, Frame

_LARGEST_PICTURE = 32 * 1024 * 1024
_CHUNK = 256 * 1024
_PRINTABLE = re.compile(r"[!-~]+")
_LENGTH = re.compile(rb"^content-length:[ \t]*([0-9]{1,9})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)


class StreamSource:
    """Frames from an address. Every wait ends after `stall_s`, or at once when closed."""

    def __init__(
        self, name: str, stall_s: float = STALL_S, adjustment: Adjustment = UNADJUSTED
    ) -> None:
        try:
            parts = urllib.parse.urlsplit(name)
            host, self._port = parts.hostname or "", parts.port or http.client.HTTP_PORT
        except ValueError as error:
            raise SourceUnknown(name) from error
        target = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
        plain = _PRINTABLE.fullmatch(host) and _PRINTABLE.fullmatch(target)
        # A password in the address would be shown and logged with the name.
        if parts.scheme != "http" or not plain or "@" in parts.netloc:
            raise SourceUnknown(name)
        self.name = name
        self._host, self._target = host, target
        self._stall_s = stall_s
        self._adjustment = adjustment
        self._closed = threading.Event()
        # Held by the thread that opens or reads; whoever holds it may let go of the connection.
        self._at_work = threading.Lock()
        self._socket: socket.socket | None = None
        self._response: http.client.HTTPResponse | None = None
        self._boundary = b""
        self._buffer = bytearray()
        self._numbers = itertools.count(1)
        self._frames = Frames(name)

    def adjust(self, adjustment: Adjustment) -> None:
        """Only the rotation can be set from here. From any thread."""
        self._adjustment = adjustment

    def open(self) -> None:
        """Raises CameraAbsent, CameraStalled, or PictureUnreadable for any other kind of answer."""
        with self._at_work:
            self._let_go()
            self._closed.clear()
            self._buffer.clear()
            self._numbers = itertools.count(1)
            self._frames = Frames(self.name)
            try:
                self._connect()
            except Exception:
                self._let_go()
                raise

    def read(self) -> Frame:
        """Leaves damaged pictures out; PictureUnreadable when that goes on for `stall_s`."""
        import numpy as np

        until = time.monotonic() + self._stall_s
        damaged: PictureUnreadable | None = None
        with self._at_work:
            while True:
                try:
                    encoded = np.frombuffer(self._part(until), np.uint8)
                    frame = self._frames.frame(
                        encoded, next(self._numbers), time.monotonic(), self._adjustment.rotation
                    )
                except CameraStalled as stalled:
                    raise damaged or stalled from None
                except PictureUnreadable as error:
                    damaged = error
                    if len(self._buffer) > _LARGEST_PICTURE:
                        raise
                else:
                    return frame

    def close(self) -> None:
        self._closed.set()
        self._shut()
        if self._at_work.acquire(blocking=False):
            try:
                self._let_go()
            finally:
                self._at_work.release()

    def _shut(self) -> None:
        """Wakes whoever waits for bytes."""
        connected = self._socket
        if connected is not None:
            with contextlib.suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)

    def _let_go(self) -> None:
        if self._response is not None:
            self._response.close()
        if self._socket is not None:
            self._socket.close()
        self._response = self._socket = None

    def _connect(self) -> None:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=self._stall_s)
        is_late = threading.Event()

        def give_up() -> None:
            is_late.set()
            self._shut()

        cut = threading.Timer(self._stall_s, give_up)
        cut.daemon = True
        try:
            connection.connect()
            self._socket = connection.sock
            if self._closed.is_set():
                raise CameraAbsent(self.name)
            # The time limit of a socket is one for each byte of the answer's head.
            cut.start()
            connection.request("GET", self._target)
            self._response = connection.getresponse()
        except TimeoutError as error:
            raise CameraStalled(self.name) from error
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            if is_late.is_set() and not self._closed.is_set():
                raise CameraStalled(self.name) from error
            raise CameraAbsent(self.name) from error
        finally:
            cut.cancel()
        if is_late.is_set():
            raise CameraStalled(self.name)
        if self._response.status != http.HTTPStatus.OK:
            raise CameraAbsent(self.name)
        headers = self._response.headers
        boundary = headers.get_param("boundary")
        # Some cameras write the two dashes into the header too.
        words = boundary.removeprefix("--") if isinstance(boundary, str) else ""
        if headers.get_content_maintype() != "multipart" or not words:
            raise PictureUnreadable(self.name)
        self._boundary = b"--" + words.encode("latin-1", "replace")

    def _part(self, until: float) -> bytes:
        """The next part's content."""
        self._take_through(self._boundary, until)
        head = self._take_through(b"\r\n\r\n", until)
        if length := _LENGTH.search(head):
            return self._take(int(length[1]), until)
        end = self._find(b"\r\n" + self._boundary, until)
        return self._take(end, until)

    def _take_through(self, mark: bytes, until: float) -> bytes:
        return self._take(self._find(mark, until) + len(mark), until)

    def _find(self, mark: bytes, until: float) -> int:
        searched = 0
        while (at := self._buffer.find(mark, searched)) < 0:
            searched = max(0, len(self._buffer) - len(mark))
            self._receive(until)
        return at

    def _take(self, size: int, until: float) -> bytes:
        while len(self._buffer) < size:
            self._receive(until)
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _receive(self, until: float) -> None:
        if len(self._buffer) > _LARGEST_PICTURE:
            raise PictureUnreadable(self.name)
        left = until - time.monotonic()
        if left <= 0:
            raise CameraStalled(self.name)
        if self._closed.is_set() or self._socket is None or self._response is None:
            raise CameraAbsent(self.name)
        try:
            self._socket.settimeout(left)
            received = self._response.read1(_CHUNK)
        except TimeoutError as error:
            raise CameraStalled(self.name) from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise CameraAbsent(self.name) from error
        if not received:
            raise CameraAbsent(self.name)
        self._buffer += received
