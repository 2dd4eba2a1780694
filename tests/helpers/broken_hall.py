"""A hall that answers badly, on loopback. Stands for states that the real service never reaches."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler


@contextmanager
def broken_hall(answer: bytes | None, port: int = 0) -> Iterator[int]:
    """The port of a server that sends these bytes for every request; with None it never answers."""
    leaving = threading.Event()

    class Answering(BaseHTTPRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            if answer is None:
                leaving.wait(30)
            else:
                self.request.sendall(answer)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", port), Answering) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            leaving.set()
            server.shutdown()
            thread.join()


def http(status: str, body: bytes, kind: str = "application/json") -> bytes:
    """One whole answer."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body
