"""Bounds of a call: size, time, form, number of connections. Nothing stops the service."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from clerk_client.demo.authority import Authority
from clerk_client.hall import bodies, contract
from clerk_client.hall.process import connections
from tests.hall.desk import Desk, clerk_key
from tests.hall.small_service import (
    WITHIN,
    Service,
    answer_to,
    log_of,
    received,
    until,
    words,
)
from tests.hall.thread_hall import StillClock, hall_in_thread
from tests.helpers.small_hall import Staff

ATTACHMENT_LIMIT = 10_485_760
CHALLENGE = b"POST /api/v1/auth/challenge HTTP/1.1\r\nHost: hall\r\nConnection: close\r\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("limits")) as running:
        yield running
        is_well = requests.get(f"{running.hall.url}/api/v1/health", timeout=WITHIN)
        assert is_well.status_code == 200
        assert "Traceback" not in running.hall.log
        assert not words(log_of(running.hall), level="ERROR")


def refused(answer: bytes, status: int, code: str) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    problem = json.loads(body)
    assert b"application/problem+json" in head
    assert b"clerk-contract: " in head
    return head.startswith(b"HTTP/1.1 %d " % status) and problem["code"] == code


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"EHLO mail.example\r\n\r\n",
        b"GET /api/v1/health HTTP/1.1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: hall\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        CHALLENGE + b"Content-Length: -1\r\n\r\n",
        CHALLENGE + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        CHALLENGE + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
        CHALLENGE + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}",
        CHALLENGE + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        CHALLENGE + b"DPoP: a\r\nDPoP: b\r\nContent-Length: 2\r\n\r\n{}",
    ],
)
def test_bytes_that_are_no_request_are_told_and_stop_nothing(
    service: Service, garbage: bytes
) -> None:
    assert refused(answer_to(service.hall.port, garbage), 400, "REQUEST_MALFORMED")


def test_headers_beyond_the_limit_are_told(service: Service) -> None:
    padding = b"X-Pad: " + b"x" * 20_000
    whole = CHALLENGE + padding + b"\r\n\r\n"
    assert refused(answer_to(service.hall.port, whole), 431, "HEADERS_TOO_LARGE")
    assert refused(answer_to(service.hall.port, CHALLENGE + padding), 431, "HEADERS_TOO_LARGE")


@pytest.mark.parametrize("coding", [b"gzip", b"br", b"gzip, identity"])
def test_a_compressed_body_is_refused(service: Service, coding: bytes) -> None:
    head = CHALLENGE + b"Content-Encoding: " + coding + b"\r\nContent-Length: 2\r\n\r\n"
    assert refused(answer_to(service.hall.port, head + b"{}"), 415, "BODY_CODED")


def test_a_nul_in_a_path_reaches_no_database(service: Service) -> None:
    for target in (b"/api/v1/trust%00", b"/api/v1/trust?a=%00"):
        call = b"GET " + target + b" HTTP/1.1\r\nHost: hall\r\nConnection: close\r\n\r\n"
        assert refused(answer_to(service.hall.port, call), 422, "REQUEST_INVALID")


def test_a_caller_is_asked_for_a_body_only_if_it_may_send_it(service: Service) -> None:
    asks = CHALLENGE + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n"
    assert refused(answer_to(service.hall.port, asks % 3_000_000), 413, "REQUEST_TOO_LARGE")
    with socket.create_connection(("127.0.0.1", service.hall.port), timeout=WITHIN) as connection:
        connection.sendall(asks % 2)
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"{}")
        assert connection.recv(1000).startswith(b"HTTP/1.1 422 ")


def test_what_follows_a_body_that_is_longer_than_it_said_is_no_call(service: Service) -> None:
    call = CHALLENGE.replace(b"Connection: close\r\n", b"") + b"Content-Length: 2\r\n\r\n{}"
    first, _, second = answer_to(service.hall.port, call + b"and more\r\n\r\n").rpartition(
        b"HTTP/1.1 "
    )
    assert first.startswith(b"HTTP/1.1 422 ")
    assert refused(b"HTTP/1.1 " + second, 400, "REQUEST_MALFORMED")


def test_an_attachment_may_be_as_large_as_the_contract_says_and_not_a_byte_larger(
    service: Service,
) -> None:
    desk = service.desk()

    def sent(size: int) -> requests.Response:
        return desk.call("PUT", f"attachments/{'0' * 64}", data=b"x" * size)

    assert sent(ATTACHMENT_LIMIT + 1).json()["code"] == "REQUEST_TOO_LARGE"
    chunks = (b"x" * 65536 for _ in range(ATTACHMENT_LIMIT // 65536 + 1))
    answer = desk.call("PUT", f"attachments/{'0' * 64}", data=chunks)
    assert answer.json()["code"] in {"REQUEST_TOO_LARGE", "NOT_FOUND"}
    assert sent(ATTACHMENT_LIMIT).json().get("code") != "REQUEST_TOO_LARGE"


def test_each_answer_bears_the_id_under_which_the_log_tells_of_it(service: Service) -> None:
    answer = requests.get(f"{service.hall.url}/api/v1/nothing", timeout=WITHIN)
    name = answer.headers["x-request-id"]
    # It is written once the answer has gone.
    until(lambda: bool(words(log_of(service.hall), request_id=name)))
    (line,) = words(log_of(service.hall), request_id=name)
    assert (line["status"], line["code"], line["route"]) == (404, "NOT_FOUND", "(no such route)")
    assert {"time", "level", "logger", "message", "method", "ms", "worker"} <= set(line)
    assert line["request_id"] not in answer.text


def test_connections_beyond_the_bound_are_told_to_come_again(tmp_path: Path) -> None:
    with Service(tmp_path, "--connections", "3") as service, ExitStack() as held:
        where = ("127.0.0.1", service.hall.port)
        for _ in range(3):
            held.enter_context(socket.create_connection(where, timeout=WITHIN))
        answer = requests.get(f"{service.hall.url}/api/v1/health", timeout=WITHIN)
        assert (answer.status_code, answer.json()["code"]) == (503, "HALL_BUSY")
        assert answer.headers["retry-after"] == "5"
        held.close()
        for _ in range(int(WITHIN * 20)):
            answer = requests.get(f"{service.hall.url}/api/v1/health", timeout=WITHIN)
            if answer.status_code == 200:
                break
        assert answer.status_code == 200


@contextmanager
def hasty_hall(folder: Path) -> Iterator[tuple[Desk, int]]:
    """A hall in this process, whose bounds a test may set, with a desk where C01 is signed in."""
    authority = Authority()
    clerk = clerk_key(authority, "陈思敏", "ZS-C01")
    address = f"sqlite:///{folder / 'hall.sqlite'}"
    staff: list[Staff] = [("C01", "陈思敏", "clerk", "ZS-C01")]
    clock = StillClock(datetime.now(UTC))
    with hall_in_thread(folder, authority, staff, clock, address) as desk:
        assert desk.sign_in(clerk).status_code == 200
        yield desk, int(desk.base.split(":")[2].partition("/")[0])


def test_requests_that_never_end_are_cut_off_and_hold_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "_BODY_WITHIN", 2.0)
    monkeypatch.setattr(connections, "HEADERS_WITHIN", 1.0)
    with hasty_hall(tmp_path) as (desk, port), ExitStack() as held:

        def sent(part: bytes) -> socket.socket:
            where = ("127.0.0.1", port)
            connection = held.enter_context(socket.create_connection(where, timeout=60))
            connection.sendall(part)
            return connection

        silent, half_a_head = sent(b""), sent(b"GET /api/v1/health HT")
        # More than there are threads and database connections.
        waiting = [sent(CHALLENGE + b"Content-Length: 100\r\n\r\n{") for _ in range(60)]
        assert desk.get("matters").status_code == 200
        assert silent.recv(4096) == b""
        for connection in (half_a_head, *waiting):
            assert refused(received(connection), 408, "REQUEST_SLOW")


def test_large_bodies_together_hold_no_more_than_the_process_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = bodies.Room(1_000_000)
    monkeypatch.setattr(contract, "Room", lambda: room)
    large = CHALLENGE + b"Content-Length: 700000\r\n\r\n"
    with hasty_hall(tmp_path) as (desk, port), ExitStack() as held:
        first = held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=WITHIN))
        first.sendall(large + b"x" * 699_999)
        beyond = large + b"x" * 700_000
        until(lambda: room.held == 699_999)
        assert refused(answer_to(port, beyond), 503, "HALL_BUSY")
        # Small ones are taken all the same, and the room is free again once the first has ended.
        assert desk.get("matters").status_code == 200
        first.sendall(b"x")
        assert refused(received(first), 422, "REQUEST_INVALID")
        until(lambda: room.held == 0)
        assert refused(answer_to(port, beyond), 422, "REQUEST_INVALID")
