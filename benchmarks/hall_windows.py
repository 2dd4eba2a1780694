"""The windows' side of the load, a process of its own: signs beforehand, then only sends.

Arguments: the file of seats, port, windows, seconds, lines a call, calls prepared a window.
Says {"prepared": …} once all is signed, plays when it is asked, and says what came of it.
"""

import asyncio
import json
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key
from cryptography import x509

from benchmarks.hall_ground import HALL, Seat, matter, ticket_number
from clerk_client.domain.clock import hall_day, rfc3339
from clerk_client.domain.numbers import official_number
from clerk_client.wire.lines import Line
from tests.hall.desk import ClerkKey, Journal, StationKey

APPLICANT = {
    "name": "中山市石岐区好滋味餐饮服务有限公司",
    "document_type": "credit_code",
    "document_number": "91442000MA0000002X",
    "phone": "13800000000",
    "doubts": [],
}
PER_ACCEPTANCE = 3
"""Lines: the acceptance, its paper, and that it was handed over."""

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_OUTCOME = re.compile(rb'"outcome":"(\w+)","code":"(\w*)"')


class Window:
    """One seat, its lines and its calls."""

    def __init__(self, seat: Seat, place: int, port: int) -> None:
        self.seat, self.place = seat, place
        self._host = f"127.0.0.1:{port}"
        key = load_der_private_key(bytes.fromhex(seat.clerk_key), None)
        certificate = x509.load_der_x509_certificate(bytes.fromhex(seat.certificate))
        self.station = StationKey()
        self.station.key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seat.station_key))
        self.station.public = self.station.key.public_key().public_bytes_raw()
        self._journal = Journal(ClerkKey(key, certificate), self.station, seat.clerk)  # type: ignore[arg-type]
        self._journal.id = seat.journal
        self._accepted = 0
        self._day = hall_day(datetime.now(UTC))

    def acceptance(self) -> tuple[Line, ...]:
        """An acceptance as the reception makes it, and what the station adds."""
        count, self._accepted = self._accepted, self._accepted + 1
        number = official_number(HALL, self._day.year, 1, self.seat.first_number + count)
        ticket = {
            "hall": HALL,
            "day": self._day.isoformat(),
            "number": ticket_number(self.place, count),
        }
        body = {
            "applicant": APPLICANT,
            "matter_name": "食品经营许可（新办）",
            "department": "SJ",
            "look_up": "ticket",
            "ticket": ticket,
            "appointment": None,
            "category_differs": False,
            "department_serial": "",
        }
        where = {"hall": HALL, "window": self.seat.window}
        accepted = self._journal.accepted(body, number=number, matter=matter(0), **where)
        papers = [
            self._journal.printed(kind=kind, number=number, **where)
            for kind in ("printed", "handed_over")
        ]
        return (accepted, *papers)

    def records(self, acceptances: int) -> bytes:
        """A call with the lines of so many acceptances."""
        lines = [line.to_json() for _ in range(acceptances) for line in self.acceptance()]
        return self.call("POST", "records", {"lines": lines})

    def call(self, method: str, path: str, fields: Any = None) -> bytes:
        """A whole call as it goes over the wire. Its proof is good for a minute."""
        content = b"" if fields is None else json.dumps(fields, ensure_ascii=False).encode()
        url = f"http://{self._host}/api/v1/{path}"
        proof = self.station.proof(method, url, self.seat.token)
        head = [
            f"{method} /api/v1/{path} HTTP/1.1",
            f"Host: {self._host}",
            f"Authorization: DPoP {self.seat.token}",
            f"DPoP: {proof}",
            "Clerk-Contract: 1.0",
        ]
        if fields is not None:
            head += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
        return "\r\n".join([*head, "", ""]).encode() + content


class Caller(asyncio.Protocol):
    """One connection that is kept: a call at a time."""

    def __init__(self) -> None:
        self._answer: asyncio.Future[bytes] | None = None
        self._received = b""
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("closed"))

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    async def ask(self, call: bytes) -> bytes:
        self._answer, self._received = asyncio.get_running_loop().create_future(), b""
        self._transport.write(call)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0 or self._answer is None or self._answer.done():
            return
        length = _LENGTH.search(self._received, 0, end)
        if length is not None and len(self._received) >= end + 4 + int(length[1]):
            self._answer.set_result(self._received)


def windows(seats: Path, port: int, count: int) -> Iterator[Window]:
    for place, fields in enumerate(json.loads(seats.read_text(encoding="ascii"))[:count]):
        yield Window(Seat(**fields), place, port)


async def _play(calls: list[list[bytes]], port: int, seconds: float) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    latencies: list[float] = []
    outcomes: Counter[str] = Counter()
    callers = [(await loop.create_connection(Caller, "127.0.0.1", port))[1] for _ in calls]
    began, ran_out = time.perf_counter(), 0
    end = began + seconds

    async def work(caller: Caller, waiting: list[bytes]) -> None:
        nonlocal ran_out
        for call in waiting:
            sent = time.perf_counter()
            if sent >= end:
                return
            answer = await caller.ask(call)
            latencies.append(time.perf_counter() - sent)
            told = _OUTCOME.findall(answer)
            outcomes.update(f"{a.decode()} {b.decode()}".strip() for a, b in told)
            if not told:
                outcomes[answer.partition(b"\r\n")[0].decode()] += 1
        ran_out += 1

    used = resource.getrusage(resource.RUSAGE_SELF)
    await asyncio.gather(*map(work, callers, calls))
    now = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "seconds": time.perf_counter() - began,
        "cpu": now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime,
        "outcomes": outcomes,
        "latencies": latencies,
        "ran_out": ran_out,
    }


def main(arguments: list[str]) -> None:
    port, count, seconds, acceptances, prepared = map(int, arguments[1:])
    made = list(windows(Path(arguments[0]), port, count))
    calls = [[window.records(acceptances) for _ in range(prepared)] for window in made]
    print(json.dumps({"prepared": sum(map(len, calls))}), flush=True)
    sys.stdin.readline()
    print(json.dumps(asyncio.run(_play(calls, port, seconds))), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
