"""A hall that keeps lines as the contract says, and oddly where a test wants it. On loopback.

Stands for answers that the real service never gives: of a proxy between, of another maker's hall,
of one that was put back from a copy in the middle of a pass.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from clerk_client.domain.clock import rfc3339

Json = dict[str, Any]
Answer = tuple[int, Json, dict[str, str]]


@dataclass
class OddHall:
    """`held` are the lines by seq; `odd`, asked first, may answer a batch in its own way.

    `given`: for each batch the official numbers that were told beside it, by key.

    An answer of status 0 hangs up without a word.
    """

    held: dict[int, Json] = field(default_factory=dict)
    batches: list[list[int]] = field(default_factory=list)
    given: list[dict[str, str]] = field(default_factory=list)
    odd: Callable[[list[Json]], Answer | None] = lambda _: None
    port: int = 0

    def take(self, lines: list[Json]) -> Answer:
        self.batches.append([line["head"]["seq"] for line in lines])
        return self.odd(lines) or self.kept(lines)

    def kept(self, lines: list[Json]) -> Answer:
        """As the contract says."""
        answers = [self._answer(line) for line in lines]
        highest = {lines[0]["head"]["journal"]: max(self.held, default=0)}
        return 200, {"answers": answers, "highest_seq": highest}, {}

    def _answer(self, line: Json) -> Json:
        seq, key = line["head"]["seq"], line["head"]["key"]
        if seq in self.held:
            same = self.held[seq]["head"] == line["head"]
            outcome = "already_settled" if same else "refused"
        else:
            outcome = "settled" if seq == max(self.held, default=0) + 1 else "refused"
        if outcome == "settled":
            self.held[seq] = line
        return {
            "key": key,
            "outcome": outcome,
            "code": "LINE_CHAIN_BROKEN" if outcome == "refused" else "",
        }


def problem(status: int, code: str, **headers: str) -> Answer:
    """A refusal of the whole request."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, {"status": status, "code": code}, told


@contextmanager
def odd_hall() -> Iterator[OddHall]:
    """Running, on a free port."""
    hall = OddHall()

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            now = rfc3339(datetime.now(UTC))
            self._say((200, {"status": "ok", "hall": "442000", "hall_time": now}, {}))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            hall.given.append({each["key"]: each["official"] for each in body.get("given", [])})
            self._say(hall.take(body["lines"]))

        def _say(self, answer: Answer) -> None:
            status, fields, headers = answer
            if not status:
                return
            content = json.dumps(fields).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        hall.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield hall
        finally:
            server.shutdown()
            thread.join()
