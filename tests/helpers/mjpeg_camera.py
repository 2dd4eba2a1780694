"""A document camera on a loopback port: streams pictures over HTTP, and can misbehave like one."""

import contextlib
import itertools
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

_FRAME_S = 0.01


class MjpegCamera:
    """Streams `pictures` (JPEG bytes) in a circle to whoever connects, while used as a context.

    `with_length` says each part's size, as most cameras do. `page` is sent as HTML instead of a
    stream when given. `raw` is sent in place of the pictures as it stands, boundaries and all, in a
    circle; with `drips` the answer's head comes byte by byte and never ends. `stall` keeps the
    connection and sends nothing more, `hang_up` ends it.
    """

    def __init__(
        self,
        pictures: Sequence[bytes] = (),
        *,
        with_length: bool = True,
        page: str | None = None,
        raw: Sequence[bytes] = (),
        drips: bool = False,
    ) -> None:
        self.pictures = tuple(pictures)
        self.with_length = with_length
        self.page = page
        self.raw = tuple(raw)
        self.drips = drips
        self.stalled = threading.Event()
        self._moving = threading.Event()
        self._moving.set()
        self._ending = threading.Event()
        camera = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with contextlib.suppress(OSError):
                    camera._answer(self)

            def log_message(self, *_args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        # Joined on the way out, so that no test leaves a thread to the next.
        self._server.daemon_threads = False
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/video?size=full"

    def stall(self) -> None:
        """From now on no byte comes; returns when a client is waiting in vain."""
        self._moving.clear()
        assert self.stalled.wait(10)

    def hang_up(self) -> None:
        """Ends every stream and sends nothing to those who come after."""
        self._ending.set()
        self._moving.set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.hang_up()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        if self.page is not None:
            request.send_header("Content-Type", "text/html; charset=utf-8")
            request.end_headers()
            request.wfile.write(self.page.encode())
            return
        request.send_header("Content-Type", "multipart/x-mixed-replace; boundary=--frame")
        if self.drips:
            request.flush_headers()
            while not self._ending.wait(_FRAME_S):
                request.wfile.write(b"x")
            return
        request.end_headers()
        for content in itertools.cycle(self.raw):
            if self._ending.wait(_FRAME_S):
                return
            request.wfile.write(content)
        for picture in itertools.cycle(self.pictures):
            if not self._moving.is_set():
                self.stalled.set()
                self._moving.wait()
            if self._ending.wait(_FRAME_S):
                return
            length = f"Content-Length: {len(picture)}\r\n" if self.with_length else ""
            head = f"--frame\r\nContent-Type: image/jpeg\r\n{length}\r\n"
            request.wfile.write(head.encode() + picture + b"\r\n")
