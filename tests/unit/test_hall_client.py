"""What the client makes of a hall that answers badly or not at all."""

from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clerk_client.domain.clock import SystemClock
from clerk_client.hall_link.client import Credentials, HallClient
from clerk_client.hall_link.errors import (
    HallError,
    HallFailing,
    HallGarbled,
    HallRefused,
    HallSessionEnded,
    HallUnavailable,
    HallUnreachable,
)
from clerk_client.hall_link.station_key import StationKey
from tests.helpers.broken_hall import broken_hall, http

PROBLEM = b'{"type":"about:blank","title":"no","status":404,"code":"APPOINTMENT_UNKNOWN"}'
LARGE = b'{"version":1,"departments":[],"matters":[],"next":"' + b"x" * (9 * 1024 * 1024) + b'"}'


def client(port: int) -> HallClient:
    key = StationKey(Ed25519PrivateKey.generate())
    url = f"http://127.0.0.1:{port}"
    return HallClient(url, key, Credentials(), SystemClock(), timeout=(0.5, 0.5))


@pytest.fixture
def free_port() -> Iterator[int]:
    with broken_hall(None) as port:
        pass
    return port


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (http("500 Internal Server Error", b"{}"), HallFailing),
        (http("503 Service Unavailable", b"<html>later</html>", "text/html"), HallFailing),
        (http("200 OK", b"<html>Please sign in to the network</html>", "text/html"), HallGarbled),
        (http("200 OK", b'{"number": 7}'), HallGarbled),
        (
            http("200 OK", b'{"number":"Y","day":"x","time":"","matter":"","status":""}'),
            HallGarbled,
        ),
        (
            http("200 OK", b'{"number":"Y","day":"2026-11-21","time":"","matter":"","status":"?"}'),
            HallGarbled,
        ),
        (http("200 OK", b"\xff\xfe\x00garbage"), HallGarbled),
        (http("200 OK", LARGE), HallGarbled),
        (http("404 Not Found", b"not here", "text/plain"), HallGarbled),
        (http("302 Found", b""), HallGarbled),
        (b"SSH-2.0-OpenSSH_9.2\r\n", HallUnreachable),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{cut", HallUnavailable),
        (b"", HallUnreachable),
        (None, HallUnreachable),
        (http("404 Not Found", PROBLEM), HallRefused),
        (http("401 Unauthorized", PROBLEM), HallSessionEnded),
    ],
)
def test_every_bad_answer_is_told_apart(answer: bytes | None, error: type[HallError]) -> None:
    with broken_hall(answer) as port, pytest.raises(error):
        client(port).appointment("YY0001")


def test_no_hall_at_all_is_unreachable(free_port: int) -> None:
    with pytest.raises(HallUnreachable):
        client(free_port).appointment("YY0001")
    assert not client(free_port).is_reachable()


def test_a_refusal_keeps_the_halls_own_code() -> None:
    with broken_hall(http("404 Not Found", PROBLEM)) as port, pytest.raises(HallRefused) as caught:
        client(port).appointment("YY0001")
    assert (caught.value.code, caught.value.status) == ("APPOINTMENT_UNKNOWN", 404)


def test_a_failing_hall_is_not_reachable() -> None:
    with broken_hall(http("500 Internal Server Error", b"")) as port:
        assert not client(port).is_reachable()


def test_a_login_page_of_the_network_is_no_hall() -> None:
    with broken_hall(http("200 OK", b"<html>Please sign in</html>", "text/html")) as port:
        assert not client(port).is_reachable()


def test_a_hall_that_finds_this_client_too_old_is_there_all_the_same() -> None:
    """It takes records from any version."""
    problem = b'{"title":"old","status":426,"code":"CONTRACT_TOO_OLD"}'
    with broken_hall(http("426 Upgrade Required", problem)) as port:
        assert client(port).is_reachable()
