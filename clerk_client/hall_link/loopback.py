"""The loopback address to which a browser brings an authorization code (RFC 8252, 7.3)."""

import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import urlsplit

_PATH = "/identity"
_LONGEST = 8192
_PAGE = (
    "<!doctype html><html lang=zh><meta charset=utf-8><title>统一身份认证</title>"
    "<p style='font:20px sans-serif;margin:4em'>"
    "已收到认证结果，请回到窗口受理。此页可以关闭。</p></html>"
)


class Redirect:
    """Listens on a free loopback port from entry to exit and keeps the first answer."""

    def __init__(self) -> None:
        self._came = threading.Condition()
        self._answer: str | None = None
        redirect = self

        class Page(BaseHTTPRequestHandler):
            timeout = 5

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                if parts.path != _PATH or len(parts.query) > _LONGEST:
                    self.send_error(404)
                    return
                page = _PAGE.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(page)))
                self.send_header("Cache-Control", "no-store")
                self.send_header("Referrer-Policy", "no-referrer")
                self.end_headers()
                self.wfile.write(page)
                redirect._keep(parts.query)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Nothing: the line would hold the code."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=[0.1], name="identity-redirect", daemon=True
        )

    @property
    def uri(self) -> str:
        """What the provider is asked to lead back to."""
        return f"http://127.0.0.1:{self._server.server_port}{_PATH}"

    def wait(self, longest: timedelta, cancelled: threading.Event) -> str | None:
        """The query of the first request; None when none came in time or it was cancelled."""
        until = time.monotonic() + longest.total_seconds()
        with self._came:
            while self._answer is None and not cancelled.is_set():
                left = until - time.monotonic()
                if left <= 0:
                    break
                self._came.wait(min(left, 0.2))
            return self._answer

    def __enter__(self) -> "Redirect":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _keep(self, query: str) -> None:
        with self._came:
            if self._answer is None:
                self._answer = query
            self._came.notify_all()
