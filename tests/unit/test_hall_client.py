"""What the client makes of a hall that answers badly or not at all."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from clerk_client.domain.clock import SystemClock
from clerk_client.hall_link.client import Credentials, HallClient
from clerk_client.hall_link.errors import (
    HallCertificateUnfit,
    HallError,
    HallFailing,
    HallGarbled,
    HallRefused,
    HallSessionEnded,
    HallUnavailable,
    HallUnreachable,
)
from clerk_client.hall_link.station_key import StationKey
from clerk_client.hall_link.transport import checked_ca_file
from clerk_client.settings import SettingsBroken
from clerk_client.ui.wording import entries, wording_for
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


# --- TLS ---


@contextmanager
def tls_hall(folder: Path, name: str, days: int) -> Iterator[tuple[int, Path]]:
    """Port of a server with a certificate for `name` that ends in `days`, and its authority."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    address = x509.SubjectAlternativeName(
        [x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name)]
    )
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM)
    (folder / "ca.pem").write_bytes(pem)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.pem").write_bytes(pem + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b'{"status":"ok","hall":"442000","hall_time":"2026-11-21T01:00:00.000Z"}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
            plain, peer = super().get_request()
            return context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False), peer

        def handle_error(self, *_: object) -> None:
            return

    with Server(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_address[1], folder / "ca.pem"
        finally:
            server.shutdown()
            thread.join()


def tls_client(port: int, ca_file: Path | None) -> HallClient:
    key = StationKey(Ed25519PrivateKey.generate())
    url = f"https://127.0.0.1:{port}"
    return HallClient(url, key, Credentials(), SystemClock(), ca_file=ca_file)


@pytest.mark.parametrize(
    ("name", "days", "is_known", "reason"),
    [
        ("127.0.0.1", 30, True, None),
        ("hall.example.invalid", 30, True, "name"),
        ("127.0.0.1", -1, True, "dates"),
        ("127.0.0.1", 30, False, "issuer"),
    ],
)
def test_hall_that_cannot_prove_itself_is_told_apart_from_one_that_is_away(
    tmp_path: Path, name: str, days: int, is_known: bool, reason: str | None
) -> None:
    with tls_hall(tmp_path, name, days) as (port, ca_file):
        away = tls_client(port, ca_file if is_known else None).away()
    if reason is None:
        assert away is None
        return
    assert isinstance(away, HallCertificateUnfit)
    assert away.reason == reason
    assert wording_for(away).title == entries()[f"HALL_CERTIFICATE_{reason.upper()}"].cause


def test_file_of_authorities_that_holds_none_is_told_before_the_hall_is_asked(
    tmp_path: Path,
) -> None:
    assert checked_ca_file(None) is None
    wrong = tmp_path / "ca.pem"
    with pytest.raises(SettingsBroken):
        checked_ca_file(wrong)
    wrong.write_text("no certificate", encoding="utf-8")
    with pytest.raises(SettingsBroken):
        checked_ca_file(wrong)
