"""The windows' side of the load, a process of its own: signs beforehand, then only sends.

Arguments: the file of seats, the port, how many windows. Each line of standard input is a round:
{"acceptances": a call, "calls": a window, "seconds": …}, with "paths" instead of acceptances for
look-ups, or {"every": seconds from ticket to ticket, "seconds": …} for a whole day's mix. It says
{"ready": calls} once all is signed, plays when the next line comes, and says what came of it.
"""

import asyncio
import json
import random
import re
import resource
import sys
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from benchmarks.hall_ground import HALL, Seat, matter, ticket_number
from clerk_client.domain.clock import hall_day
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
_LOOKS_AT_TALLIES = 0.1
_AHEAD = 40

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
        # Lines that were signed and not sent: nothing can come before them.
        self._waiting: deque[bytes] = deque()
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

    def records(self, acceptances: int, calls: int) -> "deque[Call]":
        """Calls with the lines of so many acceptances each."""
        while len(self._waiting) < calls * acceptances:
            lines = [line.to_json() for line in self.acceptance()]
            self._waiting.append(json.dumps(lines, ensure_ascii=False).encode()[1:-1])
        found: deque[Call] = deque()
        for _ in range(calls):
            some = [self._waiting.popleft() for _ in range(acceptances)]
            content = b'{"lines":[' + b",".join(some) + b"]}"
            found.append(Call(self.call("POST", "records", content), some))
        return found

    def shift(self, chance: random.Random, every: float, seconds: float) -> "deque[Call]":
        """Ticket after ticket: looked up, accepted a little later; now and then the tallies."""
        found: deque[Call] = deque()
        at = chance.uniform(0.01, every)
        while at < seconds:
            slip = ticket_number(self.place, self._accepted + len(self._waiting))
            path = f"tickets/{slip}?day={self._day}"
            found.append(Call(self.call("GET", path), after=at, name="look-up"))
            (taken,) = self.records(1, 1)
            later = at + every / 2
            found.append(replace(taken, after=later, name="acceptance"))
            if chance.random() < _LOOKS_AT_TALLIES:
                path = f"tallies?from={self._day}&to={self._day}&by=category"
                found.append(Call(self.call("GET", path), after=later + 0.1, name="tally"))
            at += every
        return found

    def put_back(self, unsent: "deque[Call]") -> None:
        """For the next round, with fresh proofs."""
        self._waiting.extendleft(part for call in reversed(unsent) for part in reversed(call.parts))

    def call(self, method: str, path: str, content: bytes | None = None) -> bytes:
        """A whole call as it goes over the wire. Its proof is good for a minute."""
        url = f"http://{self._host}/api/v1/{path}"
        # Dated ahead: a round is signed before it is played.
        iat = int(time.time()) + _AHEAD
        proof = self.station.proof(method, url, self.seat.token, iat=iat)
        head = [
            f"{method} /api/v1/{path} HTTP/1.1",
            f"Host: {self._host}",
            f"Authorization: DPoP {self.seat.token}",
            f"DPoP: {proof}",
            "Clerk-Contract: 1.0",
        ]
        if content is not None:
            head += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
        return "\r\n".join([*head, "", ""]).encode() + (content or b"")


@dataclass(frozen=True, slots=True)
class Call:
    """`parts` are the acceptances in it, `after` seconds of the round at which it is due."""

    sent: bytes
    parts: Sequence[bytes] = ()
    after: float = 0.0
    name: str = ""


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


async def _play(made: list["deque[Call]"], port: int, seconds: float) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    latencies: dict[str, list[float]] = defaultdict(list)
    outcomes: Counter[str] = Counter()
    callers = [(await loop.create_connection(Caller, "127.0.0.1", port))[1] for _ in made]
    ran_out = 0
    began = time.perf_counter()
    end = began + seconds

    async def work(caller: Caller, waiting: "deque[Call]") -> None:
        nonlocal ran_out
        while waiting:
            due = began + waiting[0].after
            if due >= end or time.perf_counter() >= end:
                return
            if due > time.perf_counter():
                await asyncio.sleep(due - time.perf_counter())
            if not caller.is_open:
                # The service lets go of a connection that was silent for a while.
                caller = (await loop.create_connection(Caller, "127.0.0.1", port))[1]
            call = waiting.popleft()
            # Of a call that had to wait for the one before, the wait counts.
            sent = due if call.after else time.perf_counter()
            answer = await caller.ask(call.sent)
            latencies[call.name].append(time.perf_counter() - sent)
            told = _OUTCOME.findall(answer)
            outcomes.update(f"{a.decode()} {b.decode()}".strip() for a, b in told)
            if told:
                continue
            status = answer.split(b" ", 2)[1].decode()
            outcomes[status] += 1
            if call.parts:
                # What comes after it is chained to it: this window sends it again, next round.
                waiting.appendleft(call)
                return
        ran_out += 1

    used = _cpu()
    await asyncio.gather(*map(work, callers, made))
    return {
        "seconds": time.perf_counter() - began,
        "cpu": _cpu() - used,
        "outcomes": outcomes,
        "latencies": latencies,
        "ran_out": ran_out,
    }


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _made(all_windows: list[Window], asked: dict[str, Any]) -> list["deque[Call]"]:
    if "acceptances" in asked:
        return [window.records(asked["acceptances"], asked["calls"]) for window in all_windows]
    chance = random.Random(asked.get("seed", 0))
    if "every" in asked:
        return [window.shift(chance, asked["every"], asked["seconds"]) for window in all_windows]
    return [
        deque(
            Call(window.call("GET", chance.choice(asked["paths"]))) for _ in range(asked["calls"])
        )
        for window in all_windows
    ]


def main(arguments: list[str]) -> None:
    """See above."""
    port, count = map(int, arguments[1:])
    all_windows = list(windows(Path(arguments[0]), port, count))
    while line := sys.stdin.readline():
        asked = json.loads(line)
        made = _made(all_windows[: asked.get("windows", count)], asked)
        print(json.dumps({"ready": sum(map(len, made))}), flush=True)
        sys.stdin.readline()
        told = asyncio.run(_play(made, port, asked["seconds"]))
        if "acceptances" in asked:
            for window, unsent in zip(all_windows, made, strict=False):
                window.put_back(unsent)
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
