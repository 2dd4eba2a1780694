"""The service encrypts what other machines send, and says at its start when it cannot."""

import signal
import socket
import ssl
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from clerk_client.demo.authority import Authority, PrivateKey, ec_key
from tests.hall.small_service import WITHIN, Service, hall_main, until

NAMES = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])


def write(
    path: Path, key: PrivateKey, encryption: KeySerializationEncryption | None = None
) -> Path:
    form = (Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())
    path.write_bytes(key.private_bytes(*form))
    return path


class Files:
    """A certificate for 127.0.0.1 and its key, as IT puts them on the disk."""

    def __init__(self, folder: Path, **more: datetime) -> None:
        self.certificate, self.key = folder / "hall.pem", folder / "hall.key"
        self.trusted = folder / "root.pem"
        self.authority = Authority("大厅服务器证书中心")
        self.trusted.write_bytes(self.authority.pem)
        self.renew(**more)

    def renew(self, **more: datetime) -> x509.Certificate:
        key = ec_key()
        extension = x509.Extension(NAMES.oid, critical=False, value=NAMES)
        made = self.authority.issue("127.0.0.1", None, key, more=[extension], **more)
        write(self.key, key)
        self.certificate.write_bytes(made.public_bytes(Encoding.PEM))
        return made

    @property
    def options(self) -> tuple[str, ...]:
        return ("--tls-cert", str(self.certificate), "--tls-key", str(self.key))


def shown(port: int, trusted: Path, version: ssl.TLSVersion | None = None) -> bytes:
    """The certificate that the service shows."""
    context = ssl.create_default_context(cafile=str(trusted))
    if version is not None:
        context.minimum_version = context.maximum_version = version
    with (
        socket.create_connection(("127.0.0.1", port), timeout=WITHIN) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
    ):
        return connection.getpeercert(binary_form=True) or b""


def test_a_call_is_encrypted_and_a_plain_one_is_not_answered(tmp_path: Path) -> None:
    files = Files(tmp_path)
    with Service(tmp_path, *files.options) as service:
        port = service.hall.port
        url = f"https://127.0.0.1:{port}/api/v1/health"
        answer = requests.get(url, timeout=WITHIN, verify=str(files.trusted))
        assert answer.status_code == 200
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{port}/api/v1/health", timeout=WITHIN)
        assert shown(port, files.trusted, ssl.TLSVersion.TLSv1_2)
        assert shown(port, files.trusted, ssl.TLSVersion.TLSv1_3)
        assert f"https://127.0.0.1:{port}" in service.hall.log


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
def test_an_old_version_of_tls_is_refused(tmp_path: Path) -> None:
    files = Files(tmp_path)
    with Service(tmp_path, *files.options) as service, pytest.raises((ssl.SSLError, OSError)):
        shown(service.hall.port, files.trusted, ssl.TLSVersion.TLSv1_1)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGHUP there: a restart does it")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_renewed_certificate_is_taken_without_a_restart(tmp_path: Path, workers: str) -> None:
    files = Files(tmp_path)
    with Service(tmp_path, *files.options, "--workers", workers) as service:
        port, log = service.hall.port, service.hall
        process = service.hall._process
        assert process is not None
        files.key.write_text("broken", encoding="ascii")
        process.send_signal(signal.SIGHUP)
        until(lambda: log.log.count("the certificate stays as it was") == int(workers))
        assert "TLS_FILE" in log.log
        assert shown(port, files.trusted)
        new = files.renew().public_bytes(Encoding.DER)
        process.send_signal(signal.SIGHUP)
        until(lambda: log.log.count("certificate and key read again") == int(workers))
        assert {shown(port, files.trusted) for _ in range(6)} == {new}


def refused(folder: Path, *options: str) -> str:
    """The code that `serve` ends with."""
    authorities = folder / "authorities.pem"
    authorities.write_bytes(Authority().pem)
    database = f"sqlite:///{folder / 'new.sqlite'}"
    common = ("--database", database, "--authorities", authorities)
    done = hall_main("serve", *common, *options)
    assert done.returncode == 1
    assert not (folder / "new.sqlite").exists(), "nothing had started"
    assert len(done.stderr.splitlines()) == 2, done.stderr
    return done.stderr.partition(":")[0]


def test_wrong_files_are_told_before_anything_starts(tmp_path: Path) -> None:
    files = Files(tmp_path)
    whole = files.key.read_bytes()
    write(files.key, ec_key())
    assert refused(tmp_path, *files.options) == "TLS_KEY_OTHER"
    write(files.key, ec_key(), BestAvailableEncryption(b"secret"))
    assert refused(tmp_path, *files.options) == "TLS_FILE"
    files.key.unlink()
    assert refused(tmp_path, *files.options) == "TLS_FILE"
    files.key.write_bytes(whole)
    files.certificate.write_bytes(whole)
    assert refused(tmp_path, *files.options) == "TLS_FILE"


@pytest.mark.parametrize("days", [-1, 1])
def test_a_certificate_out_of_its_time_is_told(tmp_path: Path, days: int) -> None:
    now = datetime.now(UTC)
    ends = (now + timedelta(days=days), now + timedelta(days=20 * days))
    files = Files(tmp_path, not_before=min(ends), not_after=max(ends))
    assert refused(tmp_path, *files.options) == "TLS_CERTIFICATE_DATES"


def test_other_machines_are_not_served_unencrypted(tmp_path: Path) -> None:
    assert refused(tmp_path, "--host", "0.0.0.0") == "PLAIN_HTTP_REFUSED"
    plain = ("--host", "0.0.0.0", "--public-url", "http://hall.example")
    assert refused(tmp_path, *plain) == "PLAIN_HTTP_REFUSED"


@pytest.mark.parametrize(
    "option", [("--public-url", "https://hall.example"), ("--plain-http-behind-proxy",)]
)
def test_behind_something_that_encrypts_they_are(tmp_path: Path, option: tuple[str, ...]) -> None:
    with Service(tmp_path, "--host", "0.0.0.0", *option) as service:
        answer = requests.get(f"{service.hall.url}/api/v1/health", timeout=WITHIN)
    assert answer.status_code == 200
