"""A document camera in a process of its own: streams folders of JPEGs over loopback HTTP.

`/NAME?fps=N` streams the pictures of that folder in a circle, at N a second by the clock. The
circle turns while nobody looks, too. Says its address, and ends with its standard input.
"""

import contextlib
import itertools
import json
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class _Answer(BaseHTTPRequestHandler):
    folders: Path

    def do_GET(self) -> None:
        asked = urllib.parse.urlsplit(self.path)
        pace = 1 / float(urllib.parse.parse_qs(asked.query)["fps"][0])
        folder = self.folders / Path(asked.path).name
        pictures = [file.read_bytes() for file in sorted(folder.glob("*.jpg"))]
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=picture")
        self.end_headers()
        with contextlib.suppress(OSError):  # the other side has seen enough
            self._stream(pictures, pace)

    def _stream(self, pictures: list[bytes], pace: float) -> None:
        due = time.monotonic()
        first = int(due / pace) % len(pictures)
        for picture in itertools.cycle(pictures[first:] + pictures[:first]):
            head = (
                f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
            )
            self.wfile.write(head.encode() + picture + b"\r\n")
            due += pace
            time.sleep(max(0.0, due - time.monotonic()))

    def log_message(self, *_arguments: object) -> None:
        pass


def main(folders: str) -> int:
    """Serves until standard input ends."""
    _Answer.folders = Path(folders)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answer) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        print(json.dumps(f"http://127.0.0.1:{server.server_address[1]}"), flush=True)
        sys.stdin.read()
        server.shutdown()
        thread.join()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
