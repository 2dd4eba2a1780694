"""One process that serves: told where it listens, stopped without losing an answer."""

import logging
import os
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI

from clerk_client.domain.clock import Clock
from clerk_client.hall.bodies import HEADERS_LIMIT
from clerk_client.hall.errors import HallError
from clerk_client.hall.process import metrics
from clerk_client.hall.process.connections import BoundedProtocol
from clerk_client.hall.process.tls import TlsFiles

log = logging.getLogger(__name__)

ANSWERS_WITHIN = 10
"""Seconds that answers under way have once the service was told to stop."""
# A statement that the database holds up cannot be called off: then the process ends with it.
_END_WITHIN = ANSWERS_WITHIN + 3
# Connections that wait for a worker; and how many of them one takes before the others come by.
_WAITING, _TAKEN_AT_ONCE = 1024, 8


@dataclass(frozen=True, slots=True)
class Serving:
    """How a process serves. `announce` is called once it does; `connections` at once at most."""

    clock: Clock
    connections: int
    announce: Callable[[], None]
    tls: TlsFiles | None = None
    until_stdin_closes: bool = False
    when_stdin_closed: Callable[[], None] | None = None


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one. Raises OSError when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=_WAITING)
    # Inherited by each connection. Without it a short answer waits 40 ms for the reader's
    # acknowledgement; asyncio sets it only on sockets that it made itself.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def announce(listening: socket.socket, scheme: str, port_file: Path | None) -> None:
    """Says on standard output, and the port in `port_file`, where the service answers."""
    host, port = listening.getsockname()[:2]
    if port_file is not None:
        # Renamed into place, so that a reader sees a whole number or no file.
        unfinished = port_file.with_suffix(".new")
        unfinished.write_text(f"{port}\n", encoding="ascii")
        unfinished.replace(port_file)
    shown = f"[{host}]" if ":" in host else host
    os.write(1, f"{scheme}://{shown}:{port}\n".encode())


def serve(app: FastAPI, listening: socket.socket, how: Serving) -> None:
    """Serves until SIGTERM or Ctrl+C, or until standard input ends if that was asked for.

    A second signal ends the process at once.
    """
    config = uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws="none",
        log_config=None,
        # Paths hold ticket and appointment numbers; contract.py logs the routes.
        access_log=False,
        # Behind a proxy the failures of all stations count as one address: safe, and not spoofable.
        proxy_headers=False,
        server_header=False,
        limit_concurrency=how.connections,
        h11_max_incomplete_event_size=HEADERS_LIMIT,
        timeout_graceful_shutdown=ANSWERS_WITHIN,
        backlog=_TAKEN_AT_ONCE,
    )
    config.load()
    if how.tls is not None:
        # Set here, not by uvicorn's own options: they know no lowest version and no reload.
        config.ssl = how.tls.context(how.clock.now())
        _reload_when_asked(how.tls, config.ssl, how.clock.now)
    server = _Server(config, how.announce)

    def stop(*_: object) -> None:
        server.stop()

    def stop_with_parent() -> None:
        if how.when_stdin_closed is not None:
            how.when_stdin_closed()
        stop()

    # uvicorn raises the signal again once it has stopped: that is the end then, not a failure.
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, stop)
    if how.until_stdin_closes:
        threading.Thread(target=await_end_of_stdin, args=[stop_with_parent], daemon=True).start()
    metrics.worker_began()
    with listening:
        server.run(sockets=[listening])


def await_end_of_stdin(then: Callable[[], None]) -> None:
    """Calls `then` once whoever holds the other end has closed it or is gone."""
    try:
        # Unbuffered: Python aborts at its end while a thread holds the buffer of sys.stdin.
        while sys.stdin is not None and os.read(sys.stdin.fileno(), 4096):
            pass
    except OSError:
        # A console or pipe that broke has ended as well.
        pass
    then()


class _Server(uvicorn.Server):
    """Tells when it listens, and has an end whatever still runs."""

    def __init__(self, config: uvicorn.Config, tell: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = tell
        self._is_told_to_stop = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if sockets and self.started:
            # uvicorn knows one number for both; asyncio keeps the small one for itself.
            sockets[0].listen(_WAITING)
            self._tell()

    def stop(self) -> None:
        """The answers under way first. May be called from any thread, and again."""
        self.should_exit = True
        if not self._is_told_to_stop:
            self._is_told_to_stop = True
            end = threading.Timer(_END_WITHIN, _end, [1])
            end.daemon = True
            end.start()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._is_told_to_stop:
            _end(128 + sig)
        self.stop()


def _end(code: int) -> None:
    log.warning("ended with answers under way")
    os._exit(code)


def _reload_when_asked(tls: TlsFiles, context: ssl.SSLContext, now: Callable[[], datetime]) -> None:
    def reload(*_: object) -> None:
        try:
            tls.take_into(context, now())
        except HallError as error:
            log.error("the certificate stays as it was", extra={"code": error.code})
        else:
            log.info("certificate and key read again")

    if sys.platform != "win32":
        signal.signal(signal.SIGHUP, reload)
