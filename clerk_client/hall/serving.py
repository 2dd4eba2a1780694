"""Running the service: one process, told where it listens, stopped without losing an answer."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import uvicorn
from fastapi import FastAPI


def serve(
    app: FastAPI,
    host: str,
    port: int,
    port_file: Path | None,
    *,
    until_stdin_closes: bool = False,
) -> None:
    """Serves until SIGTERM or Ctrl+C. Port 0 takes a free one; `port_file` then holds it.

    With `until_stdin_closes` also until standard input ends, as it does when the program at its
    other end was killed. Raises OSError when the port is taken.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        # Paths hold ticket and appointment numbers; contract.py logs the routes.
        access_log=False,
        # Behind a proxy the failures of all stations count as one address: safe, and not spoofable.
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    server = _Server(config, port_file)

    def stop(*_: object) -> None:
        server.should_exit = True

    # uvicorn raises the signal again once it has stopped: that is the end then, not a failure.
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, stop)
    # Bound here: uvicorn would end the process itself on a taken port.
    listening = socket.create_server((host, port), family=_family(host))
    # Inherited by each connection. Without it a short answer waits 40 ms for the reader's
    # acknowledgement; asyncio sets it only on sockets that it made itself.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if until_stdin_closes:
        threading.Thread(target=_await_end_of_stdin, args=[stop], daemon=True).start()
    with listening:
        server.run(sockets=[listening])


def _await_end_of_stdin(then: Callable[[], None]) -> None:
    try:
        # Unbuffered: Python aborts at its end while a thread holds the buffer of sys.stdin.
        while sys.stdin is not None and os.read(sys.stdin.fileno(), 4096):
            pass
    except OSError:
        # A console or pipe that broke has ended as well.
        pass
    then()


class _Server(uvicorn.Server):
    """Tells where it listens as soon as it does."""

    def __init__(self, config: uvicorn.Config, port_file: Path | None) -> None:
        super().__init__(config)
        self._port_file = port_file

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not sockets or not self.started:
            return
        host, port = sockets[0].getsockname()[:2]
        if self._port_file is not None:
            # Renamed into place, so that a reader sees a whole number or no file.
            unfinished = self._port_file.with_suffix(".new")
            unfinished.write_text(f"{port}\n", encoding="ascii")
            unfinished.replace(self._port_file)
        shown = f"[{host}]" if ":" in host else host
        os.write(1, f"http://{shown}:{port}\n".encode())


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
